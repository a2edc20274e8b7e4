"""Checkpoints to evaluations: how good a model is on documents that no round may draw."""
