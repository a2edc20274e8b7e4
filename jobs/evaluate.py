"""spark-submit jobs/evaluate.py [--conf FILE] [--set key=value]: the job `evaluate` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "evaluate", "--env", "cluster", *sys.argv[1:]])
