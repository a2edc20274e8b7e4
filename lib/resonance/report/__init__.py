"""Tables become one page: what came in, what was cut and why, what the model learnt, what is drawn next."""
