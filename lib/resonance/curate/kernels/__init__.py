"""Compiled loops over Arrow buffers, each beside the plain Python that defines it."""
