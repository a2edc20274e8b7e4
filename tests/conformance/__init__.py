"""What both engines promise alike: expressions, tables, orders, workspaces, and what a kill leaves."""
