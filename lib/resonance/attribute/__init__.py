"""Whose fault a weak slice is: slices found and confirmed, causes tested, verdicts with what to do first."""
