"""C4's line rules over UTF-8 bytes: which bytes of a text stay, and by which rule each other one goes.

``kernels/datatrove/datatrove.py`` (``c4_lines``) defines them. Each byte of a text gets a label; what is left is what is labelled
``KEPT``, so that a rewritten text and the list of what was cut come from one source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.datatrove.datatrove import MAX_WORD_CHARS, MIN_LINE_WORDS
from resonance.curate.kernels.english.english_tables import BIT, tables
from resonance.curate.kernels.english.phrases import C4_PHRASES
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, spans

VERSION = 1

RULES = ("kept", "white_space", "citation", "too_long_word", "too_few_words", "javascript", "policy")
"""What a label says. ``white_space`` goes around a kept line and around the text that is left."""

KEPT, WHITE_SPACE, CITATION, TOO_LONG_WORD, TOO_FEW_WORDS, WITH_JAVASCRIPT, POLICY = range(len(RULES))

EDIT = ("rule", "starts", "ends", "characters")
"""What ``rewrite`` says of all that one rule cut from a text."""

FIRST, LAST, STOP, WORDS, LONGEST, SAID, OPENED, CITED = range(8)
"""What is known about a line: where it starts and ends without white space around it, where its line end starts, its words
between white space, the characters of the longest, what it says (bits), whether it holds an opening bracket, or a citation."""
FIELDS = 8

KEPT_LINES, LOREM, CURLY, ALL_LINES, BULLETS_FIRST, ELLIPSES_LAST = range(6)
"""What is counted on the way: lines that stay, those of them with lorem ipsum and with a curly bracket; all lines, those
that start with a bullet and those that end in an ellipsis."""
TALLIES = 6

Room = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]
INT = types.int64
LINES = types.int64[:, ::1]
LABELS = types.uint8[::1]

_SPACE, _DIGIT, _LINE_END, _PHRASE_START, _LINE_MARK = (
    np.uint32(BIT[name]) for name in ("SPACE", "DIGIT", "LINE_END", "PHRASE_START", "LINE_MARK")
)
_PHRASES = np.frombuffer("\0".join([*C4_PHRASES, ""]).encode(), np.uint8)
_SIZES = np.array([len(phrase) + 1 for phrase in C4_PHRASES], np.int64)
_NOTES = np.frombuffer(b"edit]\0citation needed]\0", np.uint8)
_OPEN, _CLOSE, _CURLY, _LINE_FEED, _RETURN, _SMALL_K, _KELVIN = (ord(mark) for mark in "[]{\n\rk\u212a")
_A, _C, _I, _M, _O, _P, _S, _U, _V, _Y, _BLANK = (ord(mark) for mark in "acimopsuvy ")
"""Letters of (lorem) ipsu(m), (ja)vasc(ript), (ter)ms o(f use), (pri)vacy (policy), coo(kies): each phrase holds some of these."""
_DOT, _MINUS, _BULLET = (ord(mark) for mark in ".-•")
_HAS_LOREM, _HAS_JAVASCRIPT, _HAS_POLICY, _HAS_CURLY = 1, 2, 4, 8


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
def phrase_at(data, at, end):  # type: ignore[no-untyped-def]
    """Which kind of phrase starts at ``at``, as a bit; 0 if none does."""
    first = data[at] | 0x20
    second = data[at + 1] | 0x20 if at + 1 < end else np.uint8(0)
    phrase, number = 0, 0
    while phrase < len(_PHRASES):
        if _PHRASES[phrase] == first and _PHRASES[phrase + 1] == second and spelt(data, at, end, _PHRASES, phrase) >= 0:
            return _HAS_LOREM if number == 0 else _HAS_JAVASCRIPT if number == 1 else _HAS_POLICY
        phrase, number = phrase + _SIZES[number], number + 1
    return 0


@compiled(types.boolean(BYTES, INT, INT))
def may_say(data, start, end):  # type: ignore[no-untyped-def]
    """Whether any of the phrases may be in a text: one stretch of letters of each is. Quick, as most texts hold none."""
    text, found = data[start:end], False
    for i in range(len(text) - 3):
        a, b, c, d = text[i] | 0x20, text[i + 1] | 0x20, text[i + 2] | 0x20, text[i + 3] | 0x20
        found |= (a == _C) & (b == _O) & (c == _O) | (a == _V) & (b == _A) & ((c == _C) & (d == _Y) | (c == _S) & (d == _C))
        found |= (a == _I) & (b == _P) & (c == _S) & (d == _U) | (a == _M) & (b == _S) & (c == _BLANK) & (d == _O)
    return found


@compiled(INT(BYTES, INT, INT, CODES))
def find_phrases(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Which kinds of phrases, and curly brackets, occur in a line, as bits."""
    found = 0
    for at in range(start, end):
        if flags[data[at]] & _PHRASE_START:
            found |= phrase_at(data, at, end)
        elif data[at] == _CURLY:
            found |= _HAS_CURLY
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


