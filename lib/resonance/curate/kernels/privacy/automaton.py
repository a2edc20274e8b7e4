"""Expressions to one table of states over bytes: which state follows on which byte, and what has been found there.

The states are those of Thompson's construction (1968), made deterministic by sets of them; a set is the bits of an integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from resonance.core.errors import InputError
from resonance.core.expression import Characters, Choice, Node, Ranges, Sequence

MOST_STATES = 60_000
"""States that a table may have: they are counted by 16 bits."""
SURROGATES = (0xD800, 0xDFFF)
LIMITS = (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)


@dataclass(frozen=True)
class Automaton:
    """A table of states; state 0 is that from which nothing can be found any more.

    Args:
        follows: the state that follows a state (row) on a class of bytes (column).
        classes: the class of each byte.
        starts: the state that each given start begins in.
        finds: for each state, where what it has found begins in ``found``; and where that of the last state ends.
        found: numbers of expressions, in rising order for each state.
    """

    follows: NDArray[np.uint16]
    classes: NDArray[np.uint8]
    starts: NDArray[np.uint16]
    finds: NDArray[np.int32]
    found: NDArray[np.int32]


@dataclass
class _Graph:
    """States by number: the free moves of each, and its moves over ranges of bytes."""

    free: list[list[int]] = field(default_factory=list)
    moves: list[list[tuple[int, int, int]]] = field(default_factory=list)

    def add(self) -> int:
        if len(self.free) >= MOST_STATES:
            raise InputError(f"expressions are too long together: they need more than {MOST_STATES:,} states")
        self.free.append([])
        self.moves.append([])
        return len(self.free) - 1

    def lay(self, node: Node, start: int) -> int:
        """Lays ``node`` from a state on; the state in which it has been read."""
        if isinstance(node, Characters):
            end = self.add()
            for ranges in encode_ranges(node.ranges):
                at = start
                for low, high in ranges[:-1]:
                    after = self.add()
                    self.moves[at].append((low, high, after))
                    at = after
                self.moves[at].append((*ranges[-1], end))
            return end
        if isinstance(node, Sequence):
            for part in node.parts:
                start = self.lay(part, start)
            return start
        if isinstance(node, Choice):
            end = self.add()
            for part in node.parts:
                first = self.add()
                self.free[start].append(first)
                self.free[self.lay(part, first)].append(end)
            return end
        for _ in range(node.least):
            start = self.lay(node.part, start)
        if node.most is None:
            loop, after = self.add(), self.add()
            self.free[start].append(loop)
            self.free[self.lay(node.part, loop)].append(loop)
            self.free[loop].append(after)
            return after
        ends = [start]
        for _ in range(node.most - node.least):
            fresh = self.add()  # a loop inside must not lead back to where this one may end
            self.free[start].append(fresh)
            start = self.lay(node.part, fresh)
            ends.append(start)
        end = self.add()
        for one in ends:
            self.free[one].append(end)
        return end

    def close(self) -> list[int]:
        """For each state, as bits, those that free moves reach from it."""
        reached = []
        for state in range(len(self.free)):
            seen, waiting = 1 << state, [state]
            while waiting:
                for after in self.free[waiting.pop()]:
                    if not seen >> after & 1:
                        seen |= 1 << after
                        waiting.append(after)
            reached.append(seen)
        return reached


def encode_ranges(ranges: Ranges) -> Iterator[list[tuple[int, int]]]:
    """The same characters as sequences of ranges of UTF-8 bytes; surrogates have none."""
    waiting = list(ranges)
    while waiting:
        low, high = waiting.pop()
        if low <= SURROGATES[1] and high >= SURROGATES[0]:
            parts = [(low, SURROGATES[0] - 1), (SURROGATES[1] + 1, high)]
            waiting += [part for part in parts if part[0] <= part[1]]
            continue
        limit = next(limit for limit in LIMITS if low <= limit)
        if high > limit:
            waiting += [(low, limit), (limit + 1, high)]
            continue
        first, last = chr(low).encode(), chr(high).encode()
        split = _find_split(low, high, len(first))
        if split is None:
            yield list(zip(first, last, strict=True))
        else:
            waiting += [(low, split - 1), (split, high)]


def _find_split(low: int, high: int, size: int) -> int | None:
    """Where a range must be cut, so that each of its bytes is free of those before it."""
    for place in range(1, size):
        span = 1 << 6 * place
        if low // span != high // span:
            if low % span:
                return (low // span + 1) * span
            if high % span != span - 1:
                return high // span * span
    return None


def build_automaton(parts: list[tuple[Node, int]], starts: list[list[int]]) -> Automaton:
    """One table for all of ``parts``.

    Args:
        parts: expressions, each with the number by which it is found.
        starts: for each start the places in ``parts`` of the expressions that may begin there.

    Raises:
        InputError: the table would be too large.
    """
    graph = _Graph()
    heads, tails = [], {}
    for node, number in parts:
        heads.append(graph.add())
        tails[graph.lay(node, heads[-1])] = number
    reached = graph.close()
    classes, count = _divide_bytes(graph)
    moves = [[(classes[low], classes[high], reached[after]) for low, high, after in each] for each in graph.moves]
    sets: dict[int, int] = {0: 0}
    rows = [[0] * count]
    first = []
    for places in starts:
        held = 0
        for place in places:
            held |= reached[heads[place]]
        first.append(sets.setdefault(held, len(sets)))
    waiting = [held for held in sets if held]
    at = 0
    while at < len(waiting):
        row = [0] * count
        for place, held in enumerate(_move(waiting[at], moves, count)):
            if held:
                if held not in sets:
                    sets[held] = len(sets)
                    waiting.append(held)
                row[place] = sets[held]
        rows.append(row)
        at += 1
        if len(sets) > MOST_STATES:
            raise InputError(f"expressions are too involved together: they need more than {MOST_STATES:,} states")
    ends = sum(1 << tail for tail in tails)
    found = [sorted(tails[state] for state in list_bits(held & ends)) for held in sets]
    return Automaton(
        np.array(rows, np.uint16),
        np.array(classes, np.uint8),
        np.array(first, np.uint16),
        np.cumsum([0, *map(len, found)]).astype(np.int32),
        np.array([number for each in found for number in each], np.int32),
    )


def _move(held: int, moves: list[list[tuple[int, int, int]]], count: int) -> list[int]:
    """The set of states that follows on each class of bytes."""
    after = [0] * count
    for state in list_bits(held):
        for low, high, reached in moves[state]:
            for place in range(low, high + 1):
                after[place] |= reached
    return after


def list_bits(held: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while held:
        low = held & -held
        yield low.bit_length() - 1
        held ^= low


def _divide_bytes(graph: _Graph) -> tuple[list[int], int]:
    """The class of each byte, bytes of one class being alike to every move; and how many classes there are."""
    cuts = {0} | {edge for each in graph.moves for low, high, _ in each for edge in (low, high + 1)}
    classes, last = [], -1
    for byte in range(256):
        last += byte in cuts
        classes.append(last)
    return classes, last + 1
