"""Events to states: what exposures say about a text, and about a slice."""
