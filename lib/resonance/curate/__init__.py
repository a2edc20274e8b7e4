"""Text becomes documents, and documents a sample plan."""
