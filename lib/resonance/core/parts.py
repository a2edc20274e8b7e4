"""Parts of a state: numbers and tables gathered in one reading of the rows, each of which adds up over any split of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["count", "sum", "tally", "spread", "distinct", "names", "thinned", "drawn"]
State = Mapping[str, Any]
"""What parts gathered over some rows, by their names: whole numbers, texts, and tables of them, so that JSON holds it exactly."""
SCALE = 10**9
"""Sums are of whole billionths: in whatever order they are added, they are the same."""
MOST_VALUES = 100_000
"""Distinct values of a tally; one with more is given up, in whatever parts they came."""
MOST_NAMES = 20
GROWTH = 1.01
"""Ratio of the bounds of a bucket of a spread: a quantile is off by half of that, .5 %."""
REGISTERS = 1 << 14
"""Registers of a distinct count; its standard error is 1.04 / sqrt(registers), .8 %. Flajolet et al. 2007."""
FIRST = 1_000
"""Hashes that tell whether all are few."""
LEFT = 64 - 53
"""Bits of a whole number of 64 that a double has no room for."""
SPARSE = "few:"
"""Begins a sketch of which few registers are set: strata are many and small."""
SPARSE_ENTRY = [("place", ">u2"), ("rank", "u1")]
MOST_KEPT = 1 << 15
"""Distinct hashes that a thinned tally keeps at most, and about as many marks of drawn rows."""
MOST_DRAWN = 1_000_000
"""Size of all drawn rows together from which no further row is drawn."""


@dataclass(frozen=True)
class Part:
    """One part of a state.

    Args:
        kind: how it adds up: a ``count`` of what is true; a ``sum`` of numbers; a ``tally`` of how often each text occurs; a
            ``spread``, the tally of numbers in buckets whose bounds grow by one ratio; ``distinct``, a sketch of how many distinct
            hashes there are; ``names``, the first few texts by order; ``thinned``, a tally of hashes of which fewer are kept
            the more there are, each with its exact count; ``drawn``, the rows with the smallest hashes, with their sizes and marks.
        of: from an Arrow record batch to an array of what is gathered, null where a row has nothing to add. It is pickled.
            Of ``drawn`` it is handed a limit too: no row with a larger hash is asked for.
    """

    kind: Kind
    of: Callable[..., Any]

    def gather(self, batch: Any, known: Any = None) -> Any:
        """What the rows of one batch come to.

        Args:
            batch: the rows.
            known: what rows before them came to, to which these will be added: rows that would not be drawn then are not looked at.
        """
        if self.kind == "drawn" and known is not None:
            return GATHER[self.kind](self.of(batch, find_limit(known)))
        return GATHER[self.kind](self.of(batch))

    def merge(self, one: Any, other: Any) -> Any:
        """What two sets of rows come to together, none of them in both."""
        return MERGE[self.kind](one, other)


def merge_states(parts: Mapping[str, Part], one: State, other: State) -> dict[str, Any]:
    """The state of two sets of rows together."""
    return {name: part.merge(one[name], other[name]) for name, part in parts.items()}


def find_quantile(spread: Mapping[str, int], share: float) -> float | None:
    """The quantile of a spread, to half a percent; None where it is empty. What is not above zero counts as zero."""
    many, rank = sum(spread.values()), 0
    for bucket, count in sorted((_read_bucket(name), count) for name, count in spread.items()):
        rank += count
        if rank >= share * many:
            return 0.0 if bucket == -math.inf else 2 * GROWTH**bucket / (GROWTH + 1)
    return None


def estimate_distinct(registers: str) -> float:
    """How many distinct hashes the sketch has seen, as estimated from its registers."""
    import numpy as np

    ranks = np.bincount(_read_registers(registers)).tolist()
    alpha = 0.7213 / (1 + 1.079 / REGISTERS)
    empty = ranks[0]
    raw = alpha * REGISTERS**2 / sum(count * 2.0**-rank for rank, count in enumerate(ranks))
    return REGISTERS * math.log(REGISTERS / empty) if empty and raw <= 2.5 * REGISTERS else raw


def thin_tally(counts: Mapping[int, int], level: int = 0) -> State:
    """A tally of hashes, thinned: the counts of those whose last ``level`` bits are zero, the level being the least that will do.

    It follows from the hashes alone, so that it is the same in whatever parts they came. Gibbons 2001.
    """
    kept = {hash: count for hash, count in counts.items() if not hash & ((1 << level) - 1)}
    while len(kept) > MOST_KEPT:
        level += 1
        kept = {hash: count for hash, count in kept.items() if not hash & ((1 << level) - 1)}
    return {"level": level, "counts": {str(hash): kept[hash] for hash in sorted(kept)}}


def draw_rows(rows: Iterable[tuple[int, int, list[int]]], known: int = 0) -> State:
    """The rows with the smallest hashes, until their sizes reach ``MOST_DRAWN``; marks are thinned as these sizes grow.

    Args:
        rows: of each its hash, its size, and its marks: hashes, of which those whose last ``level`` bits are zero are kept.
        known: the level that all marks are known to be of.
    """
    drawn, size = [], 0
    for row in sorted(rows):
        if size >= MOST_DRAWN:
            break
        drawn.append(row)
        size += row[1]
    level = choose_level(size)
    return {"level": level, "rows": [list(row) for row in drawn] if level <= known else _thin_marks(drawn, level)}


def find_limit(drawn: State) -> int | None:
    """The hash above which no row will be drawn; None where any may be."""
    full = sum(size for _, size, _ in drawn["rows"]) >= MOST_DRAWN
    return int(drawn["rows"][-1][0]) if full else None


def choose_level(size: int) -> int:
    """How many of the last bits of a mark are zero, where rows of this size together are drawn; it never falls as they grow."""
    return max(0, (min(size, MOST_DRAWN) - 1) // MOST_KEPT).bit_length()


def _count(values: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(values).as_py() or 0)


def _sum(values: Any) -> int:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_integer(values.type):
        return SCALE * int(sum(values.drop_null().to_numpy(zero_copy_only=False).tolist()))
    numbers = values.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    return int(np.rint(numbers[np.isfinite(numbers)] * SCALE).astype(np.int64).sum())


def _tally(values: Any) -> dict[str, int] | None:
    counts = values.drop_null().value_counts()
    return None if len(counts) > MOST_VALUES else _read_counts(counts)


def _read_counts(counts: Any) -> dict[Any, int]:
    """What Arrow's ``value_counts`` found."""
    return dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True))


