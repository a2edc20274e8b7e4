"""What proposes the next trial of a search, from those before it alone: a search that was killed proposes the same again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from resonance.core.search import Search, Tried, Values

Engine = Callable[[Search, Sequence[Tried]], Values]
"""The values of the next trial, a function of the search and of all trials before it."""


def choose_engine(search: Search) -> Engine:
    """What the search names.

    Raises:
        InputError: it names hyperopt, which is not installed.
    """
    if search.engine == "random":
        return propose_at_random
    from resonance.control.search.tree import propose_by_tree

    return propose_by_tree


def propose_at_random(search: Search, past: Sequence[Tried]) -> Values:
    """Values that are drawn evenly over the space, whatever came of those before."""
    parts = np.random.default_rng([search.seed, len(past)]).random(len(search.space))
    return {place.name: place.span.settle(float(part)) for place, part in zip(search.space, parts, strict=True)}
