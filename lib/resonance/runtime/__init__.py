"""The only code that meets the outside: Spark, Delta, files, processes, MLflow."""
