"""spark-submit jobs/cross_fit.py [--conf FILE] [--set key=value]: the job `cross_fit` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "cross_fit", "--env", "cluster", *sys.argv[1:]])
