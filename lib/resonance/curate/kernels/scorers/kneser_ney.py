"""Estimates an n-gram language model: interpolated modified Kneser-Ney smoothing, as KenLM's ``lmplz`` defines it.

Heafield, Pouzyrevsky, Clark and Koehn, "Scalable modified Kneser-Ney language model estimation", ACL 2013; what pruning leaves over
goes to the shorter context. A token is a 64-bit number and so is an n-gram: that of its last tokens, extended by one on the left.
Everything is sorting and counting of such numbers, and so the same whatever the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.scorers.features import PAIR
from resonance.curate.kernels.text.scan import FIRST, SECOND, mix_plainly

BEGIN, END, UNKNOWN = (mix_plainly(number) for number in (1, 2, 3))
"""Tokens before and behind each text, and the one for words that reference texts lack."""
FALLBACK = (0.0, 0.5, 1.0, 1.5)
"""Discounts where counts are too few to tell any (KenLM's ``--discount_fallback``)."""
Keys = NDArray[np.uint64]
Numbers = NDArray[np.float64]
Sizes = NDArray[np.int64]


class Model(NamedTuple):
    """N-grams of all orders: their numbers, probabilities of their last token, and the weight of shorter contexts behind them."""

    keys: Keys
    probabilities: Numbers
    backoffs: Numbers


class Grams(NamedTuple):
    """The different n-grams of one order, sorted.

    Args:
        keys: their numbers.
        raw: how often each occurs.
        at: a place where each ends.
        begins: whether it begins a text.
    """

    keys: Keys
    raw: Sizes
    at: Sizes
    begins: NDArray[np.bool_]


def estimate_plainly(texts: Sequence[Sequence[str]], order: int, pruned: int) -> Callable[[str, tuple[str, ...]], float]:
    """The probability of a word (None for the end of a text) after others, by the definition; ``None`` before all is the beginning.

    Args:
        texts: the words of each text.
        order: the longest n-grams.
        pruned: n-grams of three tokens or more that occur no more often than this are left out.
    """
    whole = [("<s>", *text, "</s>") for text in texts]
    raw = Counter(t[i : i + n] for t in whole for n in range(1, order + 1) for i in range(len(t) - n + 1))
    lefts = Counter(gram[1:] for gram in raw)
    counts = {g: c if len(g) == order or g[0] == "<s>" else lefts[g] for g, c in raw.items() if g != ("<s>",)}
    discounts = [(), *(find_discounts(Counter(c for g, c in counts.items() if len(g) == n)) for n in range(1, order + 1))]
    after: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for gram in counts:
        after.setdefault(gram[:-1], []).append(gram)
    words = 1 + sum(len(gram) == 1 for gram in counts)

    def share(word: str, context: tuple[str, ...]) -> float:
        shorter = share(word, context[1:]) if context else 1 / words
        if context not in after:
            return shorter
        total, off = sum(counts[g] for g in after[context]), discounts[len(context) + 1]
        kept = {g: counts[g] - off[min(counts[g], 3)] for g in after[context] if len(g) < 3 or raw[g] > pruned}
        return kept.get((*context, word), 0.0) / total + (total - sum(kept.values())) / total * shorter

    return share


def find_discounts(many: Counter[int]) -> tuple[float, ...]:
    """What is taken off counts of 0, 1, 2, and 3 or more, from how many n-grams have a count of 1 to 4 (Chen and Goodman 1998)."""
    one, two, three, four = (many[count] for count in (1, 2, 3, 4))
    if not (one and two and three):
        return FALLBACK
    unit = one / (one + 2 * two)
    found = (0.0, 1 - 2 * unit * two / one, 2 - 3 * unit * three / two, 3 - 4 * unit * four / three)
    return found if all(0 <= off <= count for count, off in enumerate(found)) else FALLBACK


def estimate(texts: Sequence[Keys], order: int, pruned: int) -> Model:
    """The model of texts, each the numbers of its words, with n-grams of 1 to ``order`` tokens.

    ``pruned`` is as in ``estimate_plainly``. N-grams are told apart by 64 bits: of ten million, two meet with a chance of 3e-6.
    """
    ends = np.cumsum([len(text) + 2 for text in texts])
    tokens = np.full(ends[-1], END, np.uint64)
    depth = np.ones(ends[-1], np.int64)
    for text, end in zip(texts, ends.tolist(), strict=True):
        first = end - len(text) - 2
        tokens[first], tokens[first + 1 : end - 1] = BEGIN, text
        depth[first:end] = np.arange(1, len(text) + 3)
    chains = [tokens]
    for back in range(1, order):
        chains.append(extend(chains[-1][1:], tokens[: max(len(tokens) - back, 0)]))
    grams = [_find_grams(chain, depth, n) for n, chain in enumerate(chains, 1)]
    return _smooth(chains, grams, pruned)


def extend(keys: Keys, left: Keys) -> Keys:
    """The numbers of n-grams with one more token on their left."""
    value = keys * np.uint64(PAIR) + left
    for factor in (FIRST, SECOND):
        value = (value ^ (value >> np.uint64(33))) * np.uint64(factor)
    return value ^ (value >> np.uint64(33))


def _find_grams(chain: Keys, depth: Sizes, n: int) -> Grams:
    """The n-grams of ``n`` tokens; ``chain`` holds that which ends ``n - 1`` places behind its own place."""
    ends = np.flatnonzero(depth[n - 1 :] >= n)
    keys, first, raw = np.unique(chain[ends], return_index=True, return_counts=True)
    at = ends[first] + n - 1
    return Grams(keys, raw, at, depth[at] == n)


def _smooth(chains: Sequence[Keys], grams: Sequence[Grams], pruned: int) -> Model:
    """Probabilities from the shortest n-grams up, and weights of contexts."""
    kept_keys, kept_shares, backoffs = [np.array([UNKNOWN], np.uint64)], [np.empty(1)], [np.ones(1)]
    below: Numbers = np.empty(0)
    for n, own in enumerate(grams, 1):
        counts = _adjust_counts(chains, grams, n)
        off = np.array(find_discounts(Counter(dict(zip(*np.unique(counts, return_counts=True), strict=True)))))[
            np.minimum(counts, 3)
        ]
        kept = _is_kept(own, n, pruned)
        left = np.where(kept, off, counts)
        if n == 1:
            total = counts.sum()
            spread = left.sum() / total / len(own.keys)  # the unknown word counts, the beginning of a text does not
            shares, kept_shares[0][0] = (counts - off) / total + spread, spread
        else:
            context = np.searchsorted(grams[n - 2].keys, chains[n - 2][own.at - 1 - (n - 2)])
            suffix = np.searchsorted(grams[n - 2].keys, chains[n - 2][own.at - (n - 2)])
            totals = np.bincount(context, counts, len(grams[n - 2].keys))
            weights = np.divide(np.bincount(context, left, len(totals)), totals, out=np.ones(len(totals)), where=totals > 0)
            backoffs.append(weights[_is_kept(grams[n - 2], n - 1, pruned)])
            shares = (counts - off) / totals[context] + weights[context] * below[suffix]
        kept_keys.append(own.keys[kept])
        kept_shares.append(shares[kept])
        below = shares
    backoffs.append(np.ones(len(kept_keys[-1])))
    return Model(np.concatenate(kept_keys), np.concatenate(kept_shares), np.concatenate(backoffs))


def _is_kept(own: Grams, n: int, pruned: int) -> NDArray[np.bool_]:
    return (own.raw > pruned) | (n < 3)


def _adjust_counts(chains: Sequence[Keys], grams: Sequence[Grams], n: int) -> Sizes:
    """Occurrences of the longest n-grams and of those that begin a text; of others, how many different tokens stand before them."""
    own = grams[n - 1]
    if n == len(grams):
        return np.where((n == 1) & (own.keys == BEGIN), 0, own.raw)
    longer = grams[n]
    places = np.searchsorted(own.keys, chains[n - 1][longer.at - (n - 1)])
    found = np.where(own.begins, own.raw, np.bincount(places, minlength=len(own.keys)))
    return np.where((n == 1) & (own.keys == BEGIN), 0, found)
