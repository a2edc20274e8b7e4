"""Kernels of near duplicates: normal forms, signatures, shingles, components."""
