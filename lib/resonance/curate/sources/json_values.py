"""The values of a stream of JSON, told apart by brackets and quotes alone: what is inside of them is not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

OUTSIDE, WORD, NESTED, STRING = range(4)
"""Between values; in a number, a name or what is none; in an object or array; in a string, which may be inside of one."""
BETWEEN = re.compile(rb"[\s,]*")
WORD_PART = re.compile(rb'[^\s,"\[\]{}]*')
NO_BRACKET = re.compile(rb'[^"\[\]{}]*')
STRING_PART = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
MARK = b"\xef\xbb\xbf"


class Value(NamedTuple):
    """The bytes of a value, None where they pass the limit; their number; and the line that it begins in."""

    data: bytes | None
    size: int
    line: int


class Values:
    """Tells values apart: those of the stream, and of an array its elements. No more than ``limit`` bytes are held."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.state = OUTSIDE
        self.line = 1
        self._begun = 1
        self._array: int | None = None
        self._depth = 0
        self._held: list[bytes] = []
        self._size = 0

    @property
    def in_array(self) -> bool:
        """Whether the present value is an element of an array."""
        return self._array is not None

    @property
    def open_line(self) -> int | None:
        """The line in which a value or the array begins that has not ended; None where all have."""
        return self._begun if self.state != OUTSIDE else self._array

    def split(self, stream: Iterable[bytes]) -> Iterator[Value]:
        """The values that end in the stream, in their order; a backslash never ends a piece that is looked at."""
        rest, first = b"", True
        for chunk in stream:
            data = rest + chunk
            if first and len(data) < len(MARK) and MARK.startswith(data):
                rest = data
                continue
            data = data.removeprefix(MARK) if first else data
            first = False
            whole = len(data) - (len(data) - len(data.rstrip(b"\\"))) % 2
            data, rest = data[:whole], data[whole:]
            yield from self._split_piece(data)
        yield from self._split_piece(rest)
        if self.state == WORD:
            yield self._end()

    def _split_piece(self, data: bytes) -> Iterator[Value]:
        at = counted = 0
        begun = 0
        while at < len(data):
            if self.state == OUTSIDE:
                begun = BETWEEN.match(data, at).end()  # type: ignore[union-attr]
                self.line, counted = self.line + data.count(b"\n", counted, begun), begun
                at = self._open(data, begun) if begun < len(data) else begun
                continue
            at = self._run(data, at)
            if self.state == OUTSIDE or self.state == WORD and at < len(data):
                self._keep(data[begun:at])
                yield self._end()
        if self.state != OUTSIDE:
            self._keep(data[begun:])
        self.line += data.count(b"\n", counted)

    def _open(self, data: bytes, at: int) -> int:
        """Begin the value at a place, or begin or end the array of values; where to go on."""
        sign = data[at : at + 1]
        if sign == b"[" and self._array is None:
            self._array = self.line
            return at + 1
        if sign == b"]" and self._array is not None:
            self._array = None
            return at + 1
        self._begun = self.line
        self._depth = int(sign in (b"{", b"["))
        self.state = NESTED if self._depth else STRING if sign == b'"' else WORD
        return at + (self.state != WORD or sign in (b"]", b"}"))  # a bracket that closes nothing is a value of its own

    def _run(self, data: bytes, at: int) -> int:
        """Where the present part of a value stops; ``state`` then says what comes next."""
        if self.state == WORD:
            return WORD_PART.match(data, at).end()  # type: ignore[union-attr]
        if self.state == STRING:
            at = STRING_PART.match(data, at).end()  # type: ignore[union-attr]
            if data[at : at + 1] == b'"':
                self.state = NESTED if self._depth else OUTSIDE
            return min(at + 1, len(data))
        at = NO_BRACKET.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return at
        if data[at] == ord('"'):
            self.state = STRING
        else:
            self._depth += 1 if data[at] in b"[{" else -1
            self.state = NESTED if self._depth else OUTSIDE
        return at + 1

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self.limit:
            self._held.append(part)
        else:
            self._held = []

    def _end(self) -> Value:
        data = b"".join(self._held) if self._size <= self.limit else None
        value = Value(data, self._size, self._begun)
        self.state, self._held, self._size = OUTSIDE, [], 0
        return value
