"""spark-submit jobs/suspect.py [--conf FILE] [--set key=value]: the job `suspect` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "suspect", "--env", "cluster", *sys.argv[1:]])
