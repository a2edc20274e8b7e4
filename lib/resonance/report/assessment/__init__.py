"""An assessment becomes a report: the same numbers as a page, as Markdown and as JSON."""
