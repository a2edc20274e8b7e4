"""Kernels of the signal set datatrove, and C4's rewriting of lines."""
