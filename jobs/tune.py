"""spark-submit jobs/tune.py [--conf FILE] [--set key=value]: the job `tune` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "tune", "--env", "cluster", *sys.argv[1:]])
