"""Events become states: what a model's losses show about each text and each slice."""
