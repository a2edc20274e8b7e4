"""How duplicates are found: exact copies, near copies, and the clusters that they make."""
