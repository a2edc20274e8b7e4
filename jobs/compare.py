"""spark-submit jobs/compare.py [--conf FILE] [--set key=value]: the job `compare` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "compare", "--env", "cluster", *sys.argv[1:]])
