"""spark-submit jobs/decontaminate.py [--conf FILE] [--set key=value]: the job `decontaminate` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "decontaminate", "--env", "cluster", *sys.argv[1:]])
