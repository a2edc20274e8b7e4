"""The profile ``dclm``: the signals of RefinedWeb's rules as DCLM applies them, defined in plain Python, and their kernel.

Source: mlfoundations/dclm, baselines/mappers/filters/content_filters.py and core_utils.py with the parameters of
baselines/baselines_configs/dclm_baseline_refinedweb.yaml. Three kinds of words: length, symbols, letters and stop words are
counted on what stands between white space; ``n_words`` (and the words that line rules take) are fastText's that begin with a
letter or number, since DCLM asks its length filter for no other model; n-grams are of uniseg's words that begin with one.
Lines and paragraphs are stripped and not empty, and a repeated one counts with all its copies.

A value is null where DCLM drops a text because there is nothing to divide by, and 0 where too few words make an n-gram. Not
measured: banned URLs, the language, and the removal of URLs from the text, which DCLM does before all this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.dclm import dclm_lines
from resonance.curate.kernels.dclm.dclm_lines import words_plainly
from resonance.curate.kernels.text import word_break
from resonance.curate.kernels.text.character_bits import ALPHA, SPACE, bits
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import (
    FULL,
    HASHES,
    INT,
    PLACES,
    ROOM,
    SUMS,
    count_covered,
    count_in_room,
    group,
    keep_repeated,
    pairs,
    top_longest,
    widen,
)
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.text.stretches import before, digest, length, trim_stretch
from resonance.curate.kernels.text.words import BASIS, PRIME, word_hash

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
SYMBOLS = ("#", "...", ". . .", "…")
BULLETS = ("●", "•", "*", "-")
ELLIPSES = ("...", ". . .", "…")
TOP_GRAMS = (2, 3, 4)
DUPLICATED_GRAMS = (5, 6, 7, 8, 9, 10)


def plainly(text: str) -> tuple[float | None, ...]:
    """The values of the set ``dclm`` for one text."""
    lines, paragraphs = ([part.strip() for part in text.split(end) if part.strip()] for end in ("\n", "\n\n"))
    words = text.split()
    segments = [segment for segment in word_break.segments(text) if segment[0].isalnum()]
    (line_frac, line_chars), (para_frac, para_chars) = _share_repeated(lines), _share_repeated(paragraphs)
    return (
        words_plainly(text),
        _ratio(sum(map(len, words)), len(words)),
        _ratio(sum(map(text.count, SYMBOLS)), len(words)),
        _ratio(sum(line.startswith(BULLETS) for line in lines), len(lines)),
        _ratio(sum(line.endswith(ELLIPSES) for line in lines), len(lines)),
        _ratio(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        sum(word.lower() in STOP_WORDS for word in words),
        *(line_frac, para_frac, line_chars, para_chars),
        *_of_grams(segments),
        dclm_lines.removed_plainly(text),
    )


def _share_repeated(parts: Sequence[str]) -> tuple[float | None, float | None]:
    """The shares of parts that stand more than once and of their characters."""
    counts = Counter(parts)
    again = [part for part in parts if counts[part] > 1]
    return _ratio(len(again), len(parts)), _ratio(sum(map(len, again)), sum(map(len, parts)))


def _of_grams(words: Sequence[str]) -> Iterator[float]:
    chars = max(sum(map(len, words)), 1)
    for n in TOP_GRAMS + DUPLICATED_GRAMS:
        grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
        counts = Counter(grams)
        most = max(counts.values(), default=0)
        if n in TOP_GRAMS:
            longest = max((sum(map(len, gram)) for gram, copies in counts.items() if copies == most), default=0)
            yield longest * most / chars if most > 1 else 0
        else:
            within = {i + j for i, gram in enumerate(grams) if counts[gram] > 1 for j in range(n)}
            yield sum(len(words[i]) for i in within) / chars


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


@cache
def stop_hashes() -> NDArray[np.uint64]:
    """The hashes of the stop words."""
    return np.array([word_hash(word) for word in STOP_WORDS], np.uint64)


ROW = types.float64[::1]

(N_WORDS, MEAN, SYMBOL, BULLET, ELLIPSIS, LETTERS, STOPS, LINE, PARA, LINE_CHARS, PARA_CHARS, GRAMS) = range(12)
_WIDTH = GRAMS + len(TOP_GRAMS + DUPLICATED_GRAMS) + 1
"""The values of n-grams are followed by what line rules remove."""
_FEED, _DOT, _HASH, _DOTS = map(ord, "\n.#…")
_CLOSE, _SPACED = (np.frombuffer(symbol.encode(), np.uint8) for symbol in ("...", ". . ."))
_BULLETS = tuple(map(ord, BULLETS))
_DOTS_LEAD, _LONGEST_STOP, _MOST_GRAM, _WIDEST = 0xE2, 4, max(TOP_GRAMS), max(DUPLICATED_GRAMS)
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)


@compiled(INT(BYTES, INT, INT, BYTES, HASHES, ROW))
def count_words(data, at, end, bits, stops, row):  # type: ignore[no-untyped-def]
    """Fills in what ``row`` holds of the words between white space; how many there are."""
    count, chars, alphas, stop = 0, 0, 0, 0
    while at < end:
        value, size, seen = _BASIS, 0, 0
        while at < end:
            code, after = np.int64(data[at]), at + 1
            if code >= 0x80:
                code, after = code_point(data, at, end)
            held = bits[code]
            at = after
            if held & SPACE:
                break
            value = (value ^ np.uint64(code | 32 if 0x41 <= code <= 0x5A else code)) * _PRIME
            size += 1
            seen |= held
        count += size > 0
        chars += size
        alphas += seen & ALPHA != 0
        if 0 < size <= _LONGEST_STOP:
            for known in stops:
                stop += mix(value) == known
    row[STOPS] = stop
    row[MEAN] = chars / count if count else np.nan
    row[LETTERS] = alphas / count if count else np.nan
    return count


@compiled(types.boolean(BYTES, INT, INT, BYTES))
def stands(data, at, end, phrase):  # type: ignore[no-untyped-def]
    """Whether a phrase stands at ``at``."""
    if at + len(phrase) > end:
        return False
    same = True
    for i in range(len(phrase)):
        same = same and data[at + i] == phrase[i]
    return same


@compiled(INT(BYTES, INT, INT))
def count_symbols(data, at, end):  # type: ignore[no-untyped-def]
    """How many of ``SYMBOLS`` there are; those of one kind do not overlap."""
    found, past_dots, past_spaced = 0, at, at
    while at < end:
        byte = data[at]
        if byte == _DOT:
            if at >= past_dots and stands(data, at, end, _CLOSE):
                found += 1
                past_dots = at + len(_CLOSE)
            if at >= past_spaced and stands(data, at, end, _SPACED):
                found += 1
                past_spaced = at + len(_SPACED)
        elif byte == _HASH:
            found += 1
        elif byte == _DOTS_LEAD:
            found += code_point(data, at, end)[0] == _DOTS
        at += 1
    return found


@compiled(types.boolean(BYTES, INT, INT))
def trails_off(data, start, end):  # type: ignore[no-untyped-def]
    """Whether a line ends in one of ``ELLIPSES``."""
    if data[end - 1] != _DOT:
        return code_point(data, before(data, start, end), end)[0] == _DOTS
    close, spaced = end - len(_CLOSE), end - len(_SPACED)
    return close >= start and stands(data, close, end, _CLOSE) or spaced >= start and stands(data, spaced, end, _SPACED)


@compiled(INT(BYTES, INT, INT, BYTES, INT, HASHES, SUMS, ROW))
def read_parts(data, at, end, bits, feeds, keys, sizes, row):  # type: ignore[no-untyped-def]
    """The parts between so many line feeds, stripped and not empty: how many, their hashes, their characters; or ``FULL``."""
    count, bullets, ellipses = 0, 0, 0
    while at < end:
        first = at
        while at < end and not (data[at] == _FEED and (feeds == 1 or at + 1 < end and data[at + 1] == _FEED)):
            at += 1
        start, stop = trim_stretch(data, first, at, bits)
        at += feeds
        if start == stop:
            continue
        if count == len(keys):
            return FULL
        keys[count], sizes[count] = digest(data, start, stop), length(data, start, stop)
        count += 1
        if feeds == 1:
            bullets += code_point(data, start, stop)[0] in _BULLETS
            ellipses += trails_off(data, start, stop)
    if feeds == 1:
        row[BULLET], row[ELLIPSIS] = (bullets / count, ellipses / count) if count else (np.nan, np.nan)
    return count


@compiled(types.void(SUMS, INT, PLACES, PLACES, INT, INT, ROW))
def count_copies(sizes, count, firsts, copies, frac, char_frac, row):  # type: ignore[no-untyped-def]
    """Fills in the two columns on parts that stand more than once."""
    again, again_chars, chars = 0, 0, 0
    for i in range(count):
        chars += sizes[i]
        if copies[firsts[i]] > 1:
            again += 1
            again_chars += sizes[i]
    row[frac], row[char_frac] = (again / count, again_chars / chars) if count else (np.nan, np.nan)


@compiled(types.void(HASHES, SUMS, INT, HASHES, PLACES, PLACES, PLACES, PLACES, ROW))
def count_grams(tokens, sums, count, keys, places, table, firsts, copies, row):  # type: ignore[no-untyped-def]
    """Fills in the columns on n-grams; all arrays have room for ``count`` words, ``table`` for their slots."""
    size = pairs(tokens, count, keys, places)
    for n in range(2, _WIDEST + 1):
        if n > 2:
            size = widen(tokens, keys, places, size, n)
        group(keys, size, table, firsts, copies)
        column = GRAMS + n - 2
        if n <= _MOST_GRAM:
            most, long = top_longest(firsts, size, copies, places, sums, n)
            row[column] = most * long / sums[count] if most > 1 else 0.0
        size = keep_repeated(keys, places, size, firsts, copies)
        if n > _MOST_GRAM:
            row[column] = count_covered(places, size, sums, n) / max(sums[count], 1)


@compiled(INT(BYTES, POSITIONS, POSITIONS, BYTES, BYTES, HASHES, INT, *ROOM, types.float64[:, ::1]))
def count_all(data, starts, ends, bits, kinds, stops, row, tokens, sums, keys, places, firsts, copies, table, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text from ``row`` on, but for what ``dclm_lines`` counts, until the room is too small; that row."""
    while row < len(starts):
        at, end, into = starts[row], ends[row], found[row]
        for feeds in (2, 1):
            count = read_parts(data, at, end, bits, feeds, tokens, sums, into)
            if count == FULL:
                return row
            group(tokens, count, table, firsts, copies)
            count_copies(sums, count, firsts, copies, LINE + feeds - 1, LINE_CHARS + feeds - 1, into)
        count = word_break.read_words(data, at, end, kinds, tokens, sums)
        if count == FULL:
            return row
        count_grams(tokens, sums, count, keys, places, table, firsts, copies, into)
        words = count_words(data, at, end, bits, stops, into)
        into[SYMBOL] = count_symbols(data, at, end) / words if words else np.nan
        row += 1
    return row


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN where not defined."""
    data, starts, ends = spans(texts)
    found = np.zeros((len(starts), _WIDTH))
    tables = bits(), word_break.table(), stop_hashes()
    count_in_room(len(starts), 2_048, lambda row, room: count_all(data, starts, ends, *tables, row, *room, found))
    dclm_lines.measure_lines(data, starts, ends, found)
    found[texts.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return found
