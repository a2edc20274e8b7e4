"""spark-submit jobs/assess_effect.py [--conf FILE] [--set key=value]: the job `assess_effect` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "assess_effect", "--env", "cluster", *sys.argv[1:]])
