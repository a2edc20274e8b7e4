"""spark-submit jobs/train.py [--conf FILE] [--set key=value]: the job `train` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "train", "--env", "cluster", *sys.argv[1:]])
