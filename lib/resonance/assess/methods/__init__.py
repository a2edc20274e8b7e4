"""How operators are bound to tables, one module a kind of number."""
