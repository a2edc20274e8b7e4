"""The table that the kernel reads, made of the patterns once a process."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance.core import expression
from resonance.core.expression import parse_expression
from resonance.curate.kernels.privacy.automaton import build_automaton
from resonance.curate.kernels.privacy.codes import AFTER, BEFORE, CHECKS, FENCES
from resonance.curate.kernels.privacy.patterns import COUNTS, GROUPS, HINTS, NAMED, PATTERNS, Pattern
from resonance.curate.kernels.privacy.words_kernel import lay_words
from resonance.curate.kernels.text.laid import keep_arrays

LEFT = tuple(BEFORE)


class Tables(NamedTuple):
    """What the kernel reads; numbers of patterns are places in ``patterns``.

    Args:
        follows: the state after a state on a class of bytes, for all groups of patterns; 0 is the end.
        classes: the class of a byte, for each group.
        finds: where in ``found`` what a state has found begins.
        found: patterns whose value, or lead, ends in a state; of a pattern with a lead, its number plus ``size`` is its value.
        kinds: the kind of a byte that stands before a place.
        starts: the state in which a group starts after a kind of byte.
        opens: for each kind and byte, as bits, the groups that something may begin in.
        values: the state in which the value after a lead starts; 0 where a pattern has no lead.
        traits: for each pattern its fence after the value, its check, its first and last word that speaks
            of it, whether it yields, how many matches are tried.
        bounds: the first pattern of each group; after them their number.
        fences: whether a byte may not follow, for each fence.
        words: bytes of all hints; ``word_bounds``: where each begins; ``speaks``: what it says.
    """

    follows: NDArray[np.uint16]
    classes: NDArray[np.uint8]
    finds: NDArray[np.int32]
    found: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]
    opens: NDArray[np.uint8]
    values: NDArray[np.int64]
    traits: NDArray[np.int64]
    bounds: NDArray[np.int64]
    fences: NDArray[np.uint8]
    words: NDArray[np.uint8]
    word_bounds: NDArray[np.int64]
    speaks: NDArray[np.int64]


class Plan(NamedTuple):
    """Tables, the patterns that they hold by number, and the signal that each counts in."""

    tables: Tables
    patterns: tuple[Pattern, ...]
    columns: NDArray[np.int64]

    @property
    def types(self) -> list[str]:
        """The type of what each pattern finds, and behind them those of what a model finds."""
        return [*(pattern.name for pattern in self.patterns), *NAMED]

    @property
    def masks(self) -> list[str]:
        """The word of the placeholder of each type."""
        return [*(pattern.mask for pattern in self.patterns), *(name.upper() for name in NAMED)]


@lru_cache(maxsize=8)
def build_plan(own: tuple[Pattern, ...] = ()) -> Plan:
    """The plan of our patterns, and before them those of the user.

    To lay out ours takes two seconds, so that they are laid out once for a machine.

    Raises:
        InputError: the user's are no expressions, or too involved.
    """
    if own:
        tables = lay_tables((own, *GROUPS))
    else:
        reader = sha256(Path(expression.__file__).read_bytes()).hexdigest()[:16]  # no kernel, so that no cache's name holds it
        tables = Tables(**keep_arrays("privacy.tables", f"tables-{reader}", lambda: lay_tables(GROUPS)._asdict()))
    patterns = (*own, *PATTERNS)
    return Plan(tables, patterns, np.array([COUNTS.index(pattern.signal) for pattern in patterns]))


def lay_tables(groups: tuple[tuple[Pattern, ...], ...]) -> Tables:
    """The tables of groups of patterns."""
    patterns = tuple(pattern for group in groups for pattern in group)
    bounds = np.cumsum([0, *map(len, groups)])
    kinds, allowed = _divide_before()
    rows, finds, found, classes, starts = [np.zeros((1, 256), np.uint16)], [np.zeros(1, np.int64)], [], [], []
    values, states, size, filled = np.zeros(len(patterns), np.int64), 1, len(patterns), 0
    for group, first in zip(groups, bounds[:-1], strict=True):
        leads = [
            (parse_expression(one.lead or one.expression, any_case=bool(one.lead)), int(first) + n) for n, one in enumerate(group)
        ]
        after = [(n, one) for n, one in enumerate(group) if one.lead]
        inner = [(parse_expression(one.expression), size + int(first) + n) for n, one in after]
        begin = [[n for n, one in enumerate(group) if one.before in names] for names in allowed]
        made = build_automaton([*leads, *inner], [*begin, *([len(group) + n] for n in range(len(inner)))])
        wide = np.zeros((len(made.follows) - 1, 256), np.uint16)
        wide[:, : made.follows.shape[1]] = np.where(made.follows[1:] > 0, made.follows[1:] + np.uint16(states - 1), 0)
        place = np.where(made.starts > 0, made.starts.astype(np.int64) + states - 1, 0)
        starts.append(place[: len(allowed)])
        for n, state in zip(after, place[len(allowed) :], strict=True):
            values[first + n[0]] = state
        rows.append(wide)
        finds.append(made.finds[1:-1].astype(np.int64) + filled)
        found.append(made.found)
        filled, states = filled + len(made.found), states + len(wide)
        classes.append(made.classes)
    finds.append(np.array([filled]))
    width = max(int(each.max()) for each in classes) + 1
    follows = np.ascontiguousarray(np.concatenate(rows)[:, :width])
    begins = np.array(starts, np.int64)
    opens = np.zeros((len(allowed), 256), np.uint8)
    for number, each in enumerate(classes):
        for kind in range(len(allowed)):
            opens[kind] |= (follows[begins[number, kind], each] > 0).astype(np.uint8) << number
    words, spoken, spans = _lay_hints()
    traits = [(FENCES.index(one.after), CHECKS.index(one.check), *spans[one.hint], one.yields, one.tries) for one in patterns]
    return Tables(
        follows,
        np.array(classes, np.uint8),
        np.concatenate(finds).astype(np.int32),
        np.concatenate(found).astype(np.int32),
        kinds,
        begins,
        opens,
        values,
        np.array(traits, np.int64),
        bounds.astype(np.int64),
        _lay_fences(AFTER.values()),
        *lay_words(words),
        np.array(spoken, np.int64),
    )


def _matcher(signs: str) -> Callable[[str], bool]:
    held = re.compile(f"[{signs}]") if signs else None
    return lambda sign: held is not None and held.match(sign) is not None


def _lay_fences(fences: object) -> NDArray[np.uint8]:
    """Whether each fence refuses a byte; what is not ASCII is one kind of byte."""
    rows = [[_matcher(signs)(chr(byte) if byte < 0x80 else "\u4e00") for byte in range(256)] for signs in fences]  # type: ignore[attr-defined]
    return np.array(rows, np.uint8)


def _divide_before() -> tuple[NDArray[np.uint8], list[list[str]]]:
    """The kind of each byte, and of that before a text, and for each kind the fences that let something begin after it."""
    refused = np.c_[_lay_fences(BEFORE.values()), np.zeros(len(BEFORE), np.uint8)]
    columns = [tuple(column) for column in refused.T]
    known = list(dict.fromkeys(columns))
    allowed = [[name for name, no in zip(LEFT, column, strict=True) if not no] for column in known]
    return np.array([known.index(column) for column in columns], np.uint8), allowed


def _lay_hints() -> tuple[list[str], list[int], dict[str, tuple[int, int]]]:
    words: list[str] = []
    spoken: list[int] = []
    spans = {"": (0, 0)}
    for name, sides in HINTS.items():
        first = len(words)
        for side, speaks in zip(sides, (1, -1), strict=True):
            words += side
            spoken += [speaks] * len(side)
        spans[name] = (first, len(words))
    return words, spoken, spans
