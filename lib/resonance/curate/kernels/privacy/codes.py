"""Names that patterns and the kernel agree on: fences around values, and checks. What patterns say is data of the kernel."""

from __future__ import annotations

WORD = "0-9A-Za-z_"
BEFORE = {
    "any": "",
    "word": WORD,
    "number": f"{WORD}.+-",
    "dotted": f"{WORD}.",
    "colon": f"{WORD}.",
    "mail": f"{WORD}.%+-",
    "name": f"{WORD}.-",
}
"""Fences before a value, by name: characters that may not stand there, as a class of an expression has them."""
AFTER = {
    "any": "",
    "word": WORD,
    "number": f"{WORD}@",
    "dotted": f"{WORD}+~",
    "colon": f"{WORD}:",
    "mail": f"{WORD}@-",
    "value": rf"{WORD}+/=.~!@#%^*(\[{{<$?:-",
    "host": "^@",
}
"""Fences after a value, by name. After a number, ``.`` or ``-`` may not lead on to a letter or digit; a host must be there."""
JOINED = ("number", "dotted")
FENCES = tuple(AFTER)
"""Fences after a value, by number."""
CHECKS = (
    "", "cn_id", "credit_code", "card", "mobile", "landline", "phone", "ipv4", "ipv6", "plate", "secret", "email", "passport",
    "said_phone", "assignment", "key",
)  # fmt: skip
"""Checks, by number."""
NEAR = 40
"""Bytes before a value in which a word may speak for or against it."""
START = 256
"""Stands for the byte before a text."""
