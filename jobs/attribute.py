"""spark-submit jobs/attribute.py [--conf FILE] [--set key=value]: the job `attribute` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "attribute", "--env", "cluster", *sys.argv[1:]])
