"""spark-submit jobs/measure_rules.py [--conf FILE] [--set key=value]: the job `measure_rules` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "measure_rules", "--env", "cluster", *sys.argv[1:]])
