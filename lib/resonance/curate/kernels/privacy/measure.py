"""The set ``privacy``: how often each type is found, and sums of those that name a person and of those that open a door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.privacy.find import Found, count, find
from resonance.curate.kernels.privacy.patterns import COUNTS, PERSONS, SECRETS, Pattern
from resonance.curate.kernels.privacy.plain import count_plainly


def plainly(text: str) -> tuple[int, ...]:
    """The values of the set for one text."""
    counts = count_plainly(text)
    each = tuple(counts.get(signal, 0) for signal in COUNTS)
    return (*each, sum(counts.get(signal, 0) for signal in PERSONS), sum(counts.get(signal, 0) for signal in SECRETS))


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row a text."""
    return count_all(find(texts), len(texts))


def count_all(found: Found, texts: int, own: tuple[Pattern, ...] = ()) -> NDArray[np.float64]:
    """The values of each of so many texts, by what was found in them."""
    counts = count(found, texts, own)
    persons, secrets = len(PERSONS), len(PERSONS) + len(SECRETS)
    sums = counts[:, :persons].sum(axis=1), counts[:, persons:secrets].sum(axis=1)
    return np.column_stack([counts, *sums]).astype(np.float64)
