"""Kernel of the signal set quality."""
