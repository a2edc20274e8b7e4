"""Loops over bytes, characters, words and lines that every kernel builds on; nothing here knows a rule."""