@compiled(types.boolean(BYTES, INT, INT))
def is_ellipsis(data, start, end):  # type: ignore[no-untyped-def]
    """Whether the bytes before ``end`` are an ellipsis, of one character or of three."""
    if end - start < 3:
        return False
    a, b, c = data[end - 3], data[end - 2], data[end - 1]
    return (a == 0xE2 and b == 0x80 and c == 0xA6) or (a == _DOT and b == _DOT and c == _DOT)


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def trim(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Where the text starts and ends without white space around it."""
    while start < end:
        code, after = code_point(data, start, end)
        if not flags[code] & _SPACE:
            break
        start = after
    while end > start:
        low = end - 1
        while low > start and data[low] & 0xC0 == 0x80:
            low -= 1
        code, _ = code_point(data, low, end)
        if not flags[code] & _SPACE:
            break
        end = low
    return start, end


@compiled(INT(BYTES, INT, INT, CODES, POSITIONS))
def read_line(data, at, end, flags, line):  # type: ignore[no-untyped-def]
    """Reads the line from ``at`` on in one pass, and says in ``line`` what ``FIRST`` to ``OPENED`` name; where the next one starts.

    Of what it says, curly brackets alone are looked for.
    """
    first, last, words, longest, size, found, opened = np.int64(-1), at, 0, 0, 0, 0, 0
    stop, after = end, end
    while at < end:
        code, step = np.int64(data[at]), 1
        if code >= 0x80:
            code, step = code_point(data, at, end)
            step -= at
        bits = flags[code]
        if bits & _LINE_MARK:
            if bits & _LINE_END:
                stop, after = at, at + step
                if code == _RETURN and after < end and data[after] == _LINE_FEED:
                    after += 1
                break
            if code == _CURLY:
                found |= _HAS_CURLY
            else:
                opened = 1
        ink = int(bits & _SPACE == 0)  # no branch asks where words end: no processor can foresee it
        words += ink & int(size == 0)
        size = (size + 1) * ink
        longest = max(longest, size)
        if first < 0 and ink:
            first = at
        at += step
        last += (at - last) * ink
    line[FIRST], line[LAST] = (stop, stop) if first < 0 else (first, last)
    line[STOP], line[WORDS], line[LONGEST], line[SAID], line[OPENED] = stop, words, longest, found, opened
    return after


@compiled(INT(BYTES, INT, INT, CODES, LABELS, LABELS))
def mark_citations(data, start, end, flags, labels, rest):  # type: ignore[no-untyped-def]
    """Labels the citations of a line, and copies what is left of it to ``rest``; how many bytes that is."""
    at, size = start, 0
    while at < end:
        stop = citation(data, at, end, flags) if data[at] == _OPEN else np.int64(-1)
        if stop > 0:
            labels[at:stop] = CITATION
            at = stop
        else:
            rest[size] = data[at]
            size += 1
            at += 1
    return size


@compiled(INT(BYTES, CODES, LABELS, LABELS, POSITIONS))
def fate(data, flags, labels, rest, line):  # type: ignore[no-untyped-def]
    """What becomes of a line that was read; citations are labelled, and what the line says is put right where it held any."""
    if line[LONGEST] > MAX_WORD_CHARS:
        return TOO_LONG_WORD
    if line[OPENED]:
        labels[line[FIRST] : line[LAST]] = KEPT
        size = mark_citations(data, line[FIRST], line[LAST], flags, labels, rest)
        line[CITED] = size < line[LAST] - line[FIRST]
        line[SAID] = find_phrases(rest, 0, size, flags)
    if line[WORDS] < MIN_LINE_WORDS:
        return TOO_FEW_WORDS
    if line[SAID] & _HAS_LOREM:
        return KEPT
    if line[SAID] & _HAS_JAVASCRIPT:
        return WITH_JAVASCRIPT
    return POLICY if line[SAID] & _HAS_POLICY and not line[SAID] & _HAS_CURLY else KEPT


@compiled(types.void(LABELS, INT, INT, INT))
def fill(labels, start, end, label):  # type: ignore[no-untyped-def]
    """Gives one label to all bytes between; a slice would ask for its bounds each time."""
    for at in range(start, end):
        labels[at] = label


@compiled(types.void(BYTES, INT, INT, CODES, LABELS, LABELS, LINES, POSITIONS))
def mark(data, start, end, flags, labels, rest, lines, tally):  # type: ignore[no-untyped-def]
    """Labels every byte of a text (``labels`` is as long as the buffer): kept lines, and lines with lorem ipsum and a bracket.

    ``lines`` gets a row for each kept line, ``tally`` what ``KEPT_LINES`` to ``ELLIPSES_LAST`` name; ``rest`` is room for
    the longest line.
    """
    kept, at, phrases = 0, start, may_say(data, start, end)
    tally[:] = 0
    while at < end:
        line = lines[kept]
        line[CITED] = 0
        after = read_line(data, at, end, flags, line)
        if phrases and may_say(data, line[FIRST], line[LAST]):  # of the line as it stands: some of it may lie in a citation
            line[SAID] = find_phrases(data, line[FIRST], line[LAST], flags)
        tally[ALL_LINES] += 1
        if line[FIRST] < line[LAST]:
            code, _ = code_point(data, line[FIRST], line[LAST])
            tally[BULLETS_FIRST] += code in (_MINUS, _BULLET)
            tally[ELLIPSES_LAST] += is_ellipsis(data, line[FIRST], line[LAST])
        label = fate(data, flags, labels, rest, line)
        if label == KEPT:
            stop = line[STOP]
            fill(labels, at, line[FIRST], WHITE_SPACE)
            if not line[CITED]:
                fill(labels, line[FIRST], line[LAST], KEPT)
            fill(labels, line[LAST], stop, WHITE_SPACE)
            fill(labels, stop, after, KEPT)
            if after - stop == 2 and data[stop] == _RETURN:
                labels[stop] = WHITE_SPACE
            tally[LOREM] += (line[SAID] & _HAS_LOREM) != 0
            tally[CURLY] += line[SAID] & _HAS_LOREM == 0 and line[SAID] & _HAS_CURLY != 0
            kept += 1
        else:
            fill(labels, at, after, label)
        at = after
    tally[KEPT_LINES] = kept


@compiled(types.void(BYTES, INT, INT, CODES, LABELS, LINES, INT))
def strip(data, start, end, flags, labels, lines, kept):  # type: ignore[no-untyped-def]
    """Labels white space at the start and at the end of what ``mark`` kept; only citations can have left any in a line."""
    if kept == 0:
        return
    at = lines[0, FIRST]
    while at < end:
        code, after = code_point(data, at, end)
        if labels[at] == KEPT:
            if not flags[code] & _SPACE:
                break
            labels[at:after] = WHITE_SPACE
        at = after
    at = lines[kept - 1, LAST]
    while at < end and labels[at] <= WHITE_SPACE:
        labels[at] = WHITE_SPACE
        at += 1
    at = lines[kept - 1, LAST]
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
        if data[at] < 0x80:  # written wherever it belongs, and again over what does not stay: no branch asks which bytes do
            out[size] = _LINE_FEED if flags[data[at]] & _LINE_END else data[at]
            size += labels[at] == KEPT
            at += 1
            continue
        if labels[at] != KEPT:
            at += 1
            continue
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


@compiled(types.void(BYTES, POSITIONS, POSITIONS, CODES, LABELS, LABELS, LINES, LABELS, POSITIONS), allocates=True)
def rewrite_all(data, starts, ends, flags, labels, rest, lines, out, bounds):  # type: ignore[no-untyped-def]
    """Labels every text, and writes what is kept to ``out``, text i from ``bounds[i]`` to ``bounds[i + 1]``."""
    size, tally = 0, np.empty(TALLIES, np.int64)
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        mark(data, start, end, flags, labels, rest, lines, tally)
        strip(data, start, end, flags, labels, lines, tally[KEPT_LINES])
        size += gather(data, start, end, flags, labels, out[size:])
        bounds[row + 1] = size


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
        The texts, and for each text a list of ``EDIT``, one for each rule that cut from it: where the pieces start and end,
        in code points of the text as it was, and how many these are together. A null text stays null and has no edits. What
        is left may be empty. Where a text holds other line ends than line feeds, they become line feeds, which is no edit.
    """
    data, starts, ends = spans(texts)
    labels, out, bounds = room = room_to_rewrite(data, starts, ends)
    longest = int((ends - starts).max(initial=0))
    rest, lines = np.empty(longest, np.uint8), np.empty((longest + 2, FIELDS), np.int64)
    rewrite_all(data, starts, ends, tables().flags, labels, rest, lines, out, bounds)
    return rewritten(texts, data, starts, ends, room)


def room_to_rewrite(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Room:
    """Arrays for the labels, for what is left of the texts, and for where that of each ends."""
    return np.zeros(len(data), np.uint8), np.empty(int((ends - starts).sum()), np.uint8), np.zeros(len(starts) + 1, np.int64)


def rewritten(
    texts: Any, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], room: Room
) -> tuple[Any, Any]:
    """What ``rewrite`` gives, once the arrays are filled."""
    labels, out, bounds = room
    nulls = texts.is_null() if texts.null_count else None
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(out[: bounds[-1]])]
    kept = pa.LargeStringArray.from_buffers(len(starts), buffers[1], buffers[2]).cast(texts.type)
    if nulls is not None:
        kept = pa.compute.if_else(nulls, pa.scalar(None, texts.type), kept)
    return kept, _edits(data, starts, ends, labels)


