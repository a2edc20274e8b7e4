"""Formats to rows: one file a format."""
