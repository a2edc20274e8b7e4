"""The vocabulary of the product: table, contract, job, plan, settings, errors. It imports nothing of ours."""
