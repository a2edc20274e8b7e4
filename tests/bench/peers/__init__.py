"""Scripts that run in the environment of another engine and import nothing but it; what each needs is in <engine>.txt."""
