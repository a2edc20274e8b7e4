"""spark-submit jobs/score_model.py [--conf FILE] [--set key=value]: the job `score_model` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "score_model", "--env", "cluster", *sys.argv[1:]])
