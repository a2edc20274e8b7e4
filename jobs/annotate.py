"""spark-submit jobs/annotate.py [--conf FILE] [--set key=value]: the job `annotate` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "annotate", "--env", "cluster", *sys.argv[1:]])
