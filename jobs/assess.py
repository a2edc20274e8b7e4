"""spark-submit jobs/assess.py [--conf FILE] [--set key=value]: the job `assess` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "assess", "--env", "cluster", *sys.argv[1:]])
