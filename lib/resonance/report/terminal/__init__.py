"""Views printed on a terminal."""
