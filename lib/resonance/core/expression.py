"""Regular expressions of the kind that one scan without going back can find: read to a small tree, checked as they are read.

They are Python's with the flag ASCII: characters, classes, groups, alternatives, repetitions. What looks around, looks back or
is lazy is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from resonance.core.errors import InputError

LAST = 0x10FFFF
MOST = 1_000
"""Copies of one part that a repetition may ask for."""
LARGEST = 5_000
"""Characters that an expression may stand for, every repetition written out."""
CLASSES = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": ((0x09, 0x0D), (0x20, 0x20)),
}
LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
Ranges = tuple[tuple[int, int], ...]
Patterns = tuple[tuple[str, str], ...]
"""Expressions that a user looks for in texts, each with its name."""


class Hidden(NamedTuple):
    """What is hidden wherever a text is shown, besides persons and secrets of known forms.

    Args:
        patterns: the user's own, as name and expression.
        names: whether names of persons, addresses and organisations in Chinese are, which a model finds.
    """

    patterns: Patterns = ()
    names: bool = False


NO_MORE = Hidden()
"""Persons and secrets of known forms alone."""


@dataclass(frozen=True)
class Characters:
    """One character out of ranges of code points."""

    ranges: Ranges


@dataclass(frozen=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """Any of its parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part at least and at most so many times; without an end where ``most`` is None."""

    part: Node
    least: int
    most: int | None


Node = Characters | Sequence | Choice | Repeat


def parse_expression(expression: str, *, any_case: bool = False) -> Node:
    """The tree of a regular expression.

    Raises:
        InputError: it is none, or asks for what one scan cannot find; the message says where.
    """
    reader = _Reader(expression, any_case)
    tree = reader.read_choice()
    if reader.at < len(expression):
        raise reader.refuse("a group that was never opened is closed")
    if (size := count_characters(tree)) > LARGEST:
        raise reader.refuse(f"{size:,} characters when its repetitions are written out, more than {LARGEST:,}")
    return tree


def count_characters(tree: Node) -> int:
    """How many characters an expression stands for, every repetition written out."""
    if isinstance(tree, Characters):
        return 1
    if isinstance(tree, Repeat):
        return count_characters(tree.part) * max(tree.least, tree.most or 0, 1)
    return sum(map(count_characters, tree.parts))


def list_ranges(tree: Node) -> Ranges:
    """The characters that an expression may read, anywhere in it."""
    if isinstance(tree, Characters):
        return tree.ranges
    parts = (tree.part,) if isinstance(tree, Repeat) else tree.parts
    return tuple(dict.fromkeys(each for part in parts for each in list_ranges(part)))


def may_be_empty(tree: Node) -> bool:
    """Whether an expression matches a text without any character."""
    if isinstance(tree, Characters):
        return False
    if isinstance(tree, Repeat):
        return tree.least == 0 or may_be_empty(tree.part)
    return (any if isinstance(tree, Choice) else all)(map(may_be_empty, tree.parts))


class _Reader:
    def __init__(self, expression: str, any_case: bool) -> None:
        self.text, self.any_case, self.at = expression, any_case, 0

    def refuse(self, why: str) -> InputError:
        return InputError(f"expression {self.text!r}, place {self.at + 1}: {why}")

    def take(self, expected: str) -> bool:
        found = self.text.startswith(expected, self.at)
        self.at += len(expected) * found
        return found

    def read_choice(self) -> Node:
        parts = [self._read_sequence()]
        while self.take("|"):
            parts.append(self._read_sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _read_sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._read_repeats(self._read_one()))
        return Sequence(tuple(parts))

    def _read_one(self) -> Node:
        if self.take("("):
            if self.take("?") and not self.take(":"):
                raise self.refuse("what looks around, names groups or sets flags cannot be used")
            inside = self.read_choice()
            if not self.take(")"):
                raise self.refuse("a group is not closed")
            return inside
        if self.take("["):
            return Characters(self._read_class())
        if self.take("."):
            return Characters(complement(((0x0A, 0x0A),)))
        if self.text[self.at] in "*+?{^$":
            raise self.refuse(f"{self.text[self.at]} has nothing to repeat, or asks where a text or line ends")
        return Characters(self._fold(self._read_character(in_class=False)))

    def _read_repeats(self, part: Node) -> Node:
        start = self.at
        if self.take("*"):
            least, most = 0, None
        elif self.take("+"):
            least, most = 1, None
        elif self.take("?"):
            least, most = 0, 1
        elif self.text.startswith("{", self.at):
            least, most = self._read_counts()
        else:
            return part
        if self.at < len(self.text) and self.text[self.at] in "*+?{":
            raise self.refuse("repetitions of repetitions, lazy and greedy ones cannot be told here")
        if max(least, most or 0) > MOST:
            self.at = start
            raise self.refuse(f"more than {MOST:,} repetitions")
        return Repeat(part, least, most)

    def _read_counts(self) -> tuple[int, int | None]:
        inside, closed, _ = self.text[self.at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not (least or most) or not all(part.isdecimal() or not part for part in (least, most)):
            raise self.refuse("write a number of repetitions, such as {3} or {3,8}")
        self.at += len(inside) + 2
        low = int(least or 0)
        high = low if not comma else int(most) if most else None
        if high is not None and high < low:
            raise self.refuse("the most repetitions are less than the least")
        return low, high

    def _read_class(self) -> Ranges:
        found: list[tuple[int, int]] = []
        negated, first = self.take("^"), True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise self.refuse("a class is not closed")
            first = False
            low = self._read_character(in_class=True)
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at) and len(low) == 1:
                self.at += 1
                high = self._read_character(in_class=True)
                if low[0][0] != low[0][1] or len(high) != 1 or high[0][1] < low[0][0]:
                    raise self.refuse("a range ends before it starts")
                low = ((low[0][0], high[0][1]),)
            found += self._fold(low)
        self.at += 1
        return complement(tuple(found)) if negated else tuple(found)

    def _read_character(self, *, in_class: bool) -> Ranges:
        if self.at >= len(self.text):
            raise self.refuse("a class is not closed")
        sign = self.text[self.at]
        self.at += 1
        if sign != "\\":
            return ((ord(sign), ord(sign)),)
        if self.at >= len(self.text):
            raise self.refuse("nothing is escaped")
        sign = self.text[self.at]
        self.at += 1
        if sign.lower() in CLASSES:
            known = CLASSES[sign.lower()]
            return known if sign.islower() else complement(known)
        digits = {"x": 2, "u": 4}.get(sign, 0)
        if digits:
            code = self.text[self.at : self.at + digits]
            if len(code) < digits or not all(c in "0123456789abcdefABCDEF" for c in code):
                raise self.refuse(f"\\{sign} asks for {digits} hexadecimal digits")
            self.at += digits
            return ((int(code, 16), int(code, 16)),)
        if sign in LETTERS or (in_class and sign == "b"):
            sign = LETTERS.get(sign, "\b")
        elif sign.isalnum():
            raise self.refuse(f"\\{sign} cannot be used")
        return ((ord(sign), ord(sign)),)

    def _fold(self, ranges: Ranges) -> Ranges:
        if not self.any_case:
            return ranges
        folded = list(ranges)
        for low, high in ranges:
            for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
                if max(low, first) <= min(high, last):
                    folded.append((max(low, first) + shift, min(high, last) + shift))
        return tuple(folded)


def complement(ranges: Ranges) -> Ranges:
    """All code points that no range holds."""
    found, at = [], 0
    for low, high in sorted(ranges):
        if low > at:
            found.append((at, low - 1))
        at = max(at, high + 1)
    return (*found, (at, LAST)) if at <= LAST else tuple(found)
