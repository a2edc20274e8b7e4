"""spark-submit jobs/score_shadow.py [--conf FILE] [--set key=value]: the job `score_shadow` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "score_shadow", "--env", "cluster", *sys.argv[1:]])
