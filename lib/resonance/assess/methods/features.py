"""Features of structured data: how evenly their values are spread, and how much they tell of the label."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as T

from resonance.assess.arrays import is_coded, read_numbers, read_plainly, read_texts, spell_value
from resonance.assess.columns import Column
from resonance.assess.mappings import find_entropy, find_evenness, to_shares, up
from resonance.core.binding import Asked, Bound, Finding, InapplicableError, UnmeasurableError
from resonance.core.parts import MOST_VALUES, Part, State

GROWTH = 1.05
"""Ratio of the bounds of the buckets that numbers are gathered in, before they are put into equal bins."""
BETWEEN = "\x1f"
MOST_PAIRS = 10_000
"""Distinct pairs that are written out before any is met."""
NONE_ABOVE = "0"
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Bucketed:
    """Numbers as names of buckets whose bounds grow by one ratio, on both sides of zero; null for what is no finite number."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One text a row."""
        import numpy as np
        import pyarrow as pa

        numbers = read_numbers(batch.column(self.name)).to_numpy(zero_copy_only=False)
        finite = np.isfinite(numbers)
        sizes = np.abs(np.where(finite & (numbers != 0), numbers, 1.0))
        places = np.rint(np.log(sizes) / math.log(GROWTH)).astype(np.int64)
        names = [f"{'-' if number < 0 else '+'}{place}" for number, place in zip(numbers.tolist(), places.tolist(), strict=True)]
        return pa.array(np.where(numbers == 0, NONE_ABOVE, names), pa.string(), mask=~finite)


@dataclass(frozen=True)
class Paired:
    """Two texts of a row as one; null where one is."""

    one: Any
    other: Any

    def __call__(self, batch: Any) -> Any:
        """One text a row, or the code of one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        one, other = self.one(batch), self.other(batch)
        if not is_coded(one) or not is_coded(other) or len(one.dictionary) * len(other.dictionary) > MOST_PAIRS:
            return pc.binary_join_element_wise(read_plainly(one), read_plainly(other), BETWEEN)
        firsts, seconds = one.dictionary.to_pylist(), other.dictionary.to_pylist()
        codes = pc.add(pc.multiply(one.indices, len(seconds)), other.indices)
        return pa.DictionaryArray.from_arrays(codes, [f"{first}{BETWEEN}{second}" for first in firsts for second in seconds])


@dataclass(frozen=True)
class Joined:
    """The values of several columns as one text; null where one is."""

    names: tuple[str, ...]

    def __call__(self, batch: Any) -> Any:
        """One text a row."""
        import pyarrow.compute as pc

        return pc.binary_join_element_wise(*(read_texts(batch.column(name)) for name in self.names), BETWEEN)


def bind_strata(asked: Asked) -> Bound:
    """Declared strata with rows enough."""
    columns, least = asked.contract.strata, asked.params["min_per_stratum"]
    known = list_strata(asked)
    reads = tuple(asked.check(name) for name in columns)

    def judge(state: State) -> Finding:
        counts = read_tally(state["strata"], " and ".join(columns))
        reached = sum(counts.get(stratum, 0) >= least for stratum in known)
        return Finding(reached / len(known), reached)

    return Bound(judge, {"strata": Part("tally", Joined(reads))}, frozenset(reads), whole=True)


def list_strata(asked: Asked) -> tuple[str, ...]:
    """The strata that the contract declares: values of the only column, or lists of one value of each column.

    Raises:
        UnmeasurableError: it declares none, or not a value of each column, or no column.
    """
    given, columns = asked.declared("strata"), asked.contract.strata
    if not columns:
        raise UnmeasurableError("no columns make strata: name them in adaqStrata of the contract")
    found = [each if isinstance(each, list) else [each] for each in given] if isinstance(given, list) else []
    if not found or any(len(each) != len(columns) for each in found):
        raise UnmeasurableError(f"strata in adaqDeclared must list strata, each with a value of {', '.join(columns)}")
    return tuple(dict.fromkeys(BETWEEN.join(map(spell_value, each)) for each in found))


def bind_feature_evenness(asked: Asked) -> Bound:
    """The mean evenness of attributes: of listed values, and of numbers in equal bins between two quantiles."""
    listed = {column.name: column.rules["enum"] for column in asked.contract.columns if column.rules.get("enum")}
    kinds: dict[str, int] = {}
    parts = {}
    for name in list_attributes(asked):
        if is_number(asked, name):
            parts[name], kinds[name] = Part("tally", Bucketed(name)), int(asked.params["bins"])
        elif len(listed.get(name, ())) > 1:
            parts[name], kinds[name] = Part("tally", Column(name)), 0
    if not parts:
        raise UnmeasurableError("no attribute of adaqDeclared is a number, and the contract states an enum of two values of none")
    allowed = {name: tuple(dict.fromkeys(map(spell_value, listed[name]))) for name, bins in kinds.items() if not bins}
    low, high = asked.params["low_quantile"], asked.params["high_quantile"]

    def judge(state: State) -> Finding | None:
        found = []
        for name, bins in kinds.items():
            counts = read_tally(state[name], name)
            spread = bin_numbers(counts, bins, low, high) if bins else [counts.get(value, 0) for value in allowed[name]]
            if sum(spread):
                found.append(find_evenness(to_shares(spread), bins or len(allowed[name])))
        mean = math.fsum(found) / len(found) if found else None
        return None if mean is None else Finding(min(1.0, mean), mean)

    return Bound(judge, parts, frozenset(parts))


def bind_dependence(asked: Asked) -> Bound:
    """How much the features that tell most of the label tell of it: mutual information over the label's entropy, on average."""
    if "labelled" not in asked.contract.modalities:
        raise InapplicableError("the contract declares no labelled data")
    label = asked.column("label")
    names = [name for name in list_attributes(asked) if name != label]
    if not names:
        raise UnmeasurableError("attributes in adaqDeclared must list columns beside the label")
    columns = {name: Bucketed(name) if is_number(asked, name) else Column(name) for name in names}
    parts = {name: Part("tally", Paired(column, Column(label))) for name, column in columns.items()}
    most, low, high = int(asked.params["features"]), asked.params["lo"], asked.params["hi"]
    bins = {name for name, column in columns.items() if isinstance(column, Bucketed)}

    def judge(state: State) -> Finding | None:
        told = [share for name in names if (share := tell_label(read_tally(state[name], name), name in bins)) is not None]
        if not told:
            return None
        best = sorted(told, reverse=True)[:most]
        mean = math.fsum(best) / len(best)
        return Finding(up(mean, low, high), mean)

    return Bound(judge, parts, frozenset({label, *names}))


