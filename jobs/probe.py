"""spark-submit jobs/probe.py [--conf FILE] [--set key=value]: the job `probe` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "probe", "--env", "cluster", *sys.argv[1:]])
