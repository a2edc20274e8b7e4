"""spark-submit jobs/examples.py [--conf FILE] [--set key=value]: the job `examples` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "examples", "--env", "cluster", *sys.argv[1:]])
