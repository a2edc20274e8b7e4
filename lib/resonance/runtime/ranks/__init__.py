"""Ways to start ranks of a training."""
