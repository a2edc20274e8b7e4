"""Operators of the curation: frozen values that add columns to rows and keep every row."""
