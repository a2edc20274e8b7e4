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
    "quote": r"^\"'`\\",
}
"""Fences after a value, by name. After a number, ``.`` or ``-`` may not lead on to a letter or digit; host, quote must follow."""
JOINED = ("number", "dotted")
BEHIND = ("host", "quote")
"""Fences that ask for something behind the value."""
FENCES = tuple(AFTER)
"""Fences after a value, by number."""
CHECKS = (
    "", "cn_id", "credit_code", "card", "mobile", "landline", "phone", "ipv4", "ipv6", "plate", "secret", "email", "passport",
    "said_phone", "assignment", "key", "block",
)  # fmt: skip
"""Checks, by number."""
GROUPED = ("card", "mobile", "landline", "phone")
"""Checks of numbers that an account number in groups of four would pass in part."""
NEAR = 40
"""Bytes before a value in which a word may speak for or against it."""
START = 256
"""Stands for the byte before a text."""
LETTERS = (
    (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x300, 0x373), (0x376, 0x37D), (0x386, 0x386), (0x388, 0x52F), (0x1E00, 0x1EFF),
    (0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF3F, 0xFF3F), (0xFF41, 0xFF5A),
)  # fmt: skip
"""Letters beyond ASCII that the local part of an address may begin with: Latin, Greek, Cyrillic and full-width ones. Of scripts
without spaces none: a sentence may touch an address."""
INSIDE = (*LETTERS, (0xAD, 0xAD), (0x200B, 0x200F), (0x2060, 0x2060), (0xFEFF, 0xFEFF), (0xFF0D, 0xFF0E))
"""What else it may hold: signs that are not seen, full-width hyphen and stop."""
MOST_BEFORE = 64
"""Signs by which an address is widened at most."""
