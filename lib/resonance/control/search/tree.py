"""Proposes trials by hyperopt: the one module that imports it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from resonance.core.errors import InputError
from resonance.core.search import Search, Span, Tried, Values

SPREAD: Final = 6
"""Trials that are spread over the space before the tree has anything to go by."""
GAMMA, PRIOR = 1.0, 0.5
"""Of N trials the best ``GAMMA * sqrt(N)`` are the good ones; PRIOR trials' worth of weight stays with the space as a whole.

hyperopt's .25 and 1 make one trial of sixteen a good one: with twenty trials the tree settles beside the first lucky one. All
three were chosen on seeds 100 to 104 of ``tests.bench.rule_trials``.
"""


def propose_by_tree(search: Search, past: Sequence[Tried]) -> Values:
    """The values that the tree of Parzen estimators expects most of, after SPREAD trials that are spread over the space.

    Bergstra, Bardenet, Bengio, Kegl 2011, "Algorithms for Hyper-Parameter Optimization". Its trials are told anew each time, so
    that nothing has to be kept but what tables hold. Infeasible ones tell it nothing.

    Raises:
        InputError: hyperopt is not installed.
    """
    try:
        from hyperopt import Trials, tpe
        from hyperopt.base import Domain
    except ImportError as error:
        advice = "pip install 'resonance-factory[search]', or write engine: random into its file"
        raise InputError(f"search {search.name}: engine tpe needs {error.name or 'hyperopt'}: {advice}") from None
    if len(past) < SPREAD:
        return spread_values(search, len(past))
    spans = {place.name: place.span for place in search.space}
    domain, trials = Domain(lambda values: 0.0, _make_space(spans)), Trials()
    trials.insert_trial_docs([_tell(number, one, spans) for number, one in enumerate(past)])
    trials.refresh()
    seed = int(np.random.default_rng([search.seed, len(past)]).integers(2**31))
    (proposed,) = tpe.suggest([len(past)], domain, trials, seed, n_startup_jobs=0, gamma=GAMMA, prior_weight=PRIOR)
    return {name: _read_value(spans[name], found[0]) for name, found in proposed["misc"]["vals"].items()}


def spread_values(search: Search, number: int) -> Values:
    """Values that fill the space evenly: Halton's sequence, with a base for each place, shifted by the search's seed."""
    shifts = np.random.default_rng([search.seed]).random(len(search.space))
    bases = _list_primes(len(search.space))
    parts = ((_reverse_digits(number + 1, base) + shift) % 1 for base, shift in zip(bases, shifts, strict=True))
    return {place.name: place.span.settle(float(part)) for place, part in zip(search.space, parts, strict=True)}


def _list_primes(many: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < many:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _reverse_digits(number: int, base: int) -> float:
    """The number's digits to a base, mirrored behind the point (van der Corput)."""
    part, value = 1.0, 0.0
    while number:
        number, digit = divmod(number, base)
        part /= base
        value += part * digit
    return value


def _make_space(spans: dict[str, Span]) -> dict[str, Any]:
    """The space in hyperopt's words: steps and choices by their number."""
    from hyperopt import hp

    space = {}
    for name, span in spans.items():
        low, high = span.ends
        if span.choice is not None:
            space[name] = hp.randint(name, len(span.choice))
        elif span.quniform is not None:
            space[name] = hp.quniform(name, 0, _count_steps(span), 1)
        else:
            space[name] = hp.uniform(name, low, high)
    return space


def _count_steps(span: Span) -> int:
    low, high = span.ends
    return round((span.settle(1.0) - low) / span.quniform[2]) if span.quniform else 0


def _read_value(span: Span, found: float) -> float:
    if span.choice is not None:
        return span.choice[int(found)]
    return span.ends[0] + float(found) * span.quniform[2] if span.quniform is not None else float(found)


def _write_value(span: Span, value: float) -> float:
    if span.choice is not None:
        return span.choice.index(value)
    return float(round((value - span.ends[0]) / span.quniform[2])) if span.quniform is not None else value


def _tell(number: int, tried: Tried, spans: dict[str, Span]) -> dict[str, Any]:
    """A trial in hyperopt's words."""
    result = {"status": "fail"} if tried.objective is None else {"status": "ok", "loss": tried.objective}
    values = {name: [_write_value(span, tried.values[name])] for name, span in spans.items()}
    return {
        "state": 2,
        "tid": number,
        "spec": None,
        "result": result,
        "misc": {"tid": number, "cmd": None, "workdir": None, "vals": values, "idxs": {name: [number] for name in spans}},
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }
