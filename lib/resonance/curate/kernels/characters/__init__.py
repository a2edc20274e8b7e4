"""Kernel of the signal set characters."""
