"""spark-submit jobs/dedupe.py [--conf FILE] [--set key=value]: the job `dedupe` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "dedupe", "--env", "cluster", *sys.argv[1:]])
