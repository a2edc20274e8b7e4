"""spark-submit jobs/hold_out.py [--conf FILE] [--set key=value]: the job `hold_out` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "hold_out", "--env", "cluster", *sys.argv[1:]])
