"""spark-submit jobs/propose.py [--conf FILE] [--set key=value]: the job `propose` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "propose", "--env", "cluster", *sys.argv[1:]])
