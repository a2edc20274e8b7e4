"""C4's line rules over UTF-8 bytes: which bytes of a text stay, and by which rule each other one goes.

``kernels/datatrove.py`` (``c4_lines``) defines them. Each byte of a text gets a label; what is left is what is labelled
``KEPT``, so that a rewritten text and the list of what was cut come from one source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.compiled import compiled
from resonance.curate.kernels.datatrove import JAVASCRIPT, LOREM_IPSUM, MAX_WORD_CHARS, MIN_LINE_WORDS, POLICIES
from resonance.curate.kernels.english_tables import BIT, tables
from resonance.curate.kernels.scan import BYTES, CODES, POSITIONS, code_point, spans

VERSION = 1

RULES = ("kept", "white_space", "citation", "too_long_word", "too_few_words", "javascript", "policy")
"""What a label says. ``white_space`` goes around a kept line and around the text that is left."""

KEPT, WHITE_SPACE, CITATION, TOO_LONG_WORD, TOO_FEW_WORDS, WITH_JAVASCRIPT, POLICY = range(len(RULES))

INT = types.int64
LABELS = types.uint8[::1]

_SPACE, _DIGIT, _LINE_END = (np.uint32(BIT[name]) for name in ("SPACE", "DIGIT", "LINE_END"))
_PHRASES = np.frombuffer("\0".join([LOREM_IPSUM, JAVASCRIPT, *POLICIES, ""]).encode(), np.uint8)
_NOTES = np.frombuffer(b"edit]\0citation needed]\0", np.uint8)
_OPEN, _CLOSE, _CURLY, _LINE_FEED, _RETURN, _SMALL_K, _KELVIN = (ord(mark) for mark in "[]{\n\rk\u212a")
_HAS_LOREM, _HAS_JAVASCRIPT, _HAS_POLICY, _HAS_CURLY = 1, 2, 4, 8
_FIRSTS = np.zeros(256, np.bool_)
_FIRSTS[[ord(mark) for phrase in (LOREM_IPSUM, JAVASCRIPT, *POLICIES) for mark in (phrase[0], phrase[0].upper())] + [_CURLY]] = True


@compiled(INT(BYTES, INT, INT, BYTES, INT))
def spelt(data, at, end, phrases, start):  # type: ignore[no-untyped-def]
    """Where the phrase at ``start`` (lower case, ended by a 0) ends in the text, letters' case aside; -1 if it is not there."""
    while phrases[start] != 0:
        if at >= end:
            return np.int64(-1)
        byte = data[at]
        lower = byte + 32 if 65 <= byte <= 90 else byte
        if lower != phrases[start]:
            code, after = code_point(data, at, end)
            if code != _KELVIN or phrases[start] != _SMALL_K:  # the one other character whose lower case is in ASCII
                return np.int64(-1)
            at = after - 1
        at += 1
        start += 1
    return at


@compiled(INT(BYTES, INT, INT))
def said(data, start, end):  # type: ignore[no-untyped-def]
    """Which of the phrases, and curly brackets, occur in a line, as bits."""
    found = 0
    for at in range(start, end):
        if not _FIRSTS[data[at]]:
            continue
        if data[at] == _CURLY:
            found |= _HAS_CURLY
            continue
        phrase, number = 0, 0
        while phrase < len(_PHRASES):
            if spelt(data, at, end, _PHRASES, phrase) >= 0:
                found |= _HAS_LOREM if number == 0 else _HAS_JAVASCRIPT if number == 1 else _HAS_POLICY
            while _PHRASES[phrase] != 0:
                phrase += 1
            phrase, number = phrase + 1, number + 1
    return found


@compiled(INT(BYTES, INT, INT, CODES))
def citation(data, at, end, flags):  # type: ignore[no-untyped-def]
    """Where the citation that opens at ``at`` ends; -1 if it is none."""
    inside = at + 1
    while inside < end:
        code, after = code_point(data, inside, end)
        if code == _CLOSE:
            return after
        if not flags[code] & _DIGIT:
            break
        inside = after
    for note in (0, 6):
        same, i = True, 0
        while same and _NOTES[note + i] != 0:
            same = at + 1 + i < end and data[at + 1 + i] == _NOTES[note + i]
            i += 1
        if same:
            return at + 1 + i
    return np.int64(-1)


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def line_end(data, at, end, flags):  # type: ignore[no-untyped-def]
    """Where the line from ``at`` on ends, and where the next one starts."""
    while at < end:
        if data[at] < 0x80:
            if flags[data[at]] & _LINE_END:
                pair = data[at] == _RETURN and at + 1 < end and data[at + 1] == _LINE_FEED
                return at, at + 2 if pair else at + 1
            at += 1
        else:
            code, after = code_point(data, at, end)
            if flags[code] & _LINE_END:
                return at, after
            at = after
    return end, end


