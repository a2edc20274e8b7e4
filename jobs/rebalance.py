"""spark-submit jobs/rebalance.py [--conf FILE] [--set key=value]: the job `rebalance` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "rebalance", "--env", "cluster", *sys.argv[1:]])
