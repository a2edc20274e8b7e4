"""Pseudonyms: the same value has the same one under one key, and without the key nobody can tell the value."""

from __future__ import annotations

import hashlib
import hmac
import os
import re

from resonance.core.errors import ConfigError

KEY = "RESONANCE_PSEUDONYM_KEY"
"""The variable of the environment that holds the key."""
LEAST_BYTES = 16
DIGITS = 12
"""Hexadecimal digits of a pseudonym: 48 bits, so that among a million values hardly two share one."""
IDLE = re.compile(r"[ ()（）.-]")


def read_key() -> bytes:
    """The key, from the environment.

    Raises:
        ConfigError: there is none, or it is too short to keep values from being guessed.
    """
    key = os.environ.get(KEY, "").encode()
    if len(key) < LEAST_BYTES:
        what = f"{len(key)} bytes" if key else "not set"
        raise ConfigError(
            f"clean.mask is pseudonyms, but the variable {KEY} of the environment is {what}: set it to a secret of at least "
            f"{LEAST_BYTES} bytes, or choose placeholders"
        )
    return key


def name_key(key: bytes) -> str:
    """A name by which another key is told from this one, and which says nothing else of it."""
    return hmac.new(key, b"resonance: name of this key", hashlib.sha256).hexdigest()[:8]


def make_pseudonym(key: bytes, mask: str, value: str) -> str:
    """What stands for a value: numbers are the same whatever parts them, addresses in small letters and large."""
    same = value.lower() if "@" in value else IDLE.sub("", value).upper()
    digest = hmac.new(key, f"{mask}\0{same}".encode(), hashlib.sha256).hexdigest()
    return f"<{mask}_{digest[:DIGITS]}>"
