"""Short hashes, by which equal things are known again."""

from __future__ import annotations

import hashlib


def hash_text(text: str) -> str:
    """The first 64 bits of a text's SHA-256, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
