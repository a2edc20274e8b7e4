"""spark-submit jobs/ingest.py [--conf FILE] [--set key=value]: the job `ingest` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "ingest", "--env", "cluster", *sys.argv[1:]])
