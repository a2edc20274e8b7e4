"""English words and sentences over UTF-8 bytes: the compiled form of ``kernels/english/english.py``, token for token.

Every function works on positions in the buffer; a token is where it starts and ends. Work grows with the bytes read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.english.affixes import infix, prefix, suffix
from resonance.curate.kernels.english.english_tables import (
    BIT,
    CASE_SIZES,
    CASES,
    CHILDREN,
    DIGITS,
    KINDS,
    MARKS,
    OPENINGS,
    PHRASES,
    PIECE_STARTS,
    PIECES,
    SPACES,
    STORE,
    TOKENS,
    WIDTH,
    find,
    tables,
)
from resonance.curate.kernels.english.urls import is_url
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, spans

INT = types.int64
LONGEST_PHRASE = 16

_SPACE, _PLAIN, _SUFFIX = (np.uint32(BIT[name]) for name in ("SPACE", "PLAIN", "SUFFIX"))
_MAY_OPEN, _MAY_CLOSE = (np.uint32(BIT[name]) for name in ("MAY_OPEN", "MAY_CLOSE"))
_PUNCTUATION, _SENTENCE_END = (np.uint32(BIT[name]) for name in ("PUNCTUATION", "SENTENCE_END"))
_DOT, _BLANK = ord("."), ord(" ")
_SEEN_DIGIT = 1 << DIGITS


@compiled(types.int64(INT, INT, STORE, POSITIONS, POSITIONS, INT))
def push_case(case, start, store, starts, ends, count):  # type: ignore[no-untyped-def]
    """Adds the tokens of a special case; how many tokens there are then."""
    first = store[PIECE_STARTS] + case
    for i in range(store[first], store[first + 1]):
        starts[count], ends[count] = start, start + store[store[PIECES] + i]
        start += store[store[PIECES] + i]
        count += 1
    return count


@compiled(types.int64(BYTES, INT, INT, CODES, STORE, POSITIONS, POSITIONS, INT))
def core(data, start, end, flags, store, starts, ends, count):  # type: ignore[no-untyped-def]
    """Adds the tokens of what affixes left of a chunk; how many tokens there are then."""
    if start >= end:
        return count
    case = find(data, start, end, store, CASES)
    if case >= 0:
        return push_case(case, start, store, starts, ends, count)
    dotted = False
    for i in range(start, end):
        dotted = dotted or data[i] == _DOT
    at, open_at = start, start
    if not dotted or not is_url(data, start, end, flags):
        while at < end:
            size = infix(data, start, at, end, flags) if store[KINDS + data[at]] > DIGITS else np.int64(0)
            if size > 0 and at > start:
                if open_at < at:
                    starts[count], ends[count] = open_at, at
                    count += 1
                starts[count], ends[count] = at, at + size
                count += 1
                open_at = at + size
            if size > 0:
                at += size
            else:
                _, at = code_point(data, at, end)
    if open_at < end:
        starts[count], ends[count] = open_at, end
        count += 1
    return count


@compiled(types.int64(BYTES, INT, INT, CODES, STORE, POSITIONS, POSITIONS, POSITIONS, INT))
def split(data, start, end, flags, store, edges, starts, ends, count):  # type: ignore[no-untyped-def]
    """Adds the tokens of one chunk; how many tokens there are then. ``edges`` is room for the suffixes."""
    held, last = 0, np.int64(-1)
    while start < end and end - start != last:
        if find(data, start, end, store, CASES) >= 0:
            break
        last = end - start
        front = prefix(data, start, end, flags) if flags[data[start]] & _MAY_OPEN else np.int64(0)
        bare = front > 0 and find(data, start + front, end, store, CASES) >= 0
        back = np.int64(0)
        if not bare and flags[data[end - 1]] & _MAY_CLOSE:
            back = suffix(data, start + front, end, flags, store)
        if back > 0 and find(data, start, end - back, store, CASES) >= 0:
            front, bare = np.int64(0), True
        if front > 0:
            starts[count], ends[count] = start, start + front
            start += front
            count += 1
        if back > 0:
            edges[held] = end
            end -= back
            held += 1
        if bare:
            break
    count = core(data, start, end, flags, store, starts, ends, count)
    for i in range(held - 1, -1, -1):
        starts[count], ends[count] = end, edges[i]
        end = edges[i]
        count += 1
    return count


@compiled(types.boolean(BYTES, INT, INT))
def next_to(data, end, start):  # type: ignore[no-untyped-def]
    """Whether two tokens are neighbours to the rules: nothing, or one blank, between them."""
    return end == start or (end + 1 == start and data[end] == _BLANK)


@compiled(types.int64(BYTES, STORE, POSITIONS, POSITIONS, INT, INT))
def follow(data, store, starts, ends, at, count):  # type: ignore[no-untyped-def]
    """Up to where the tokens from ``at`` on may spell a phrase."""
    node, i = np.int64(0), at
    while i < count and (i == at or next_to(data, ends[i - 1], starts[i])):
        known = find(data, starts[i], ends[i], store, TOKENS)
        if known < 0:
            break
        node = store[store[CHILDREN] + node * store[WIDTH] + known]
        if node < 0:
            break
        i += 1
    return i


@compiled(types.boolean(BYTES, STORE, POSITIONS, POSITIONS, INT, INT))
def goes_on(data, store, starts, ends, at, count):  # type: ignore[no-untyped-def]
    """Whether a token that may open a phrase has a neighbour that phrases know: the quicker of two questions, and mostly no."""
    if at + 1 >= count or not next_to(data, ends[at], starts[at + 1]):
        return False
    return find(data, starts[at + 1], ends[at + 1], store, TOKENS) >= 0


@compiled(types.UniTuple(INT, 3)(BYTES, STORE, POSITIONS, POSITIONS, INT, INT, INT, INT), allocates=True)  # type: ignore[no-untyped-call]
def settle(data, store, starts, ends, at, run, out, count):  # type: ignore[no-untyped-def]
    """Copies the tokens from ``at`` to ``run`` to ``out``, phrases replaced: the longest first, then the first.

    A phrase over a blank spells nothing, and yet keeps its tokens from others. Returns where the copy ends, where the tokens
    that were not looked at start, and how many tokens there are: few phrases give more tokens than they had.
    """
    size = run - at
    longest = np.zeros((size, min(size, LONGEST_PHRASE)), np.int16)  # 1 + special case by start and length, 0 for none
    for i in range(size):
        node, j = np.int64(0), i
        while j < size and j - i < longest.shape[1]:
            known = find(data, starts[at + j], ends[at + j], store, TOKENS)
            node = store[store[CHILDREN] + node * store[WIDTH] + known] if known >= 0 else np.int64(-1)
            if node < 0:
                break
            longest[i, j - i] = store[store[PHRASES] + node] + 1
            j += 1
    taken = np.zeros(size, np.bool_)
    chosen = np.zeros(size, np.int64)  # length of the phrase that starts here
    for span in range(longest.shape[1], 0, -1):
        for i in range(size - span + 1):
            if longest[i, span - 1] == 0:
                continue
            touching = True
            for j in range(i + 1, i + span):
                touching = touching and ends[at + j - 1] == starts[at + j]
            if touching and not taken[i] and not taken[i + span - 1]:
                chosen[i] = span
            taken[i : i + span] = True
    i = 0
    while i < size:
        if chosen[i]:
            case = np.int64(longest[i, chosen[i] - 1]) - 1
            first = store[PIECE_STARTS] + case
            rest = at + i + chosen[i]
            more = out + store[first + 1] - store[first] - rest
            if more > 0:
                for j in range(count - 1, rest - 1, -1):
                    starts[j + more], ends[j + more] = starts[j], ends[j]
                at, count = at + more, count + more
            out = push_case(case, starts[at + i - max(more, 0)], store, starts, ends, out)
            i += chosen[i]
        else:
            starts[out], ends[out] = starts[at + i], ends[at + i]
            out += 1
            i += 1
    return out, at + size, count


@compiled(types.int64(BYTES, STORE, POSITIONS, POSITIONS, INT))
def put_together(data, store, starts, ends, count):  # type: ignore[no-untyped-def]
    """Puts special cases in place of the tokens that spell them; how many tokens there are then."""
    out, at, moved = 0, 0, False
    while at < count:
        size = ends[at] - starts[at]
        opens = size < 63 and (store[OPENINGS + data[starts[at]]] >> size) & 1 != 0
        reach = follow(data, store, starts, ends, at, count) if opens and goes_on(data, store, starts, ends, at, count) else at
        if reach - at <= 1:
            if moved:
                starts[out], ends[out] = starts[at], ends[at]
            out += 1
            at += 1
            continue
        run = at + 1
        while run < reach:
            reach = max(reach, follow(data, store, starts, ends, run, count))
            run += 1
        out, at, count = settle(data, store, starts, ends, at, reach, out, count)
        moved = moved or out != at
    return out


@compiled(types.int64(BYTES, INT, INT, STORE, POSITIONS, POSITIONS, INT))
def push(data, start, end, store, starts, ends, count):  # type: ignore[no-untyped-def]
    """Adds a chunk that no affix can be cut from; how many tokens there are then."""
    case = find(data, start, end, store, CASES)
    if case >= 0:
        return push_case(case, start, store, starts, ends, count)
    starts[count], ends[count] = start, end
    return count + 1


@compiled(types.boolean(BYTES, INT, INT, CODES, STORE))
def closes(data, start, end, flags, store):  # type: ignore[no-untyped-def]
    """Whether a chunk of letters and one mark is letters and a suffix of one character."""
    mark = np.int64(data[end - 1])
    if end - start < 2 or store[KINDS + mark] != MARKS or find(data, start, end, store, CASES) >= 0:
        return False
    if mark == _DOT:
        return suffix(data, start, end, flags, store) == 1
    return (flags[mark] & _SUFFIX) != 0


@compiled(types.int64(BYTES, INT, INT, CODES, STORE, POSITIONS, POSITIONS, POSITIONS))
def tokenize(data, start, end, flags, store, edges, starts, ends):  # type: ignore[no-untyped-def]
    """Fills ``starts`` and ``ends`` with the tokens that are no white space; how many there are."""
    count, at = 0, start
    while at < end:
        kind = store[KINDS + data[at]]
        if kind == SPACES:
            at += 1
            continue
        first, seen, marks, plain = at, np.int64(0), np.int64(0), True
        while at < end:
            kind = store[KINDS + data[at]]
            if kind < SPACES:  # no branch asks which: no processor can foresee it
                seen |= np.int64(1) << kind
                marks += kind == MARKS
                at += 1
            elif kind == SPACES:
                break
            else:
                code, after = code_point(data, at, end)
                if flags[code] & _SPACE:
                    break
                seen |= np.int64(1) << kind
                plain = plain and (flags[code] & _PLAIN) != 0
                at = after
        plain = plain and seen & _SEEN_DIGIT == 0
        if first == at:
            _, at = code_point(data, at, end)  # white space beyond ASCII
            continue
        if (plain or seen == _SEEN_DIGIT) and marks == 0:
            size = at - first
            if size < 63 and (store[CASE_SIZES + data[first]] >> size) & 1:
                count = push(data, first, at, store, starts, ends, count)
            else:
                starts[count], ends[count] = first, at
                count += 1
        elif plain and marks == 1 and closes(data, first, at, flags, store):  # by far the commonest: a word and a mark
            count = push(data, first, at - 1, store, starts, ends, count)
            starts[count], ends[count] = at - 1, at
            count += 1
        else:
            count = split(data, first, at, flags, store, edges, starts, ends, count)
    return put_together(data, store, starts, ends, count)


@compiled(types.int64(BYTES, INT, INT, CODES, POSITIONS, POSITIONS, INT, INT))
def sentences(data, low, high, flags, starts, ends, first, last):  # type: ignore[no-untyped-def]
    """Sentences of the region from ``low`` to ``high``, whose tokens are those from ``first`` to ``last``."""
    if low >= high:
        return np.int64(0)
    count, ended, before = np.int64(1), False, low
    for i in range(first, last):
        if ended and not next_to(data, before, starts[i]):  # more white space than a blank is a token of its own
            count, ended = count + 1, False
        code, after = code_point(data, starts[i], ends[i])
        if after == ends[i] and flags[code] & _SENTENCE_END:
            ended = True
        elif ended:
            at = starts[i]
            marks = True
            while at < ends[i] and marks:
                code, at = code_point(data, at, ends[i])
                marks = (flags[code] & _PUNCTUATION) != 0
            if not marks:
                count, ended = count + 1, False
        before = ends[i]
    if ended and not next_to(data, before, high):
        count += 1
    return count


@compiled(types.int64(BYTES, POSITIONS, POSITIONS, CODES, STORE, POSITIONS, POSITIONS, POSITIONS, POSITIONS, POSITIONS))
def tokenize_all(data, starts, ends, flags, store, token_starts, token_ends, edges, counts, n_sentences):  # type: ignore[no-untyped-def]
    """Tokens of all texts one after the other, how many each text has, and its sentences."""
    total = 0
    for row in range(len(starts)):
        found = tokenize(data, starts[row], ends[row], flags, store, edges, token_starts[total:], token_ends[total:])
        n_sentences[row] = sentences(data, starts[row], ends[row], flags, token_starts, token_ends, total, total + found)
        counts[row] = found
        total += found
    return total


def words(texts: Any) -> tuple[list[list[str]], NDArray[np.int64]]:
    """The tokens of each text of an Arrow string array that are no white space, and its number of sentences."""
    data, starts, ends = spans(texts)
    room = int((ends - starts).sum()) + 1
    token_starts, token_ends, edges = (np.empty(room, np.int64) for _ in range(3))
    counts, n_sentences = np.empty(len(starts), np.int64), np.empty(len(starts), np.int64)
    tokenize_all(data, starts, ends, *tables(), token_starts, token_ends, edges, counts, n_sentences)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    found = [
        [data[a:b].tobytes().decode() for a, b in zip(token_starts[i:j], token_ends[i:j], strict=True)]
        for i, j in zip(bounds[:-1], bounds[1:], strict=True)
    ]
    return found, n_sentences
