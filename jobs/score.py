"""spark-submit jobs/score.py [--conf FILE] [--set key=value]: the job `score` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "score", "--env", "cluster", *sys.argv[1:]])
