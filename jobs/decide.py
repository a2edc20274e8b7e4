"""spark-submit jobs/decide.py [--conf FILE] [--set key=value]: the job `decide` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "decide", "--env", "cluster", *sys.argv[1:]])
