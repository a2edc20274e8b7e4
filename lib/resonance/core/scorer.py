"""What a scorer is: what was fitted on reference texts and gives every text a score, in one file that its content names."""

from __future__ import annotations

import hashlib
import json
import math
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
FIRST_LINE = b"resonance scorer 2\n"
CHECKED = len(FIRST_LINE) + 64 + 1
"""From this byte on, a file is what its second line is the hash of."""
ALIGNED = 64
THIRDS = ("head", "middle", "tail")
"""Thirds of general texts by perplexity, the least surprising first, as CCNet calls them (Wenzek et al. 2020)."""
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
        """The content of its file: lines that tell the format and the hash of the rest, a line of JSON, and the arrays.

        Each array begins at a multiple of 64 bytes.
        """
        shapes = [[name, array.dtype.str, len(array)] for name, array in self.arrays.items()]
        head = json.dumps({"kind": self.kind, "about": self.about, "arrays": shapes}, sort_keys=True)
        content = bytearray(bytes(CHECKED) + head.encode() + b"\n")
        for array in self.arrays.values():
            content += bytes(-len(content) % ALIGNED) + array.tobytes()
        content[:CHECKED] = FIRST_LINE + _hash(content[CHECKED:]) + b"\n"
        return bytes(content)


def unpack_scorer(content: bytes, where: str) -> Scorer:
    """The scorer whose file has this content; its arrays lie in it.

    Raises:
        InputError: the content is none that ``Scorer.pack`` gives.
    """
    try:
        if content[:CHECKED] != FIRST_LINE + _hash(content[CHECKED:]) + b"\n":
            raise ValueError
        end = content.index(b"\n", CHECKED) + 1
        head, arrays = json.loads(content[CHECKED:end]), {}
        for name, kind, length in head["arrays"]:
            if kind not in TYPES:
                raise ValueError
            end += -end % ALIGNED
            arrays[name] = np.frombuffer(content, kind, length, end)
            end += arrays[name].nbytes
        found = Scorer(head["kind"], dict(head["about"]), arrays)
        if end != len(content) or not _can_measure(found):
            raise ValueError
        return found
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"scorer {where}: this is no file that `resonance score fit` of this version wrote, or a part of it is gone "
            "or changed; fit it again"
        ) from None


def _hash(content: bytes | bytearray) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _can_measure(scorer: Scorer) -> bool:
    """Whether all is there that its signal set asks of a scorer."""
    about, arrays = scorer.about, scorer.arrays
    if scorer.kind == "classifier":
        return arrays.keys() == {"weights"} and all(math.isfinite(about[name]) for name in ("slope", "bias"))
    if scorer.kind == "perplexity":
        lengths = {name: len(array) for name, array in arrays.items()}
        limits = [limit for two in (about["thirds"][""], *about["thirds"].values()) for limit in two]
        same = lengths.keys() == {"keys", "costs", "backoffs"} and len(set(lengths.values())) == 1
        return same and about["order"] >= 1 and all(math.isfinite(limit) for limit in limits)
    return False


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
