"""spark-submit jobs/report.py [--conf FILE] [--set key=value]: the job `report` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "report", "--env", "cluster", *sys.argv[1:]])
