"""What rules cut alone against what is kept, by the losses of a model: a difference of bits per byte with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance.core.effect import FEW
from resonance.core.student import find_t

TAIL = 0.025
"""Chance on each side of an interval."""


class Scored(NamedTuple):
    """A document that a model read: its slice and cluster, its loss in bits, its bytes."""

    slice: str
    cluster: bytes
    bits: float
    n_bytes: int


@dataclass(frozen=True)
class Difference:
    """Bits per byte of documents that a rule alone cut, and of kept ones of the same slices, in the same proportions.

    ``low`` and ``high`` are the ends of its 95 % interval; None with fewer than five clusters on one side.
    """

    cut_docs: int
    kept_docs: int
    cut_bpb: float
    kept_bpb: float
    gain: float
    low: float | None = None
    high: float | None = None


class Part(NamedTuple):
    """Kept documents of one slice: bits per byte, variance of it, documents, clusters."""

    bpb: float
    variance: float
    documents: int
    clusters: int


def compare_outcomes(cut: Sequence[Scored], kept: Sequence[Scored]) -> Difference | None:
    """How much more a byte of what was cut costs than one of what was kept in the same slice; None where no slice has both.

    A ratio of sums, as held-out bits per byte are. What is kept is weighed by the bytes that were cut of each slice: else slices
    that a rule cuts much of would be compared with others. Only slices with two clusters of kept documents count. The variance is
    that of the linearised ratios over clusters (Särndal, Swensson and Wretman, "Model Assisted Survey Sampling", 5.6), its degrees
    of freedom are those of Satterthwaite (1946), rounded down.
    """
    parts = {name: part for name, rows in _group(kept).items() if (part := _rate_part(rows)).clusters > 1}
    compared = [row for row in cut if row.slice in parts]
    total = sum(row.n_bytes for row in compared)
    if not total:
        return None
    shares = {name: sum(row.n_bytes for row in rows) / total for name, rows in _group(compared).items()}
    over = [row._replace(bits=row.bits - parts[row.slice].bpb * row.n_bytes) for row in compared]
    own, kept_bpb = _rate_part(over), math.fsum(shares[name] * parts[name].bpb for name in shares)
    gain = own.bpb
    documents = sum(parts[name].documents for name in shares)
    found = Difference(len(compared), documents, kept_bpb + gain, kept_bpb, gain)
    if min(own.clusters, sum(parts[name].clusters for name in shares)) < FEW:
        return found
    terms = [(own.variance, own.clusters - 1), *((shares[s] ** 2 * parts[s].variance, parts[s].clusters - 1) for s in shares)]
    variance = math.fsum(term for term, _ in terms)
    square = math.fsum(term**2 / freedom for term, freedom in terms)
    freedom = max(int(variance**2 / square), 1) if square else own.clusters - 1
    reach = find_t(TAIL, freedom) * math.sqrt(variance)
    return Difference(len(compared), documents, kept_bpb + gain, kept_bpb, gain, gain - reach, gain + reach)


def _group(rows: Iterable[Scored]) -> dict[str, list[Scored]]:
    found: dict[str, list[Scored]] = {}
    for row in rows:
        found.setdefault(row.slice, []).append(row)
    return found


def _rate_part(rows: Sequence[Scored]) -> Part:
    """Bits per byte of documents and its variance over clusters; no variance of one cluster."""
    clusters = sorted({row.cluster for row in rows})
    place = {cluster: at for at, cluster in enumerate(clusters)}
    sums: NDArray[Any] = np.zeros((len(clusters), 2))
    for row in sorted(rows):
        sums[place[row.cluster]] += row.bits, row.n_bytes
    bits, size = (math.fsum(column) for column in sums.T)
    rate, count = bits / size, len(clusters)
    rest = math.fsum((sums[:, 0] - rate * sums[:, 1]) ** 2)
    return Part(rate, count / (count - 1) * rest / size**2 if count > 1 else 0.0, len(rows), count)
