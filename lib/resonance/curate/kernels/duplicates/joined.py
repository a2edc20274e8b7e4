"""Connected components of a graph that fits into one process: union-find over numbered nodes.

Galler, Fischer 1964, "An improved equivalence algorithm"; paths are halved as they are walked (Tarjan, van Leeuwen 1984).
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled

_NODES = types.Array(types.int64, 1, "C", readonly=True)


@compiled(types.int64(types.int64[::1], types.int64))
def root(above, node):  # type: ignore[no-untyped-def]
    """The smallest node of the tree that ``node`` is in."""
    while above[node] != node:
        above[node] = above[above[node]]
        node = above[node]
    return node


@compiled(types.void(_NODES, _NODES, types.int64[::1]))
def join(one, other, above):  # type: ignore[no-untyped-def]
    """``above[i]`` gets the smallest node of the component of node i, where edges join ``one[k]`` and ``other[k]``."""
    for node in range(len(above)):
        above[node] = node
    for edge in range(len(one)):
        a, b = root(above, one[edge]), root(above, other[edge])
        if a < b:
            above[b] = a
        else:
            above[a] = b
    for node in range(len(above)):
        above[node] = root(above, node)


def smallest(one: NDArray[np.int64], other: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """The smallest node in the component of each of ``nodes`` nodes; edges join those of equal place."""
    above = np.empty(nodes, np.int64)
    join(one, other, above)
    return above
