"""One run: what is stale, each step counted, its scratch, its progress and the manifest of its round."""
