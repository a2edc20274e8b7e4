"""The set ``privacy``: how often each type is found, and sums of those that name a person and of those that open a door."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.privacy.find import Found, count
from resonance.curate.kernels.privacy.patterns import COUNTS, PERSONS, SECRETS, Pattern
from resonance.curate.kernels.privacy.plain import count_plainly


def plainly(text: str) -> tuple[int, ...]:
    """The values of the set for one text."""
    counts = count_plainly(text)
    each = tuple(counts.get(signal, 0) for signal in COUNTS)
    return (*each, sum(counts.get(signal, 0) for signal in PERSONS), sum(counts.get(signal, 0) for signal in SECRETS))


def count_found(found: Found, own: tuple[Pattern, ...] = ()) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The texts in which something was found, and the values of each of them, one row a text: all others have none."""
    rows, places = np.unique(found.rows, return_inverse=True)
    counts = count(found._replace(rows=places), len(rows), own)
    persons, secrets = len(PERSONS), len(PERSONS) + len(SECRETS)
    sums = counts[:, :persons].sum(axis=1), counts[:, persons:secrets].sum(axis=1)
    return rows, np.column_stack([counts, *sums])
