"""What tables say of each confirmed slice: sums over its held-out and its drawn documents, and over all.

Everything that is summed is a whole number, so that figures do not depend on the order of rows. The driver sees a row for each
slice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from resonance.attribute.chances import Moments
from resonance.attribute.predicates import split_name
from resonance.attribute.slices import UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyspark.sql import Column, DataFrame, Row

    Floats = NDArray[np.float64]

VALUES = ("loss", "hit", "entropy", "score")
"""What moments are taken of: losses of held-out documents, of those that have a copy, entropies, losses of drawn documents."""


@dataclass(frozen=True)
class Counts:
    """Sums over some documents: numbers by name."""

    sums: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.sums.get(name, 0)

    def __sub__(self, other: Counts) -> Counts:
        return Counts({name: value - other[name] for name, value in self.sums.items()})

    def find_moments(self, name: str) -> Moments:
        """Number, mean and variance of one of ``VALUES``, in bits."""
        return Moments.sum_up(self[f"{name}_n"], self[f"{name}_total"] * UNIT, self[f"{name}_squares"] * UNIT * UNIT)

    def find_means(self, arms: int) -> tuple[int, Floats, Floats]:
        """Number of documents that all arms scored, the mean loss of each arm there, and the covariance of these means, in bits."""
        n = self["paired"]
        if n < 2:
            return n, np.zeros(arms), np.zeros((arms, arms))
        mean = np.array([self[f"arm{at}"] for at in range(arms)], float) * UNIT / n
        square = np.zeros((arms, arms))
        for one, other in combinations_with_replacement(range(arms), 2):
            square[one, other] = square[other, one] = self[f"arm{one}_{other}"] * UNIT * UNIT / n
        return n, mean, (square - np.outer(mean, mean)) / (n - 1)


@dataclass(frozen=True)
class Evidence:
    """Sums over the documents of a slice, and over all others."""

    name: str
    inside: Counts
    outside: Counts


def sum_evidence(held: DataFrame, drawn: DataFrame, names: Sequence[str], arms: int) -> tuple[list[Evidence], Counts]:
    """The evidence of each slice in ``names``, in their order, and the sums over all documents. Four scans, shuffles of sums.

    ``held`` has predicates of held-out documents, ``loss``, a column ``arm0``, ``arm1`` … for each of ``arms``, ``entropy`` and
    ``hit`` in units, ``wrong`` and ``agreed``. ``drawn`` has those of drawn documents, ``draws``, ``score`` in units, ``rated`` and
    ``issue``.
    """
    held_sums, drawn_sums = _list_held_sums(arms), _list_drawn_sums()
    whole = _read(held.agg(*held_sums).collect()[0]) | _read(drawn.agg(*drawn_sums).collect()[0])
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    for rows, sums in ((held, held_sums), (drawn, drawn_sums)) if names else ():
        inside = F.explode(F.array(*(F.when(is_inside(name), F.lit(name)) for name in names)))
        each = rows.withColumn("member", inside).where("member IS NOT NULL")
        for row in each.groupBy("member").agg(*sums).collect():
            found[row["member"]] |= _read(row)
    everything = Counts(whole)
    return [Evidence(name, Counts(found[name]), everything - Counts(found[name])) for name in names], everything


def is_inside(name: str) -> Column:
    """Whether all predicates of a slice hold; false where one is not known."""
    parts = [F.coalesce(F.col(part.partition(" = ")[0]) == part, F.lit(False)) for part in split_name(name)]
    return reduce(lambda one, other: one & other, parts)


def _list_held_sums(arms: int) -> list[Column]:
    paired = reduce(lambda one, other: one & other, (F.col(f"arm{at}").isNotNull() for at in range(arms)))
    columns = [(f"arm{at}", F.col(f"arm{at}")) for at in range(arms)]
    columns += [
        (f"arm{one}_{other}", F.col(f"arm{one}") * F.col(f"arm{other}"))
        for one, other in combinations_with_replacement(range(arms), 2)
    ]
    return [
        F.count(F.lit(1)).alias("held"),
        F.sum(paired.cast("int")).alias("paired"),
        *(F.sum(F.when(paired, value)).alias(name) for name, value in columns),
        *_sum_moments("loss"),
        *_sum_moments("entropy"),
        *_sum_moments("hit"),
        F.sum("wrong").alias("wrong"),
        F.sum("agreed").alias("agreed"),
        F.count("agreed").alias("compared"),
    ]


def _list_drawn_sums() -> list[Column]:
    counted = (F.sum(name).alias(name) for name in ("draws", "rated", "issue"))
    return [F.count(F.lit(1)).alias("drawn"), *counted, *_sum_moments("score")]


def _sum_moments(name: str) -> list[Column]:
    value = F.col(name)
    return [
        F.count(value).alias(f"{name}_n"),
        F.sum(value).alias(f"{name}_total"),
        F.sum(value * value).alias(f"{name}_squares"),
    ]


def _read(row: Row) -> dict[str, int]:
    return {name: int(value or 0) for name, value in row.asDict().items() if name != "member"}
