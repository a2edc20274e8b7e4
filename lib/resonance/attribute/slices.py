"""Weak slices: found on one half of the held-out documents by their score, confirmed on the other half.

Score: Sagadeeva and Boehm 2021, "SliceLine" (SIGMOD). Welch's test and the effect size: Chung et al. 2019, "Slice Finder" (arXiv
1807.06068). Every loss is a whole number of ``UNIT`` bits, so that sums do not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.attribute.chances import Moments, adjust_discoveries, judge_welch, measure_effect
from resonance.attribute.predicates import AND, split_name
from resonance.core.chance import hash_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

    from resonance.core.settings import AttributeSettings

UNIT = 1e-4
"""Bits that a loss is counted in."""
DEPTH = 2
"""Predicates of the slices that are searched first; survivors are searched with one more."""
POWER = 16
"""Documents needed per squared ratio of spread and difference, for 80 % power (Lehr 1992)."""


def choose_half(seed: int) -> Column:
    """The half that a document is in, by a hash of its id: slices are found on 0 and confirmed on 1."""
    return F.pmod(hash_columns(["doc_id"], seed, "half"), F.lit(2))


@dataclass(frozen=True)
class Sums:
    """Documents of a group, the sum of their losses and of the squares, in units."""

    n: int = 0
    total: int = 0
    squares: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.n + other.n, self.total + other.total, self.squares + other.squares)

    def __sub__(self, other: Sums) -> Sums:
        return Sums(self.n - other.n, self.total - other.total, self.squares - other.squares)

    @property
    def moments(self) -> Moments:
        """Number, mean and variance, in bits."""
        return Moments.sum_up(self.n, self.total * UNIT, self.squares * UNIT * UNIT)


@dataclass(frozen=True)
class Weak:
    """A slice that is weak on the half where it was found.

    Args:
        name: its predicates.
        found: its documents on the half where slices are found, ``checked`` those on the other half, ``others`` all others there.
        needed: documents that the power rule asks for on that half.
        p: chance of so large a difference there if there were none, ``q`` the same adjusted for all slices that were tested; both
            None where there are fewer documents than needed.
    """

    name: str
    found: Sums
    checked: Sums
    others: Sums
    score: float
    needed: int = 0
    effect: float = 0.0
    p: float | None = None
    q: float | None = None

    @property
    def parts(self) -> frozenset[str]:
        """Its predicates."""
        return frozenset(split_name(self.name))


@dataclass(frozen=True)
class Halves:
    """All documents of both halves, and those of each slice that is large enough."""

    found: Sums
    checked: Sums
    slices: Mapping[str, tuple[Sums, Sums]] = field(default_factory=dict)


def name_slices(features: Sequence[str], depth: int) -> list[Column]:
    """The names of all slices of 1 to ``depth`` predicates that a document is in; null where a predicate is not known."""
    names = []
    for many in range(1, depth + 1):
        for chosen in combinations(features, many):
            known = reduce(lambda one, other: one & other, (F.col(feature).isNotNull() for feature in chosen))
            names.append(F.when(known, F.concat_ws(AND, *chosen)))
    return names


def extend_slices(features: Sequence[str], survivors: Iterable[str]) -> list[Column]:
    """The names of the survivors with one more predicate that a document is in."""
    names = []
    for survivor in survivors:
        own = {part.partition(" = ")[0]: part for part in split_name(survivor)}
        inside = reduce(lambda one, other: one & other, (F.col(feature) == part for feature, part in own.items()))
        for more in (feature for feature in features if feature not in own):
            parts = [F.lit(own[name]) if name in own else F.col(name) for name in features if name in own or name == more]
            names.append(F.when(inside & F.col(more).isNotNull(), F.concat_ws(AND, *parts)))
    return names


def sum_halves(held: DataFrame, names: Sequence[Column], least: int) -> Halves:
    """Sums over both halves, of all documents and of each slice that has ``least`` documents on the first. One shuffle of sums.

    ``held`` has ``half`` (0 or 1) and ``loss`` in units.
    """
    wide = held.select("half", "loss", F.array(*names).alias("slices")) if names else held.select("half", "loss")
    sums = [
        F.sum(F.when(F.col("half") == half, value)).alias(f"{name}{half}")
        for half in (0, 1)
        for name, value in (("n", F.lit(1)), ("total", F.col("loss")), ("squares", F.col("loss") * F.col("loss")))
    ]
    (whole,) = wide.agg(*sums).collect()
    rows: list[Row] = []
    if names:
        each = wide.select("half", "loss", F.explode("slices").alias("slice")).where("slice IS NOT NULL")
        rows = each.groupBy("slice").agg(*sums).where(F.col("n0") >= least).collect()
    return Halves(
        _read_sums(whole, 0), _read_sums(whole, 1), {row["slice"]: (_read_sums(row, 0), _read_sums(row, 1)) for row in rows}
    )


def _read_sums(row: Row, half: int) -> Sums:
    return Sums(*(int(row[f"{name}{half}"] or 0) for name in ("n", "total", "squares")))


def find_slices(held: DataFrame, settings: AttributeSettings) -> list[Weak]:
    """Weak slices, the best score first, each with what the other half says of it. Two scans of ``held`` at most."""
    features = settings.features
    halves = sum_halves(held, name_slices(features, min(DEPTH, len(features))), settings.min_documents)
    weak = keep_distinct(find_weak(halves, settings), halves, settings)
    pairs = [one.name for one in weak if len(one.parts) == DEPTH]
    if pairs and len(features) > DEPTH:
        more = sum_halves(held, extend_slices(features, pairs), settings.min_documents)
        halves = replace(halves, slices={**halves.slices, **more.slices})
        weak = keep_distinct(find_weak(halves, settings), halves, settings)
    return confirm_slices(weak, halves, settings)


def find_weak(halves: Halves, settings: AttributeSettings) -> list[Weak]:
    """Slices whose score is positive and whose effect is large enough on the first half, the best score first."""
    found = []
    for name, (mine, other) in halves.slices.items():
        score = score_slice(mine, halves.found, settings.size_weight)
        effect = measure_effect(mine.moments, (halves.found - mine).moments)
        if score > 0 and effect >= settings.min_effect:
            found.append(Weak(name, mine, other, halves.checked - other, score))
    return sorted(found, key=lambda weak: (-weak.score, weak.name))


def score_slice(mine: Sums, whole: Sums, weight: float) -> float:
    """SliceLine's score: how far the mean loss stands above that of all, less what a small slice costs."""
    if not mine.n or not whole.total:
        return 0.0
    ratio = (mine.total / mine.n) / (whole.total / whole.n)
    return weight * (ratio - 1) - (1 - weight) * (whole.n / mine.n - 1)


