"""Searches better rules: proposes thresholds, says what their proof costs, and accepts only what is shown to help."""
