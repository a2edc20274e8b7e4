"""Kernels that find evaluation items in texts."""
