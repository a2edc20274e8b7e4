"""Facts that several sections share: what the tables count, the newest steps, and how texts and samples are read."""
