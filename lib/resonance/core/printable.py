"""Text from outside as a terminal may show it."""

from __future__ import annotations


def escape_hidden(text: str) -> str:
    """``text`` on one line, with signs that cannot be seen, such as those that steer a terminal, written as ``\\x1b``."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
