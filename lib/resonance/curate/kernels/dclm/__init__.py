"""Kernels of the signal set dclm."""
