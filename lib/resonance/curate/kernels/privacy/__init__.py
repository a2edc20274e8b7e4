"""Kernel of the signal set privacy: what names a person or opens a door, found in one scan."""
