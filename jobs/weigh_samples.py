"""spark-submit jobs/weigh_samples.py [--conf FILE] [--set key=value]: the job `weigh_samples` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "weigh_samples", "--env", "cluster", *sys.argv[1:]])
