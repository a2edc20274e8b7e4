"""``python -m resonance.cli``."""

from resonance.cli.program import main

main()
