"""Evaluation items as arrays in which texts look them up: runs of words, whole short items, seeds of letters.

An item of 13 words or 30 characters (weight ``FULL``) is known by each of its runs of that weight, and by seeds: eight letters in
a row, at most ``SEEDS`` an item, those that fewest items have. A shorter item is known by its first run of weight ``PART``
(eight words), and one that is shorter still by its whole.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.contamination.passages import LONGEST, WORD, Passages, fold_texts, powers, runs, weights_plainly
from resonance.curate.kernels.duplicates.minhash import STEP
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.entities import decode, decode_plainly
from resonance.curate.kernels.text.lookup import Lookup, lookup
from resonance.curate.kernels.text.scan import CODES, mix, mix_plainly
from resonance.curate.kernels.text.shown import show, show_plainly

FULL = 390
"""13 words, or 30 characters of a script without spaces."""
PART = 240
"""Eight words, the shortest n-gram by which GPT-3's authors looked for overlap (Brown et al. 2020, appendix C)."""
SEED, SEEDS, FEWEST = 8, 64, 16
"""Letters of a seed, and seeds of an item: at most, and so few that common ones are taken too."""
COMMON = 8
"""A seed that stands in more places of the registry tells little of where to look: only items that have no others keep those."""
NAMED = 64
"""Items that a run of words names, of those that share it: the first."""
FUZZY_LETTERS = 30
"""Items of fewer letters have too few 5-grams to be recognised by four of ten."""

INT = types.int64
_STEP = np.uint64(STEP)


class Index(NamedTuple):
    """Texts of evaluation items by number: three lookups, the letters and hashes of words to hold a text against, and the item."""

    runs: Lookup
    wholes: Lookup
    seeds: Lookup
    letters: NDArray[np.uint32]
    letter_bounds: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    word_bounds: NDArray[np.int64]
    items: NDArray[np.int32]

    def save(self, folder: Path) -> None:
        """One file for each array, which every process of a machine maps into the same memory.

        NumPy moves about in a file that it knows to be one; volumes of a platform refuse that.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in self._asdict().items():
            for field, array in value._asdict().items() if isinstance(value, Lookup) else [("", value)]:
                with (folder / f"{name}-{field}.npy").open("wb") as file:
                    np.save(SimpleNamespace(write=file.write), array)

    @classmethod
    def load(cls, folder: Path) -> Index:
        """What ``save`` wrote."""

        def array(name: str, field: str = "") -> Any:
            return np.asarray(np.load(folder / f"{name}-{field}.npy", mmap_mode="r"))

        lookups = [Lookup(*(array(name, field) for field in Lookup._fields)) for name in cls._fields[:3]]
        return cls(*lookups, *map(array, cls._fields[3:]))  # type: ignore[arg-type]


def read_plainly(text: str) -> list[str]:
    """A text as it stands, its entities as characters, and as it is shown where that is another one."""
    plain = decode_plainly(text)
    return list(dict.fromkeys((plain, show_plainly(plain))))


def kind_plainly(text: str) -> str:
    """How an item is looked for: by runs of ``words`` or ``characters``, or ``exact`` since it is short; empty for no word."""
    weights = weights_plainly(decode_plainly(text))
    if not weights:
        return ""
    words = sum(weight for weight in weights if weight == WORD)
    return "exact" if sum(weights) < FULL else "words" if 2 * words >= sum(weights) else "characters"


def seeds_plainly(letters: str) -> list[int]:
    """The hash of each eight letters in a row; the definition that the kernel is held to."""
    pieces = (letters[i : i + SEED] for i in range(len(letters) - SEED + 1))
    return [mix_plainly(sum((ord(c) + 1) * STEP ** (SEED - 1 - i) for i, c in enumerate(piece)) % 2**64) for piece in pieces]


@compiled(INT(CODES, INT, INT, types.uint64[::1]))
def seeds(letters, first, last, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` with the hash of each eight letters in a row of ``letters[first:last]``; how many there are."""
    oldest, rolled, count = np.uint64(1), np.uint64(0), 0
    for _ in range(SEED):
        oldest *= _STEP
    for at in range(first, last):
        rolled = rolled * _STEP + np.uint64(letters[at]) + np.uint64(1)
        if at - first >= SEED:
            rolled -= (np.uint64(letters[at - SEED]) + np.uint64(1)) * oldest
        if at - first >= SEED - 1:
            found[count] = mix(rolled)
            count += 1
    return count


