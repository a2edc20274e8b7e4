"""Evaluation sets: how they are registered, and how documents that hold their items are found."""
