"""From dataset to grade: metrics over tables, each a number with the state that more rows are added to."""
