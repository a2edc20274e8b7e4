"""How an n-gram language model reads a text: the bits that it costs, word by word, as KenLM adds them up.

Tokens are words of the normal form ``resonance`` with every digit read as 0: case, accents and width make no other word, a Chinese
character is a word, and a number is told by its length. Punctuation parts words and costs nothing. A text begins and ends as a
sentence does; lines do not, since many texts are wrapped. Costs are whole numbers of 2^-20 bits, which add up alike everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers.features import PAIR, hash_pair
from resonance.curate.kernels.scorers.kneser_ney import BEGIN, END, UNKNOWN, Model
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, mix_plainly, spans
from resonance.curate.kernels.text.words import MOST_WORDS, PLANES, folds, next_word, word_hash, words

KIND = "perplexity"
SCALE = 1 << 20
"""Parts of a bit."""
MOST_COST = 2**31
LOAD = 0.75
"""The share of a table that is filled at most."""
HALF = 32

Numbers = NDArray[np.int64]
_SLOTS = types.Array(types.uint64, 2, "C", readonly=True)
_HALF, _LOW, _NONE = np.uint64(HALF), np.uint64(2**HALF - 1), np.uint64(0)
_BEGIN, _END, _UNKNOWN = (np.uint64(token) for token in (BEGIN, END, UNKNOWN))


def list_words_plainly(text: str) -> list[str]:
    """The words of a text as the model reads them."""
    return ["".join("0" if sign.isdecimal() else sign for sign in word) for word in words(text)]


def read_plainly(text: str, scorer: Scorer) -> tuple[int, int, int]:
    """The cost of a text, its words, and those of them that the model does not know; the definition of the kernel."""
    keys, costs, backoffs = (scorer.arrays[name].tolist() for name in ("keys", "costs", "backoffs"))
    held: Mapping[int, tuple[int, int]] = dict(zip(keys, zip(costs, backoffs, strict=True), strict=True))
    known = [word_hash(word) for word in list_words_plainly(text)]
    tokens = [BEGIN, *(token if token in held else UNKNOWN for token in known), END]
    total = 0
    for place in range(1, len(tokens)):
        first = max(place + 1 - scorer.about["order"], 0)
        while (key := join_tokens(tokens[first : place + 1])) not in held:  # back off to a shorter context
            total += held.get(join_tokens(tokens[first:place]), (0, 0))[1]
            first += 1
        total += held[key][0]
    return total, len(known), tokens.count(UNKNOWN)


def join_tokens(tokens: list[int]) -> int:
    """The number of an n-gram."""
    key = tokens[-1]
    for token in reversed(tokens[:-1]):
        key = mix_plainly((key * PAIR + token) % 2**64)
    return key


@cache
def fold_digits() -> NDArray[np.uint32]:
    """The table of the normal form with every digit folded to 0."""
    table = folds().copy()
    digits = [code for code in range(PLANES) if chr(code).isdecimal()]
    table[np.isin(table, np.array(digits, np.uint32))] = ord("0")
    return table


@compiled(types.int64(BYTES, types.int64, types.int64, CODES, types.uint64[::1]))
def list_tokens(data, at, end, table, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` with the words of one text; how many there are."""
    count = 0
    while True:
        now, at = next_word(data, at, end, table)
        if at < 0:
            return count
        found[count] = now
        count += 1


def read_tokens(texts: Any) -> list[NDArray[np.uint64]]:
    """The words of each text of an Arrow string array, as numbers."""
    data, starts, ends = spans(texts)
    room = np.empty(MOST_WORDS * int((ends - starts).max(initial=1)), np.uint64)
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        found.append(room[: list_tokens(data, start, end, fold_digits(), room)].copy())
    return found


def weigh_costs(model: Model) -> dict[str, NDArray[Any]]:
    """A model as arrays of a scorer, sorted by n-gram: costs in whole parts of a bit."""
    order = np.argsort(model.keys)
    costs = {"costs": model.probabilities, "backoffs": model.backoffs}
    with np.errstate(divide="ignore"):
        found = {name: np.minimum(np.rint(-np.log2(values[order]) * SCALE), MOST_COST) for name, values in costs.items()}
    return {"keys": model.keys[order].astype("<u8"), **{name: values.astype("<u4") for name, values in found.items()}}


