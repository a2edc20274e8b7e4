"""The command line: it parses and prints; what is done, and what comes out, is that of ``resonance.app``."""

from resonance.cli.commands import app
from resonance.cli.program import main, plainly

__all__ = ["app", "main", "plainly"]
