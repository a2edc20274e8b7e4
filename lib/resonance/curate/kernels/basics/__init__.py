"""Kernels of the signal sets basics and line_languages."""
