"""What a scorer is: what was fitted on reference texts and gives every text a score, in one file that its content names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from resonance.core.errors import InputError

Kind = Literal["classifier", "perplexity"]
"""The signal sets that a scorer measures."""
KINDS: tuple[str, ...] = get_args(Kind)
FIRST_LINE = b"resonance scorer 1\n"
ALIGNED = 64
TYPES = ("<i2", "<u4", "<u8")
"""Kinds of numbers that a file may hold."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """What was fitted.

    Args:
        kind: the signal set that it measures.
        about: numbers and names that measuring needs, and those that say how it was fitted.
        arrays: what was learned.
    """

    kind: str
    about: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def pack(self) -> bytes:
        """The content of its file: a line that tells the format, a line of JSON, and the arrays, each at a multiple of 64 bytes."""
        shapes = [[name, array.dtype.str, len(array)] for name, array in self.arrays.items()]
        head = json.dumps({"kind": self.kind, "about": self.about, "arrays": shapes}, sort_keys=True)
        content = bytearray(FIRST_LINE + head.encode() + b"\n")
        for array in self.arrays.values():
            content += bytes(-len(content) % ALIGNED) + array.tobytes()
        return bytes(content)


def unpack_scorer(content: bytes, where: str) -> Scorer:
    """The scorer whose file has this content; its arrays lie in it.

    Raises:
        InputError: the content is none that ``Scorer.pack`` gives.
    """
    try:
        end = content.index(b"\n", len(FIRST_LINE)) + 1
        if not content.startswith(FIRST_LINE):
            raise ValueError
        head, arrays = json.loads(content[len(FIRST_LINE) : end]), {}
        for name, kind, length in head["arrays"]:
            if kind not in TYPES:
                raise ValueError
            end += -end % ALIGNED
            arrays[name] = np.frombuffer(content, kind, length, end)
            end += arrays[name].nbytes
        if end != len(content) or head["kind"] not in KINDS:
            raise ValueError
        return Scorer(head["kind"], dict(head["about"]), arrays)
    except (ValueError, KeyError, TypeError):
        raise InputError(f"scorer {where}: this is no file that `resonance score fit` wrote, or a part of it is gone") from None


def name_content(content: bytes) -> str:
    """The hash that names a scorer."""
    return hashlib.sha256(content).hexdigest()[:16]


def read_content(path: str) -> bytes:
    """The content of a scorer's file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"scorer {path}: cannot be read: {error.strerror or error}") from None


@lru_cache(maxsize=4)
def load_scorer(path: str, name: str) -> Scorer:
    """The scorer in a file, read once in each process.

    Raises:
        InputError: it cannot be read, or holds another one than ``name``.
    """
    content = read_content(path)
    if (found := name_content(content)) != name:
        raise InputError(f"scorer {path}: it holds {found} now, not {name} as when the run began; run again")
    return unpack_scorer(content, path)