def keep_distinct(weak: Sequence[Weak], halves: Halves, settings: AttributeSettings) -> list[Weak]:
    """The slices that say more than those around them, judged on the half where they were found.

    A slice inside a weak one stays where it is weaker than the rest of that one, by the least effect. A slice around such ones
    stays where it is weak without them too: without all that are told from it by the same features, whichever these are. What is
    left must have as many documents as a slice needs, or it is the same slice.
    """

    def surpasses(one: Sums, other: Sums) -> bool:
        enough = min(one.n, other.n) >= settings.min_documents
        return enough and measure_effect(one.moments, other.moments) >= settings.min_effect

    inner = [one for one in weak if all(surpasses(one.found, other.found - one.found) for other in weak if other.parts < one.parts)]
    kept = []
    for one in inner:
        groups: dict[frozenset[str], Sums] = {}
        for other in inner:
            if one.parts < other.parts:
                told_by = frozenset(part.partition(" = ")[0] for part in other.parts - one.parts)
                groups[told_by] = groups.get(told_by, Sums()) + other.found
        if all(surpasses(one.found - sums, halves.found - one.found) for sums in groups.values()):
            kept.append(one)
    return kept


def confirm_slices(weak: Sequence[Weak], halves: Halves, settings: AttributeSettings) -> list[Weak]:
    """The slices with effect, p and adjusted p on the other half, where they have as many documents as the power rule asks for."""
    measured = []
    for one in weak:
        mine, rest = one.checked.moments, one.others.moments
        needed = count_needed(one.found.moments, (halves.found - one.found).moments, settings)
        tested = one.checked.n >= max(needed, 2)
        p = judge_welch(mine, rest) if tested else None
        measured.append(replace(one, needed=needed, effect=measure_effect(mine, rest), p=p))
    adjusted = iter(adjust_discoveries([one.p for one in measured if one.p is not None]))
    return [one if one.p is None else replace(one, q=next(adjusted)) for one in measured]


def count_needed(mine: Moments, rest: Moments, settings: AttributeSettings) -> int:
    """Documents that show the least effect with 80 % power: 16 times the variance over the squared difference that it means.

    Variances are those of the half where the slice was found, so that the rule does not look at the test that it is for.
    """
    difference = settings.min_effect**2 * (mine.variance + rest.variance) / 2
    return max(settings.min_documents, -int(-POWER * mine.variance // difference) if difference > 0 else 0)


def is_confirmed(weak: Weak, settings: AttributeSettings) -> bool:
    """Whether the other half confirms the slice."""
    return weak.q is not None and weak.q <= settings.false_discovery and weak.effect >= settings.min_effect
