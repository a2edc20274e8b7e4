"""Names of persons, addresses and organisations in Chinese texts, by a small model."""
