"""Texts without what is filled into a template, over UTF-8 bytes; ``find_skeleton`` defines them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.own_lines import SPACE, is_space
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, spans

LATIN = "0-9A-Za-zÀ-ÖØ-öø-ÿ"
MOST_QUOTED = 100
"""Characters between two quotation marks."""
NUMERALS = "０１２３４５６７８９一二三四五六七八九十百千万亿〇零两"
FILLED = (
    r"(?:https?://|www\.)[^ \t\n<>\"'，。）]+",
    r"[0-9A-Za-z_.+-]+@[0-9A-Za-z-]+\.[0-9A-Za-z.-]+",
    rf"[“\"][^”\"\n]{{0,{MOST_QUOTED}}}[”\"]|[「『《〈][^」』》〉\n]{{0,{MOST_QUOTED}}}[」』》〉]",
    f"[A-ZÀ-ÖØ-Þ][{LATIN}'’-]*",
    f"[0-9{NUMERALS}]+",
)
"""What is filled into templates: addresses, what stands in quotation marks, words with a capital letter, numbers."""
BLANKS = f"[{SPACE}]"
FIELD = "\x00"
FIELDS = f"{FIELD}(?:(?:{BLANKS}|[,、，])*{FIELD})*"
"""Several fillings, one after the other, are one."""

_LOCAL, _HOST, _NAME, _DIGIT, _ODD = (1 << bit for bit in range(5))
"""Bits of bytes: in an address before ``@``, after it (but for dots), in a name, in a number; what is not simply copied."""


def find_skeleton(text: str) -> str:
    """A text with one sign for all that a template would be filled with, and one blank for each run of white space."""
    filled = re.sub(FIELDS, FIELD, re.sub("|".join(FILLED), FIELD, text))
    return re.sub(f"{BLANKS}+", " ", filled).strip(" ")


def _classify() -> NDArray[np.uint8]:
    kinds = np.full(0x100, _ODD, np.uint8)
    for code in range(0x80):
        sign = chr(code)
        word = sign.isalnum()
        kinds[code] = _LOCAL * (word or sign in "_.+-") | _HOST * (word or sign == "-") | _NAME * (word or sign in "'-")
        kinds[code] |= _DIGIT * sign.isdigit()
        kinds[code] |= _ODD * (sign <= " " or sign in ',"hw' or sign.isupper() or sign.isdigit())
    return kinds


_KINDS = _classify()
_NUMERALS = np.zeros(0x10000, np.uint8)
_NUMERALS[[ord(sign) for sign in NUMERALS]] = 1
_FEED, _BLANK, _QUOTE, _APOSTROPHE, _AT, _DOT, _COMMA, _SMALL = 10, 0x20, ord('"'), ord("'"), ord("@"), ord("."), ord(","), 0x80
_OPEN, _CLOSED, _RAISED = ord("“"), ord("”"), ord("’")
_HTTP, _WWW = np.frombuffer(b"http", np.uint8), np.frombuffer(b"www.", np.uint8)
INT = types.int64


@compiled(types.boolean(INT))
def ends_url(code):  # type: ignore[no-untyped-def]
    """Whether a character is no part of an address of a page."""
    if code < _SMALL:
        return code in (_BLANK, 9, _FEED, 0x3C, 0x3E, _QUOTE, _APOSTROPHE)
    return code in (0xFF0C, 0x3002, 0xFF09)


@compiled(INT(BYTES, INT, INT))
def find_url(data, at, end):  # type: ignore[no-untyped-def]
    """Where the address of a page ends that begins at ``at``; -1 where none does."""
    if at + 4 >= end:
        return np.int64(-1)
    page, host = True, True
    for i in range(4):
        page &= data[at + i] == _HTTP[i]
        host &= data[at + i] == _WWW[i]
    first = at + 4
    if page:
        first += data[first] == 0x73  # https
        if first + 3 > end or data[first] != 0x3A or data[first + 1] != 0x2F or data[first + 2] != 0x2F:
            return np.int64(-1)
        first += 3
    elif not host:
        return np.int64(-1)
    last = first
    while last < end:
        code, after = code_point(data, last, end)
        if ends_url(code):
            break
        last = after
    return last if last > first else np.int64(-1)


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT))  # type: ignore[no-untyped-call]
def find_mail(data, at, end):  # type: ignore[no-untyped-def]
    """Where the address of a mailbox ends that begins at ``at``, -1 where none does; and where what may stand before ``@`` ends."""
    local = at
    while local < end and data[local] < _SMALL and _KINDS[data[local]] & _LOCAL:
        local += 1
    if local >= end or data[local] != _AT or local == at:
        return np.int64(-1), local
    host = local + 1
    while host < end and data[host] < _SMALL and _KINDS[data[host]] & _HOST:
        host += 1
    if host == local + 1 or host >= end or data[host] != _DOT:
        return np.int64(-1), local
    last = host + 1
    while last < end and data[last] < _SMALL and (data[last] == _DOT or _KINDS[data[last]] & _HOST):
        last += 1
    return last if last > host + 1 else np.int64(-1), local


@compiled(INT(BYTES, INT, INT, types.boolean))
def find_quoted(data, at, end, corners):  # type: ignore[no-untyped-def]
    """Where what stands in quotation marks ends, its opening mark before ``at``; -1 where no closing one follows in time."""
    for _ in range(MOST_QUOTED + 1):
        if at >= end:
            return np.int64(-1)
        code, at = code_point(data, at, end)
        if code == _FEED:
            return np.int64(-1)
        if (code in (0x300D, 0x300F, 0x300B, 0x3009)) if corners else (code in (_QUOTE, _CLOSED)):
            return at
    return np.int64(-1)


@compiled(types.boolean(INT))
def is_capital(code):  # type: ignore[no-untyped-def]
    """Whether a character is a capital letter of a Western European language."""
    return 0x41 <= code <= 0x5A or (0xC0 <= code <= 0xDE and code != 0xD7)


@compiled(INT(BYTES, INT, INT))
def find_name(data, at, end):  # type: ignore[no-untyped-def]
    """Where a word ends, of which the first letter was read."""
    while at < end:
        code, after = code_point(data, at, end)
        if code < _SMALL:
            if not _KINDS[code] & _NAME:
                break
        elif not (0xC0 <= code <= 0xFF and code != 0xD7 and code != 0xF7) and code != _RAISED:
            break
        at = after
    return at


@compiled(INT(BYTES, INT, INT, BYTES))
def find_number(data, at, end, numerals):  # type: ignore[no-untyped-def]
    """Where a number ends."""
    while at < end:
        code, after = code_point(data, at, end)
        if code < _SMALL:
            if not _KINDS[code] & _DIGIT:
                break
        elif code >= 0x10000 or not numerals[code]:
            break
        at = after
    return at


@compiled(INT(BYTES, INT, INT, INT, BYTES))
def find_filling(data, code, after, end, numerals):  # type: ignore[no-untyped-def]
    """Where a filling ends that begins with the character ``code`` and is no address; -1 where none does."""
    if code in (_QUOTE, _OPEN):
        return find_quoted(data, after, end, False)
    if code in (0x300C, 0x300E, 0x300A, 0x3008):
        return find_quoted(data, after, end, True)
    if is_capital(code):
        return find_name(data, after, end)
    if 0x30 <= code <= 0x39 or (_SMALL <= code < 0x10000 and numerals[code]):
        return find_number(data, after, end, numerals)
    return np.int64(-1)


@compiled(INT(BYTES, INT, INT, BYTES, types.uint8[::1], INT))
def reduce_text(data, at, end, numerals, out, size):  # type: ignore[no-untyped-def]
    """Writes the skeleton of a text to ``out`` from ``size`` on; where it ends."""
    start, unmailed, field, joins = size, at, np.int64(-1), False
    while at < end:
        kind = _KINDS[data[at]]
        if not kind & _ODD and (at < unmailed or not kind & _LOCAL):
            out[size], joins = data[at], False
            size, at = size + 1, at + 1
            continue
        code, after = code_point(data, at, end)
        last = np.int64(-1)
        if code == _HTTP[0] or code == _WWW[0]:
            last = find_url(data, at, end)
        if last < 0 and at >= unmailed and kind & _LOCAL:
            last, unmailed = find_mail(data, at, end)
        if last < 0:
            last = find_filling(data, code, after, end, numerals)
        if last > 0 or code == 0:
            if joins:
                size = field
            else:
                out[size] = 0
                size += 1
            field, joins, at = size, True, max(last, after)
            continue
        if is_space(code):
            if size > start and out[size - 1] != _BLANK:
                out[size] = _BLANK
                size += 1
        else:
            joins &= code == _COMMA or code == 0x3001 or code == 0xFF0C
            for i in range(at, after):
                out[size] = data[i]
                size += 1
        at = after
    if size > start and out[size - 1] == _BLANK:
        size -= 1
    return size


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, types.uint8[::1], POSITIONS))
def reduce_all(data, starts, ends, numerals, out, bounds):  # type: ignore[no-untyped-def]
    """Writes the skeletons of all texts to ``out``, that of text i from ``bounds[i]`` to ``bounds[i + 1]``."""
    size = 0
    for row in range(len(starts)):
        size = reduce_text(data, starts[row], ends[row], numerals, out, size)
        bounds[row + 1] = size


def find_skeletons(texts: Any) -> Iterator[memoryview]:
    """The bytes of the skeleton of each text of an Arrow array of strings; none of null."""
    data, starts, ends = spans(texts)
    out, bounds = np.empty(int((ends - starts).sum()), np.uint8), np.zeros(len(starts) + 1, np.int64)
    reduce_all(data, starts, ends, _NUMERALS, out, bounds)
    held: NDArray[np.uint8] = out
    view, places = memoryview(held.data), bounds.tolist()
    return (view[first:last] for first, last in zip(places[:-1], places[1:], strict=True))
