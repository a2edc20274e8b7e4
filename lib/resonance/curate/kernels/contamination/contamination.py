"""Which evaluation items texts hold, over the UTF-8 Arrow buffer: by shared runs of words, whole, or nearly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.contamination.containment import ROOM, containment, containment_plainly, room
from resonance.curate.kernels.contamination.evaluation_index import (
    FULL,
    FUZZY_LETTERS,
    PART,
    SEED,
    SEEDS,
    Index,
    read_plainly,
    seeds,
)
from resonance.curate.kernels.contamination.passages import (
    HASHES,
    LONGEST,
    fold_text,
    letters_plainly,
    most,
    powers,
    runs,
    runs_plainly,
    weights_plainly,
)
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.entities import decode
from resonance.curate.kernels.text.lookup import LOOKUP, find
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, spans
from resonance.curate.kernels.text.shown import show
from resonance.curate.kernels.text.words import folds, words

METHODS = ("ngram", "exact", "fuzzy")

FEW = 16
"""One seed of so many must stand at about the same place for an item to be looked for there."""

INT = types.int64
BOUNDS = types.Array(types.int64, 1, "C", readonly=True)
HITS = types.int64[::1]
FOUND = types.Tuple((types.int64[::1], types.int32[::1], types.uint8[::1], types.float64[::1]))  # type: ignore[no-untyped-call]
WORK = types.Tuple((types.uint32[::1], types.uint64[::1], types.uint8[::1], types.uint64[::1], types.int32[::1]))  # type: ignore[no-untyped-call]
ITEMS = types.Tuple((CODES, BOUNDS, HASHES, BOUNDS))  # type: ignore[no-untyped-call]
_ZERO = 1 << 30
"""Added to where an item would begin in a text, which may be before the text does."""


class Found(NamedTuple):
    """A row for each text and item that it holds: which method says so (by its place in ``METHODS``) and what it measured."""

    rows: NDArray[np.int64]
    items: NDArray[np.int32]
    methods: NDArray[np.uint8]
    values: NDArray[np.float64]


def hits_plainly(items: Sequence[str], text: str, least: float) -> dict[int, tuple[str, float]]:
    """Method and value by number of each item that ``text`` holds, the first of ``METHODS`` that says so, and its greatest value.

    Both are read as they stand, and as they are shown where that is another text: each is held against each.
    """
    texts, found = read_plainly(text), {}
    for number, item in enumerate(items):
        hits = [hit for asked in read_plainly(item) for held in texts if (hit := _hit_plainly(asked, held, least))]
        if hits:
            found[number] = min(hits, key=lambda hit: (METHODS.index(hit[0]), -hit[1]))
    return found


def _hit_plainly(item: str, text: str, least: float) -> tuple[str, float] | None:
    """Method and value of an item that ``text`` holds.

    ngram: how many runs of 13 words or 30 characters of the text are runs of the item. exact, of items shorter than that: how
    often all of the item's words stand in the text one after another; an item of less than eight words (or 19 characters) must
    be the whole text. fuzzy: the largest share of the item's 5-grams in a stretch of its length, from ``least`` on; the kernel
    looks where a seed of the item stands, and at windows that begin within a quarter of the item's length from where the seed has
    it begin.
    """
    held, wanted, weight = words(text), words(item), sum(weights_plainly(item))
    if weight < FULL:
        starts = range(len(held) - len(wanted) + 1)
        count = int(held == wanted) if weight < PART else sum(held[i : i + len(wanted)] == wanted for i in starts)
        return ("exact", float(count)) if wanted and count else None
    known = set(runs_plainly(item, FULL).values()) if sum(weights_plainly(text)) >= FULL else set()
    if count := sum(run in known for run in runs_plainly(text, FULL).values()):
        return "ngram", float(count)
    letters = letters_plainly(item)
    value = containment_plainly(letters, letters_plainly(text)) if len(letters) >= FUZZY_LETTERS else 0.0
    return ("fuzzy", value) if value >= least else None


@compiled(HITS(HITS, INT, INT), allocates=True)
def put(hits, count, value):  # type: ignore[no-untyped-def]
    """``hits`` with ``value`` at ``count``; twice as long where it was full."""
    if count == len(hits):
        longer = np.empty(2 * count, np.int64)
        longer[:count] = hits
        hits = longer
    hits[count] = value
    return hits


@compiled(FOUND(FOUND, INT, INT, INT, INT, types.float64), allocates=True)
def tell(found, count, row, item, method, value):  # type: ignore[no-untyped-def]
    """``found`` with one more row at ``count``; twice as long where it was full."""
    rows, items, methods, values = found
    if count == len(rows):
        more = 2 * count
        longer = np.empty(more, np.int64), np.empty(more, np.int32), np.empty(more, np.uint8), np.empty(more, np.float64)
        longer[0][:count], longer[1][:count], longer[2][:count], longer[3][:count] = rows, items, methods, values
        rows, items, methods, values = longer
    rows[count], items[count], methods[count], values[count] = row, item, method, value
    return rows, items, methods, values


@compiled(types.Tuple((HITS, INT))(HITS, LOOKUP, INT, types.uint64[::1], INT), allocates=True)  # type: ignore[no-untyped-call]
def run_hits(hits, held, bits, found, count):  # type: ignore[no-untyped-def]
    """The item of each run that is an item's, in ``hits``, and how many."""
    size = 0
    for i in range(count):
        first, last = find(held, bits, found[i])
        for at in range(first, last):
            hits = put(hits, size, held[1][at])
            size += 1
    return hits, size


