"""spark-submit jobs/judge.py [--conf FILE] [--set key=value]: the job `judge` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "judge", "--env", "cluster", *sys.argv[1:]])
