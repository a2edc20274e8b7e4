"""States to plan: what the next round draws from each slice, and why."""
