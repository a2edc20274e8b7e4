"""spark-submit jobs/appraise.py [--conf FILE] [--set key=value]: the job `appraise` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "appraise", "--env", "cluster", *sys.argv[1:]])
