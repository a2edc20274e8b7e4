"""Charts as SVG elements for the page: plain Python, no script, equal data, equal picture."""
