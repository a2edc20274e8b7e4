"""spark-submit jobs/feedback.py [--conf FILE] [--set key=value]: the job `feedback` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "feedback", "--env", "cluster", *sys.argv[1:]])