def index(texts: Any, numbers: NDArray[np.int32] | None = None) -> Index:
    """The index of the items whose texts an Arrow string array holds, each as it stands and as it is shown.

    Args:
        texts: of items.
        numbers: the item of each text, where an item has several; else a text's place.
    """
    plain = decode(texts)
    places, shown = show(plain)
    numbers = np.arange(len(plain), dtype=np.int32) if numbers is None else numbers
    items = fold_texts(pa.concat_arrays([plain, shown]))
    sizes = np.diff(items.word_bounds)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    full = np.bincount(owner, items.weights, len(sizes)) >= FULL
    known = [_runs(items, number, FULL) for number in np.flatnonzero(full).tolist()]
    first = [(number, *_runs(items, number, PART)) for number in np.flatnonzero(~full & (sizes > 0)).tolist()]
    keys = [np.unique(hashes) for hashes, _ in known]
    values = np.repeat(np.flatnonzero(full), [len(k) for k in keys]).astype(np.int32)
    return Index(
        lookup(_join_parts(keys), values, np.zeros(len(values), np.int32), NAMED),
        lookup(
            np.array([hashes[0] for _, hashes, _ in first], np.uint64),
            np.array([number for number, _, _ in first], np.int32),
            np.array([ends[0] for _, _, ends in first], np.int32),
        ),
        lookup(*_seeds(items, np.flatnonzero(full))),
        items.letters,
        items.letter_bounds,
        items.hashes,
        items.word_bounds,
        np.concatenate([numbers, numbers[places]]),
    )


def _runs(items: Passages, number: int, least: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    first, last = items.word_bounds[number : number + 2]
    found, ends = np.empty(last - first, np.uint64), np.empty(last - first, np.int32)
    count, _ = runs(items.hashes, items.weights, first, last, least, powers(LONGEST), found, ends)
    return found[:count], ends[:count]


def _seeds(items: Passages, full: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32]]:
    """Hash, item and place of each item's seeds."""
    bounds = items.letter_bounds
    long = full[bounds[full + 1] - bounds[full] >= FUZZY_LETTERS]
    sizes = bounds[long + 1] - bounds[long] - SEED + 1
    ends = np.cumsum(sizes)
    hashes = np.empty(int(sizes.sum()), np.uint64)
    for number, end, size in zip(long.tolist(), ends.tolist(), sizes.tolist(), strict=True):
        seeds(items.letters, bounds[number], bounds[number + 1], hashes[end - size : end])
    _, same, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    common, owner = counts[same], np.repeat(np.arange(len(long)), sizes)
    order = np.lexsort((hashes, common, owner))
    rank = np.arange(len(order)) - np.repeat(ends - sizes, sizes)
    rare = common[order] <= COMMON
    poor = np.bincount(owner[order], rare, len(long)) < np.minimum(sizes, FEWEST)
    chosen = np.sort(order[(rank < SEEDS) & (rare | poor[owner[order]])])
    places = chosen - (ends - sizes)[owner[chosen]]
    return hashes[chosen], long[owner[chosen]].astype(np.int32), places.astype(np.int32)


def _join_parts(parts: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    return np.concatenate([np.empty(0, np.uint64), *parts])


def weigh_items(texts: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The weight of each text of an Arrow string array, and its words; a letter of a script without spaces is one."""
    items = fold_texts(decode(texts))
    words = np.diff(items.word_bounds)
    return np.bincount(np.repeat(np.arange(len(texts)), words), items.weights, len(texts)), words


def kinds(texts: Any) -> list[str]:
    """``kind_plainly`` of each text of an Arrow string array."""
    items = fold_texts(decode(texts))
    owner = np.repeat(np.arange(len(texts)), np.diff(items.word_bounds))
    whole = np.bincount(owner, items.weights, len(texts))
    words = np.bincount(owner, items.weights * (items.weights == WORD), len(texts))
    named = np.where(2 * words >= whole, "words", "characters")
    found: list[str] = np.where(whole == 0, "", np.where(whole < FULL, "exact", named)).tolist()
    return found
