"""Kernel of the signal set chinese."""
