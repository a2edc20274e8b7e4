"""Tables become one page: what went in, what was cut and why, what the model said, what is drawn next."""
