"""Kernel of the signal set any_language."""
