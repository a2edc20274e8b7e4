"""Documents to annotations: sentences, tokens, tags and entities as spans beside the texts, by Spark NLP."""
