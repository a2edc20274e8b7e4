"""spark-submit jobs/clean.py [--conf FILE] [--set key=value]: the job `clean` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "clean", "--env", "cluster", *sys.argv[1:]])
