"""spark-submit jobs/assign_roles.py [--conf FILE] [--set key=value]: the job `assign_roles` (see lib/resonance/factory.py)."""

import sys

from resonance.cli import main

main(["run", "assign_roles", "--env", "cluster", *sys.argv[1:]])
