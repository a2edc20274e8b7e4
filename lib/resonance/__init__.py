"""resonance: a data engine that tunes data and models to each other."""

__version__ = "0.1.0"
