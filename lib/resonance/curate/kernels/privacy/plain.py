"""What is found in a text, by definition: at each place the first pattern that holds, its longest match, then on from there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from resonance.core.expression import list_ranges, parse_expression
from resonance.curate.kernels.privacy import checks
from resonance.curate.kernels.privacy.codes import AFTER, BEFORE, BEHIND, GROUPED, INSIDE, JOINED, LETTERS, MOST_BEFORE, NEAR
from resonance.curate.kernels.privacy.patterns import HINTS, PATTERNS, Pattern


class Span(NamedTuple):
    """A value in a text: its type, where it starts and where it ends, in code points."""

    type: str
    start: int
    end: int


def find_plainly(text: str, own: Sequence[Pattern] = ()) -> list[Span]:
    """What is found in one text, in its order."""
    patterns = (*own, *PATTERNS)
    openings = _compile_openings(patterns)
    found: list[Span] = []
    at = 0
    while opening := openings.search(text, at):
        at = opening.start()
        span = _find_first(text, at, patterns)
        if span is not None:
            known = found[-1].end if found else 0
            span = span._replace(start=widen(text, known, span.start)) if span.type == "email" else span
            found.append(span)
        at = at + 1 if span is None else span.end
    return found


def widen(text: str, known: int, start: int) -> int:
    """Where an address begins that other signs than those of ASCII stand before: such as ``é``, a soft hyphen, full-width ones."""
    begin = start
    for at in range(start - 1, max(known, start - MOST_BEFORE) - 1, -1):
        if not _in_ranges(text[at], INSIDE) and not re.match(r"[A-Za-z0-9_.%+-]", text[at]):
            break
        begin = at if _in_ranges(text[at], LETTERS) or re.match(r"[A-Za-z0-9_]", text[at]) else begin
    return begin


def _in_ranges(sign: str, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(low <= ord(sign) <= high for low, high in ranges)


def _find_first(text: str, at: int, patterns: Sequence[Pattern]) -> Span | None:
    """What the first pattern finds that holds at a place."""
    for pattern in patterns:
        for span in _match(text, at, pattern):
            without = [other for other in patterns if not other.lead] if pattern.yields else []
            return _find_first(text, span.start, without) or span
    return None


def _match(text: str, at: int, pattern: Pattern) -> Iterator[Span]:
    if at and _in_class(BEFORE[pattern.before], text[at - 1]):
        return
    first = _compiled(pattern.lead, re.IGNORECASE) if pattern.lead else _compiled(pattern.expression, 0)
    if first.match(text, at) is None:
        return
    start = next(_find_ends(text, at, first, "any"), None) if pattern.lead else at
    if start is not None:
        ends = islice(_find_ends(text, start, _compiled(pattern.expression, 0), pattern.after), pattern.tries)
        yield from (Span(pattern.name, start, end) for end in ends if _holds(text, start, end, pattern))


@cache
def _compile_openings(patterns: tuple[Pattern, ...]) -> re.Pattern[str]:
    """What any of the patterns may begin with: no other place need be tried."""
    openings = (f"(?i:{pattern.lead})" if pattern.lead else f"(?:{pattern.expression})" for pattern in patterns)
    return re.compile("|".join(openings), re.ASCII)


@cache
def _compile_reach(expression: re.Pattern[str]) -> re.Pattern[str]:
    """Any number of the characters that an expression reads: where others begin, no match of it goes on."""
    ranges = list_ranges(parse_expression(expression.pattern, any_case=bool(expression.flags & re.IGNORECASE)))
    return re.compile(f"[{''.join(f'{_escape(low)}-{_escape(high)}' for low, high in ranges)}]*")


def _escape(code: int) -> str:
    return f"\\U{code:08x}"


@cache
def _compiled(expression: str, flag: int) -> re.Pattern[str]:
    return re.compile(expression, re.ASCII | flag)


def _in_class(signs: str, sign: str) -> bool:
    return bool(signs) and _compiled(f"[{signs}]", 0).fullmatch(sign) is not None


def _find_ends(text: str, start: int, expression: re.Pattern[str], fence: str) -> Iterator[int]:
    """Where matches end that the fence lets end there, the longest first."""
    if expression.match(text, start) is not None:
        furthest = _compile_reach(expression).match(text, start).end()  # type: ignore[union-attr]
        ends = (end for end in range(furthest, start, -1) if expression.fullmatch(text, start, end))
        yield from (end for end in ends if _may_end(text, end, fence))


def _may_end(text: str, end: int, fence: str) -> bool:
    if end == len(text):
        return fence not in BEHIND
    if _in_class(AFTER[fence], text[end]):
        return False
    if fence in JOINED and re.match(r"[.-][0-9A-Za-z]", text[end:]):
        return fence == "dotted" and re.match(r"-\d{1,3}\.", text[end:], re.ASCII) is not None
    return True


def _find_last(near: bytes, word: str) -> int:
    """Where a word stands last in these bytes, not inside of another of ASCII: where it ends there; 0 where it does not."""
    inside = b"(?<![a-z])" if word[0].isascii() and word[0].isalpha() else b""
    return max((found.end() for found in re.finditer(inside + re.escape(word.encode()), near)), default=0)


def weigh_words(text: str, start: int, hint: str) -> int:
    """What the word says that ends nearest before a value: 1 for it, -1 against it, 0 where there is none."""
    if not hint:
        return 0
    near = text[:start].encode()[-NEAR:].rpartition(b"\n")[2].lower()
    said = [(word, speaks) for words, speaks in zip(HINTS[hint], (1, -1), strict=True) for word in words]
    ends = [(_find_last(near, word), speaks) for word, speaks in said]
    nearest, speaks = max(ends, key=lambda end: end[0])
    return speaks if nearest else 0


def _holds(text: str, start: int, end: int, pattern: Pattern) -> bool:
    value, said = text[start:end], weigh_words(text, start, pattern.hint)
    if said < 0 or (pattern.check in GROUPED and checks.in_account(text[:start])):
        return False
    if pattern.check == "ipv4":
        small = checks.heads_section(value, text[end:]) or (said < 1 and checks.is_small(value, text[end:]))
        return checks.ipv4(value, text[:start], text[end:]) and not small
    if pattern.check == "ipv6":
        return checks.ipv6(value, text[:start])
    if pattern.check == "card":
        return checks.card(value, text[:start], said)
    if pattern.check == "assignment":
        return checks.assignment(value, text[:start])
    if pattern.check == "secret":
        return checks.secret(value, text[:start], text[end:])
    if pattern.check == "email":
        return checks.email(value, text[:start], text[end:])
    if pattern.check == "mobile":
        token = text[:start].encode()[-NEAR:].replace(b"\n", b" ").rpartition(b" ")[2]
        return b"://" not in token and (said > 0 or checks.mobile(value, text[:start], text[end:]))
    if pattern.check == "phone" and value.startswith("0"):
        return said > 0 and checks.phone(value)
    return not pattern.check or bool(getattr(checks, pattern.check)(value))


def count_plainly(text: str) -> dict[str, int]:
    """How often each signal of a pattern is found in one text."""
    counted = {pattern.name: pattern.signal for pattern in PATTERNS}
    signals = [counted[span.type] for span in find_plainly(text)]
    return {signal: signals.count(signal) for signal in signals}
