"""Kernels of what is fitted on reference texts: the classifier and the language model."""
