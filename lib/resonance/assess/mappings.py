"""From raw numbers to scores, and the measures of distributions that operators share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def up(x: float, low: float, high: float) -> float:
    """0 at ``low``, 1 at ``high``, a line between them."""
    return min(1.0, max(0.0, (x - low) / (high - low)))


def down(x: float, low: float, high: float) -> float:
    """1 at ``low``, 0 at ``high``, a line between them."""
    return 1.0 - up(x, low, high)


def cap(x: float, goal: float) -> float:
    """The share of a goal that was reached, 1 at most."""
    return min(1.0, x / goal)


def to_shares(counts: Sequence[float]) -> list[float]:
    """Counts as shares of their sum, which is not zero."""
    whole = sum(counts)
    return [count / whole for count in counts]


def find_entropy(shares: Sequence[float]) -> float:
    """Shannon entropy in nats."""
    return math.fsum(-share * math.log(share) for share in shares if share) or 0.0  # and never minus zero


def find_evenness(shares: Sequence[float], kinds: int) -> float:
    """Entropy over that of ``kinds`` equal shares. Pielou 1966."""
    return find_entropy(shares) / math.log(kinds)


def count_effectively(shares: Sequence[float]) -> float:
    """How many equal shares would have this entropy. Hill 1973."""
    return math.exp(find_entropy(shares))


def find_concentration(shares: Sequence[float]) -> float:
    """The sum of squares of shares: the Herfindahl-Hirschman index."""
    return math.fsum(share * share for share in shares)


def find_divergence(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Jensen-Shannon divergence of two distributions in bits. Lin 1991."""

    def part(share: float, middle: float) -> float:
        return share * math.log2(share / middle) if share else 0.0

    names = sorted({*one, *other})
    pairs = [(one.get(name, 0.0), other.get(name, 0.0)) for name in names]
    return min(1.0, max(0.0, math.fsum((part(a, (a + b) / 2) + part(b, (a + b) / 2)) / 2 for a, b in pairs)))


def find_distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Half the sum of differences of two distributions: their total variation."""
    return math.fsum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in sorted({*one, *other})) / 2