def _spread(values: Any) -> dict[str, int]:
    import numpy as np

    numbers = values.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    buckets = np.ceil(np.log(numbers[numbers > 0]) / math.log(GROWTH)).astype(np.int64)
    names, counts = np.unique(buckets, return_counts=True)
    found = {str(name): int(count) for name, count in zip(names.tolist(), counts.tolist(), strict=True)}
    none = int((numbers <= 0).sum())
    return {**found, "none": none} if none else found


def _read_bucket(name: str) -> float:
    return -math.inf if name == "none" else int(name)


def _sketch(hashes: Any) -> str:
    """Registers as text: of the hashes that begin with the number of each, the most zeros that follow, and 1."""
    import numpy as np
    import pyarrow.compute as pc

    known = hashes.drop_null()
    if 2 * len(pc.unique(known.slice(0, FIRST))) < min(FIRST, len(known)):  # the rest is most likely more of the same
        known = pc.unique(known)
    given = known.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
    bits = REGISTERS.bit_length() - 1
    rest = (given << np.uint64(bits)) | np.uint64(1 << (bits - 1))
    _, sizes = np.frexp((rest >> np.uint64(LEFT)).astype(np.float64))  # 53 bits, so that a double holds them
    ranks = (65 - LEFT - sizes).astype(np.uint8)
    registers = np.zeros(REGISTERS, np.uint8)
    np.maximum.at(registers, (given >> np.uint64(64 - bits)).astype(np.int64), ranks)
    return _write_registers(registers)


def _write_registers(registers: Any) -> str:
    """Registers as hexadecimal digits; where few are set, these alone: four digits for the number of each, two for its value."""
    import numpy as np

    held = np.flatnonzero(registers)
    if len(held) * np.dtype(SPARSE_ENTRY).itemsize >= REGISTERS:
        return str(registers.tobytes().hex())
    entries = np.empty(len(held), np.dtype(SPARSE_ENTRY))
    entries["place"], entries["rank"] = held, registers[held]
    return SPARSE + entries.tobytes().hex()


def _read_registers(text: str) -> Any:
    import numpy as np

    if not text.startswith(SPARSE):
        return np.frombuffer(bytes.fromhex(text), np.uint8)
    registers = np.zeros(REGISTERS, np.uint8)
    entries = np.frombuffer(bytes.fromhex(text.removeprefix(SPARSE)), np.dtype(SPARSE_ENTRY))
    registers[entries["place"]] = entries["rank"]
    return registers


def _list_names(values: Any) -> list[str]:
    return sorted(set(values.drop_null().to_pylist()))[:MOST_NAMES]


def _thin(values: Any) -> State:
    return thin_tally(_read_counts(values.drop_null().value_counts()))


def _draw(values: Any) -> State:
    return draw_rows((row["hash"], row["size"], row["marks"]) for row in values.drop_null().to_pylist())


def _merge_thinned(one: State, other: State) -> State:
    both = {int(hash): one["counts"].get(hash, 0) + other["counts"].get(hash, 0) for hash in {**one["counts"], **other["counts"]}}
    return thin_tally(both, max(one["level"], other["level"]))


def _thin_marks(rows: Iterable[Sequence[Any]], level: int) -> list[list[Any]]:
    return [[hash, size, [mark for mark in marks if not mark & ((1 << level) - 1)]] for hash, size, marks in rows]


def _merge_drawn(one: State, other: State) -> State:
    level = max(one["level"], other["level"])  # that of both together is no lower
    kept = [state["rows"] if state["level"] == level else _thin_marks(state["rows"], level) for state in (one, other)]
    return draw_rows(((hash, size, marks) for rows in kept for hash, size, marks in rows), level)


def _merge_tallies(one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> dict[str, int] | None:
    if one is None or other is None:
        return None
    both = {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
    return both if len(both) <= MOST_VALUES else None


def _merge_sketches(one: str, other: str) -> str:
    import numpy as np

    return _write_registers(np.maximum(_read_registers(one), _read_registers(other)))


GATHER: Mapping[Kind, Callable[[Any], Any]] = {
    "count": _count, "sum": _sum, "tally": _tally, "spread": _spread, "distinct": _sketch, "names": _list_names,
    "thinned": _thin, "drawn": _draw,
}  # fmt: skip
MERGE: Mapping[Kind, Callable[[Any, Any], Any]] = {
    "count": lambda one, other: one + other,
    "sum": lambda one, other: one + other,
    "tally": _merge_tallies,
    "spread": _merge_tallies,
    "distinct": _merge_sketches,
    "names": lambda one, other: sorted({*one, *other})[:MOST_NAMES],
    "thinned": _merge_thinned,
    "drawn": _merge_drawn,
}
