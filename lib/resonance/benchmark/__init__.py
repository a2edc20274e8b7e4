"""Checkpoints become evaluations: how good a model is on documents that no round may draw."""
