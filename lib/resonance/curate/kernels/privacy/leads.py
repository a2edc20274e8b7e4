"""Where one of ``UNLED_KEYS`` or ``WORDS`` may begin: most words of prose lead to none, and no table of states reads them.

Whatever these patterns find begins with signs of names (``RUN``), or none, and then one of ``CLUES``. So it begins at a sign that
leads to a clue, or in a clue. A place is marked too often rather than too seldom.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES

CLUES: tuple[tuple[str, ...], ...] = (
    ("@",),  # an address
    (":", "/", "/"),  # a URL
    ("a", "s", "s", "wp"),  # password, passwd, passphrase, passport
    ("hsie_-", "k", "e", "y"),  # keys: auth, access, api, private
    *(tuple(piece) for piece in ("cret", "toke", "cred")),  # secret, token, credential
    ("78", "Q", "~"),  # a client's secret of Azure
    ("-", "u", "s", "0123456789"),  # a key of Mailchimp
    tuple(".atl"),  # a token of Terraform
    *(tuple(piece) for piece in ("phon", "tel", "fax", "mobi", "cell", "atsa")),  # telephone, mobile, WhatsApp
)
"""Signs one after another, each one of several, letters' case aside. What is beyond ASCII is a clue too."""
RUN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.%+-~\\"
"""Signs of names that may stand before a clue: those of an address, of the scheme of a URL, of keys, of what is set to a secret."""
UNLED_GROUPS = 2
"""Of the groups of patterns so many, the last ones, begin nowhere else."""
LONGEST = max(map(len, CLUES))
ASCII = 0x80
FLAGS = types.uint8[::1]
_LONGEST = LONGEST
_RUN = np.array([chr(byte) in RUN for byte in range(256)], np.uint8)


def lay_clues() -> tuple[NDArray[np.uint64], int, int]:
    """Clues as bits in a row: those that each byte fits, the first of each clue, the last of each."""
    fits, firsts, lasts, bit = [0] * ASCII + [1] * (256 - ASCII), 1, 1, 1
    for clue in CLUES:
        firsts |= 1 << bit
        for signs in clue:
            for sign in {*signs.lower(), *signs.upper()}:
                fits[ord(sign)] |= 1 << bit
            lasts |= 1 << bit
            bit += 1
        lasts &= ~sum(1 << (bit - 1 - back) for back in range(1, len(clue)))
    return np.array(fits, np.uint64), firsts, lasts


_FITS, *_ENDS = lay_clues()
_FIRSTS, _LASTS, _ONE = (np.uint64(bits) for bits in (*_ENDS, 1))


@compiled(types.void(BYTES, types.int64, types.int64, FLAGS))
def mark_leads(data, start, end, marks):  # type: ignore[no-untyped-def]
    """Sets ``marks`` to 1 where one of these patterns may begin in a text, else to 0: byte by byte, from the text's start.

    All clues are read at once, a bit for each of their signs. Baeza-Yates and Gonnet 1992.
    """
    marks[: end - start] = 0
    held = np.uint64(0)
    for at in range(start, end):
        held = ((held << _ONE) | _FIRSTS) & _FITS[data[at]]
        if held & _LASTS:
            for i in range(max(start, at + 1 - _LONGEST), at + 1):
                marks[i - start] = 1
            before = at - _LONGEST
            while before >= start and _RUN[data[before]] and not marks[before - start]:
                marks[before - start] = 1
                before -= 1
