"""Fits scorers on reference texts, from samples of bounded bytes."""