@compiled(types.uint64(_SLOTS, types.uint64))
def find_gram(slots, key):  # type: ignore[no-untyped-def]
    """What the table holds for an n-gram: its cost and one above it, and the cost of backing off; 0 where it holds none."""
    mask = np.uint64(len(slots) - 1)
    at = key & mask
    while slots[at, 1] != _NONE:
        if slots[at, 0] == key:
            return slots[at, 1]
        at = (at + np.uint64(1)) & mask
    return _NONE


@compiled(types.void(types.uint64[::1], types.uint64[::1], types.uint64[:, ::1]))
def fill_slots(keys, values, slots):  # type: ignore[no-untyped-def]
    """Puts n-grams into an empty table, each into the first free place from its own on."""
    mask = np.uint64(len(slots) - 1)
    for i in range(len(keys)):
        at = keys[i] & mask
        while slots[at, 1] != _NONE:
            at = (at + np.uint64(1)) & mask
        slots[at, 0], slots[at, 1] = keys[i], values[i]


@lru_cache(maxsize=2)
def build_slots(scorer: Scorer) -> NDArray[np.uint64]:
    """The table of a model's n-grams."""
    keys, costs, backoffs = (scorer.arrays[name].astype(np.uint64) for name in ("keys", "costs", "backoffs"))
    slots = np.zeros((1 << int(np.ceil(np.log2(len(keys) / LOAD + 1))), 2), np.uint64)
    fill_slots(keys, (costs + np.uint64(1)) << _HALF | backoffs, slots)
    return slots


@compiled(
    types.int64(_SLOTS, types.uint64, types.int64, types.int64, types.uint64[::1], types.int64[::1], types.int64[::1]),
)
def cost_token(slots, token, order, matched, history, before, now):  # type: ignore[no-untyped-def]
    """The cost of a token after others, doubled, and 1 more where the model does not know it; ``now[0]`` tells how many matched.

    ``history`` holds the tokens before it, the last first, ``before`` the costs of backing off from the last 1, 2, … ``matched`` of
    them; ``now`` is filled with those that the next token needs.
    """
    unknown = np.int64(0)
    held = find_gram(slots, token)
    if held == _NONE:
        unknown, token = np.int64(1), _UNKNOWN
        held = find_gram(slots, token)
    key, length = token, 1
    now[1] = np.int64(held & _LOW)
    while length < order and length <= matched:
        longer = hash_pair(key, history[length - 1])
        found = find_gram(slots, longer)
        if found == _NONE:
            break
        key, held = longer, found
        length += 1
        now[length] = np.int64(held & _LOW)
    total = np.int64(held >> _HALF) - 1
    for size in range(length, matched + 1):
        total += before[size]
    now[0] = min(length, order - 1)
    for place in range(order - 1, 0, -1):
        history[place] = history[place - 1]
    history[0] = token
    return 2 * total + unknown


@compiled(
    types.void(
        *(BYTES, POSITIONS, POSITIONS, CODES, _SLOTS, types.int64),
        *(types.uint64[::1], types.int64[::1], types.int64[::1], types.int64[:, ::1]),
    )
)
def add_costs(data, starts, ends, table, slots, order, history, before, now, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text: cost, words and unknown words; the arrays before it have room for ``order`` tokens and one."""
    first = np.int64(find_gram(slots, _BEGIN) & _LOW)
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        history[0], before[1], matched = _BEGIN, first, min(np.int64(1), order - 1)
        while at >= 0:
            token, at = next_word(data, at, end, table)
            if at < 0:
                token = _END
            cost = cost_token(slots, token, order, matched, history, before, now)
            found[row, 0] += cost >> 1
            found[row, 1] += at >= 0
            found[row, 2] += cost & 1
            matched = now[0]
            for size in range(1, matched + 1):
                before[size] = now[size]


def read(texts: Any, scorer: Scorer) -> Numbers:
    """Cost, words and unknown words of each text of an Arrow string array."""
    data, starts, ends = spans(texts)
    order = int(scorer.about["order"])
    found = np.zeros((len(starts), 3), np.int64)
    rooms = (np.zeros(order + 1, np.uint64), np.zeros(order + 1, np.int64), np.zeros(order + 1, np.int64))
    add_costs(data, starts, ends, fold_digits(), build_slots(scorer), order, *rooms, found)
    return found
