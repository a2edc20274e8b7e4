"""spark-submit jobs/loop.py [--conf FILE] [--set key=value]: every job of the loop (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "--env", "cluster", *sys.argv[1:]])
