"""spark-submit jobs/register.py NAME FILE… [--conf FILE] [--set key=value]: registers an evaluation set."""

import sys

from resonance.cli import main

main(["register", "--env", "cluster", *sys.argv[1:]])