@compiled(types.UniTuple(INT, 4)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def line_words(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Where the stripped line starts and ends, its words between white space, and the characters of the longest."""
    first, last, words, longest, size, at = end, start, 0, 0, 0, start
    while at < end:
        code, after = np.int64(data[at]), at + 1
        if code >= 0x80:
            code, after = code_point(data, at, end)
        if flags[code] & _SPACE:
            size = 0
        else:
            words += size == 0
            first, last = min(first, at), after
            size += 1
            longest = max(longest, size)
        at = after
    return min(first, last), last, words, longest


@compiled(INT(BYTES, INT, INT, CODES, LABELS, LABELS))
def mark_citations(data, start, end, flags, labels, line):  # type: ignore[no-untyped-def]
    """Labels the citations of a line, and copies the rest of it to ``line``; how many bytes that is."""
    at, size = start, 0
    while at < end:
        stop = citation(data, at, end, flags) if data[at] == _OPEN else np.int64(-1)
        if stop > 0:
            labels[at:stop] = CITATION
            at = stop
        else:
            line[size] = data[at]
            size += 1
            at += 1
    return size


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, CODES, LABELS, LABELS))  # type: ignore[no-untyped-call]
def mark_line(data, start, end, flags, labels, line):  # type: ignore[no-untyped-def]
    """Labels the citations of a line without its line end; what becomes of the line, and what it says as bits."""
    first, last, words, longest = line_words(data, start, end, flags)
    if longest > MAX_WORD_CHARS:
        return TOO_LONG_WORD, 0
    opened = False
    for at in range(first, last):
        opened = opened or data[at] == _OPEN
    labels[start:first] = WHITE_SPACE
    labels[first:last] = KEPT
    labels[last:end] = WHITE_SPACE
    size = mark_citations(data, first, last, flags, labels, line) if opened else last - first
    if words < MIN_LINE_WORDS:
        return TOO_FEW_WORDS, 0
    found = said(data, first, last) if size == last - first else said(line, 0, size)
    if found & _HAS_LOREM:
        return KEPT, found
    if found & _HAS_JAVASCRIPT:
        return WITH_JAVASCRIPT, found
    return POLICY if found & _HAS_POLICY and not found & _HAS_CURLY else KEPT, found


@compiled(types.UniTuple(INT, 3)(BYTES, INT, INT, CODES, LABELS, LABELS, POSITIONS, POSITIONS))  # type: ignore[no-untyped-call]
def mark(data, start, end, flags, labels, line, line_starts, line_ends):  # type: ignore[no-untyped-def]
    """Labels every byte of a text (``labels`` is as long as the buffer): kept lines, and lines with lorem ipsum and a bracket.

    ``line_starts`` and ``line_ends`` get where the kept lines lie, white space around them left out.
    """
    kept, lorem, curly, at = 0, 0, 0, start
    while at < end:
        stop, after = line_end(data, at, end, flags)
        fate, found = mark_line(data, at, stop, flags, labels, line)
        if fate == KEPT:
            labels[stop:after] = KEPT
            if after - stop == 2 and data[stop] == _RETURN:
                labels[stop] = WHITE_SPACE
            lorem += (found & _HAS_LOREM) != 0
            curly += found & _HAS_LOREM == 0 and found & _HAS_CURLY != 0
            first, last = at, stop
            while first < stop and labels[first] == WHITE_SPACE:
                first += 1
            while last > first and labels[last - 1] == WHITE_SPACE:
                last -= 1
            line_starts[kept], line_ends[kept] = first, last
            kept += 1
        else:
            labels[at:after] = fate
        at = after
    return kept, lorem, curly


@compiled(types.void(BYTES, INT, INT, CODES, LABELS))
def strip(data, start, end, flags, labels):  # type: ignore[no-untyped-def]
    """Labels white space at the start and at the end of what is kept."""
    at = start
    while at < end:
        code, after = code_point(data, at, end)
        if labels[at] == KEPT:
            if not flags[code] & _SPACE:
                break
            labels[at:after] = WHITE_SPACE
        at = after
    at = end
    while at > start:
        first = at - 1
        while first > start and data[first] & 0xC0 == 0x80:
            first -= 1
        if labels[first] == KEPT:
            code, _ = code_point(data, first, at)
            if not flags[code] & _SPACE:
                break
            labels[first:at] = WHITE_SPACE
        at = first


@compiled(INT(BYTES, INT, INT, CODES, LABELS, LABELS))
def gather(data, start, end, flags, labels, out):  # type: ignore[no-untyped-def]
    """Copies what is kept to ``out``, every line end as a line feed; how many bytes that is."""
    at, size = start, 0
    while at < end:
        if labels[at] != KEPT:
            at += 1
            continue
        after = at + 1
        if data[at] < 0x80:
            out[size] = _LINE_FEED if flags[data[at]] & _LINE_END else data[at]
            size += 1
        else:
            code, after = code_point(data, at, end)
            if flags[code] & _LINE_END:
                out[size] = _LINE_FEED
                size += 1
            else:
                for i in range(at, after):
                    out[size] = data[i]
                    size += 1
        at = after
    return size


@compiled(INT(BYTES, POSITIONS, POSITIONS, CODES, LABELS, LABELS, POSITIONS, POSITIONS, LABELS, POSITIONS))
def rewrite_all(data, starts, ends, flags, labels, line, line_starts, line_ends, out, bounds):  # type: ignore[no-untyped-def]
    """Labels every text, and writes what is kept to ``out``, text i from ``bounds[i]`` to ``bounds[i + 1]``."""
    size = 0
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        mark(data, start, end, flags, labels, line, line_starts, line_ends)
        strip(data, start, end, flags, labels)
        size += gather(data, start, end, flags, labels, out[size:])
        bounds[row + 1] = size
    return size


@compiled(INT(BYTES, POSITIONS, POSITIONS, LABELS, LABELS, POSITIONS, POSITIONS, POSITIONS))
def runs(data, starts, ends, labels, rules, run_starts, run_ends, bounds):  # type: ignore[no-untyped-def]
    """Runs of equal labels other than ``KEPT``, as code points from the text's start; those of text i end at ``bounds[i + 1]``."""
    found = 0
    for row in range(len(starts)):
        point, last = 0, np.uint8(KEPT)
        for at in range(starts[row], ends[row]):
            label = labels[at]
            if label != last and last != KEPT:
                run_ends[found] = point
                found += 1
            if label != last and label != KEPT:
                run_starts[found], rules[found] = point, label
            last = label
            point += at + 1 >= ends[row] or data[at + 1] & 0xC0 != 0x80
        if last != KEPT:
            run_ends[found] = point
            found += 1
        bounds[row + 1] = found
    return found


def rewrite(texts: Any) -> tuple[Any, Any]:
    """Each text of an Arrow string array as C4's line rules leave it, and the edits that lead there.

    Returns:
        The texts, and for each text a list of ``rule``, ``start`` and ``end``: code points of the text as it was that are
        no longer there. A null text stays null and has no edits. What is left may be empty. Where a text holds other line
        ends than line feeds, they become line feeds, which is no edit.
    """
    data, starts, ends = spans(texts)
    size, longest = len(data), int((ends - starts).max(initial=0))
    labels, line, out = np.zeros(size, np.uint8), np.empty(longest, np.uint8), np.empty(int((ends - starts).sum()), np.uint8)
    line_starts, line_ends = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    bounds = np.zeros(len(starts) + 1, np.int64)
    left = rewrite_all(data, starts, ends, tables().flags, labels, line, line_starts, line_ends, out, bounds)
    nulls = texts.is_null() if texts.null_count else None
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(out[:left])]
    kept = pa.LargeStringArray.from_buffers(len(starts), buffers[1], buffers[2]).cast(texts.type)
    if nulls is not None:
        kept = pa.compute.if_else(nulls, pa.scalar(None, texts.type), kept)
    return kept, _edits(data, starts, ends, labels)


def _edits(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], labels: NDArray[np.uint8]) -> Any:
    room = int((ends - starts).sum())
    rules, run_starts, run_ends = np.empty(room, np.uint8), np.empty(room, np.int64), np.empty(room, np.int64)
    bounds = np.zeros(len(starts) + 1, np.int64)
    found = runs(data, starts, ends, labels, rules, run_starts, run_ends, bounds)
    names = pa.DictionaryArray.from_arrays(pa.array(rules[:found]).cast(pa.int32()), pa.array(RULES)).cast(pa.string())
    edits = pa.StructArray.from_arrays(
        [names, pa.array(run_starts[:found]), pa.array(run_ends[:found])], names=["rule", "start", "end"]
    )
    return pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), edits)