@compiled(types.Tuple((HITS, INT))(HITS, LOOKUP, INT, WORK, INT, INT, INT, ITEMS), allocates=True)  # type: ignore[no-untyped-call]
def whole_hits(hits, held, bits, work, runs_found, count, whole, items):  # type: ignore[no-untyped-def]
    """Each short item whose words stand in the text one after another, in ``hits``, and how many."""
    _, hashes, _, found, ends = work
    _, _, wanted, bounds = items
    size = 0
    for i in range(runs_found):
        first, last = find(held, bits, found[i])
        for at in range(first, last):
            item, start = held[1][at], ends[i] - held[2][at]
            begin, long = bounds[item], bounds[item + 1] - bounds[item]
            same = start >= 0 and (long == count if whole < PART else start + long <= count)
            word = 0
            while same and word < long:
                same = hashes[start + word] == wanted[begin + word]
                word += 1
            if same:
                hits = put(hits, size, item)
                size += 1
    return hits, size


@compiled(types.Tuple((HITS, INT))(HITS, LOOKUP, INT, CODES, INT), allocates=True)  # type: ignore[no-untyped-call]
def seed_hits(hits, held, bits, letters, count):  # type: ignore[no-untyped-def]
    """Item and beginning, as one number, of each place where a seed says that an item may stand; and how many."""
    size, block = 0, np.empty(4096, np.uint64)
    step = len(block)
    for start in range(0, count, step):
        found = seeds(letters, start, min(start + step + SEED - 1, count), block)
        for i in range(found):
            first, last = find(held, bits, block[i])
            for at in range(first, last):
                hits = put(hits, size, (np.int64(held[1][at]) << 32) + start + i - held[2][at] + _ZERO)
                size += 1
    return hits, size


@compiled(types.Tuple((FOUND, INT))(FOUND, INT, INT, INT, HITS, INT), allocates=True)  # type: ignore[no-untyped-call]
def tell_counts(found, told, row, method, hits, size):  # type: ignore[no-untyped-def]
    """``found`` with a row for each item in ``hits``, in their order, and how often it is there."""
    ordered = np.sort(hits[:size])
    first = 0
    for i in range(size):
        if i + 1 == size or ordered[i + 1] != ordered[i]:
            found = tell(found, told, row, ordered[i], method, i + 1 - first)
            first, told = i + 1, told + 1
    return found, told


@compiled(types.Tuple((FOUND, INT))(FOUND, INT, INT, INT, HITS, INT, CODES, INT, ITEMS, ROOM, types.float64), allocates=True)  # type: ignore[no-untyped-call]
def tell_fuzzy(found, told, known, row, hits, size, letters, count, items, held, least):  # type: ignore[no-untyped-def]
    """``found`` with a row for each item in ``hits`` that the text nearly holds, but for those told from ``known`` on."""
    ordered = np.sort(hits[:size])
    before, most, at = told, 0.0, 0
    while at < size:
        item, first = ordered[at] >> 32, at
        begin, end = items[1][item], items[1][item + 1]
        wide = end - begin
        at += 1
        while at < size and ordered[at] >> 32 == item and ordered[at] - ordered[at - 1] <= wide // 8:
            at += 1
        new = at - first >= min(wide - SEED + 1, SEEDS) // FEW
        for i in range(known, before):
            new = new and found[1][i] != item
        if new:
            start = (ordered[first] & 0xFFFFFFFF) - _ZERO - wide // 4
            stop = (ordered[at - 1] & 0xFFFFFFFF) - _ZERO + wide + wide // 4
            most = max(most, containment(items[0], begin, end, letters, max(start, 0), min(stop, count), held))
        if at == size or ordered[at] >> 32 != item:
            if most >= least:
                found = tell(found, told, row, item, 2, most)
                told += 1
            most = 0.0
    return found, told


