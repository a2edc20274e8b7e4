"""Kernels of the signal set dolma."""