def tell_label(pairs: Counts, numbers: bool) -> float | None:
    """The mutual information of a feature and the label over the label's entropy (Theil's U); None where labels do not vary.

    Args:
        pairs: how often each value of the feature stands beside each label.
        numbers: whether the values are buckets of numbers, which are put into equal bins first.
    """
    by_label: dict[str, dict[str, int]] = defaultdict(dict)
    of_value: dict[str, int] = defaultdict(int)
    for pair, count in pairs.items():
        value, _, label = pair.partition(BETWEEN)
        by_label[label][value] = count
        of_value[value] += count
    whole = sum(of_value.values())
    entropy = find_entropy(to_shares([sum(counts.values()) for counts in by_label.values()])) if whole else 0.0
    if not entropy:
        return None
    place = place_numbers(of_value, 20, 0.01, 0.99) if numbers else {value: value for value in of_value}
    joint: dict[tuple[Any, str], int] = defaultdict(int)
    for label, counts in by_label.items():
        for value, count in counts.items():
            joint[place[value], label] += count
    binned: dict[Any, int] = defaultdict(int)
    for (value, _), count in joint.items():
        binned[value] += count
    both = find_entropy([count / whole for count in joint.values()])
    return min(1.0, max(0.0, (entropy + find_entropy([count / whole for count in binned.values()]) - both) / entropy))


def bin_numbers(counts: Counts, bins: int, low: float, high: float) -> list[int]:
    """Numbers, gathered in buckets, in equal bins between two of their quantiles; what lies beyond is in the outermost."""
    found = [0] * bins
    for name, bin in place_numbers(counts, bins, low, high).items():
        found[bin] += counts[name]
    return found


def place_numbers(counts: Counts, bins: int, low: float, high: float) -> dict[str, int]:
    """The bin of each bucket of numbers."""
    numbers = sorted((read_bucket(name), name) for name in counts)
    if not numbers:
        return {}
    first, last = (find_rank(numbers, counts, share) for share in (low, high))
    width = (last - first) / bins
    return {name: min(bins - 1, max(0, int((number - first) / width))) if width else 0 for number, name in numbers}


def find_rank(numbers: Sequence[tuple[float, str]], counts: Counts, share: float) -> float:
    """The quantile of numbers in buckets."""
    rank, goal = 0, share * sum(counts.values())
    for number, name in numbers:
        rank += counts[name]
        if rank >= goal:
            return number
    return numbers[-1][0]


def read_bucket(name: str) -> float:
    """The number that stands for a bucket."""
    return 0.0 if name == NONE_ABOVE else float(f"{name[0]}1") * GROWTH ** int(name[1:])


def list_attributes(asked: Asked) -> list[str]:
    """The columns that the contract declares as attributes.

    Raises:
        UnmeasurableError: it declares none, or the table lacks one.
    """
    given = asked.declared("attributes")
    if not isinstance(given, list) or not given:
        raise UnmeasurableError("attributes in adaqDeclared must list columns")
    return [asked.check(str(name)) for name in dict.fromkeys(given)]


def is_number(asked: Asked, name: str) -> bool:
    """Whether a column holds numbers, or texts that the contract calls numbers."""
    promised = {column.name: column.type for column in asked.contract.columns}
    return isinstance(asked.schema[name].dataType, T.NumericType) or promised.get(name) in ("number", "integer")


def read_tally(counts: Counts | None, column: str) -> Counts:
    """A tally that was not given up.

    Raises:
        UnmeasurableError: it was.
    """
    if counts is None:
        raise UnmeasurableError(f"column {column} has more than {MOST_VALUES:,} values")
    return counts