@compiled(
    types.Tuple((FOUND, INT))(BYTES, POSITIONS, POSITIONS, CODES, LOOKUP, LOOKUP, LOOKUP, BOUNDS, ITEMS, ROOM, WORK, types.float64),  # type: ignore[no-untyped-call]
    allocates=True,
)
def look(data, starts, ends, table, of_runs, of_wholes, of_seeds, bits, items, held, work, least):  # type: ignore[no-untyped-def]
    """``Found`` of texts, and how many of its rows are filled; a text's rows come method by method, item by item."""
    letters, hashes, weights, found_runs, run_ends = work
    power, hits, told = powers(LONGEST), np.empty(64, np.int64), 0
    found = (np.empty(64, np.int64), np.empty(64, np.int32), np.empty(64, np.uint8), np.empty(64, np.float64))
    for row in range(len(starts)):
        known = told
        n_letters, count = fold_text(data, starts[row], ends[row], table, letters, hashes, weights)
        n_runs, whole = runs(hashes, weights, 0, count, FULL, power, found_runs, run_ends)
        if whole >= FULL and len(of_runs[0]):
            hits, size = run_hits(hits, of_runs, bits[0], found_runs, n_runs)
            found, told = tell_counts(found, told, row, 0, hits, size)
        if len(of_wholes[0]):
            n_runs, whole = runs(hashes, weights, 0, count, PART, power, found_runs, run_ends)
            hits, size = whole_hits(hits, of_wholes, bits[1], work, n_runs, count, whole, items)
            found, told = tell_counts(found, told, row, 1, hits, size)
        if len(of_seeds[0]):
            hits, size = seed_hits(hits, of_seeds, bits[2], letters, n_letters)
            found, told = tell_fuzzy(found, told, known, row, hits, size, letters, n_letters, items, held, least)
    return found, told


def hits(texts: Any, index: Index, least: float) -> Found:
    """Which items each text of an Arrow string array holds; none for a null. Rows come text by text, item by item.

    Memory: 4 bytes for each letter of the longest text, and 21 for each word.
    """
    plain = decode(texts)
    places, shown = show(plain)
    found = _look(plain, index, least)
    if len(places):
        more = _look(shown, index, least)
        rows = np.concatenate([found.rows, places[more.rows]])
        found = Found(rows, *(np.concatenate([found[place], more[place]]) for place in range(1, len(found))))
    return _keep_first(found._replace(items=index.items[found.items]))


def _look(texts: Any, index: Index, least: float) -> Found:
    """Which texts of items each text holds, as both stand there."""
    data, starts, ends = spans(texts)
    letters, words = most(data, starts, ends, folds())
    work = (*_empty(letters, np.uint32), *_empty(words, np.uint64, np.uint8, np.uint64, np.int32))
    bits = np.array([(len(held.heads) - 1).bit_length() - 1 for held in index[:3]], np.int64)
    items = (index.letters, index.letter_bounds, index.hashes, index.word_bounds)
    longest = int(np.diff(index.letter_bounds).max(initial=0))
    lookups = [tuple(held) for held in index[:3]]
    found, told = look(data, starts, ends, folds(), *lookups, bits, items, tuple(room(longest)), work, least)
    return Found(*(array[:told] for array in found))


def _keep_first(found: Found) -> Found:
    """One row for each text and item: of the first method, and there the greatest value."""
    order = np.lexsort((-found.values, found.methods, found.items, found.rows))
    same = (np.diff(found.rows[order]) == 0) & (np.diff(found.items[order]) == 0)
    first = order[np.append(True, ~same)[: len(order)]]
    return Found(*(array[first] for array in found))


def _empty(size: int, *kinds: Any) -> list[Any]:
    return [np.empty(size, kind) for kind in kinds]
