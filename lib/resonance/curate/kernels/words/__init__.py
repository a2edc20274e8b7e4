"""Kernel of the signal set words."""
