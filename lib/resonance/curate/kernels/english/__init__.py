"""English words and sentences: the rules of spaCy's blank pipeline, plainly and compiled."""