def _edits(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], labels: NDArray[np.uint8]) -> Any:
    room = int((ends - starts).sum())
    rules, run_starts, run_ends = np.empty(room, np.uint8), np.empty(room, np.int64), np.empty(room, np.int64)
    bounds = np.zeros(len(starts) + 1, np.int64)
    found = runs(data, starts, ends, labels, rules, run_starts, run_ends, bounds)
    group = np.repeat(np.arange(len(starts)) * len(RULES), np.diff(bounds)) + rules[:found]  # of one text by one rule
    order = np.argsort(group, kind="stable")
    groups, firsts = np.unique(group[order], return_index=True)
    cuts = np.append(firsts, found)
    run_starts, run_ends = run_starts[order], run_ends[order]
    before = np.concatenate([[0], np.cumsum(run_ends - run_starts)])
    names = pa.DictionaryArray.from_arrays(pa.array(groups % len(RULES), pa.int32()), pa.array(RULES)).cast(pa.string())
    bounded = pa.array(cuts, pa.int32())
    lists = (pa.ListArray.from_arrays(bounded, pa.array(places, pa.int32())) for places in (run_starts, run_ends))
    edits = pa.StructArray.from_arrays([names, *lists, pa.array(np.diff(before[cuts]), pa.int32())], names=list(EDIT))
    texts = np.searchsorted(groups, np.arange(len(starts) + 1) * len(RULES))
    return pa.ListArray.from_arrays(pa.array(texts, pa.int32()), edits)
