"""Engines: values of the space, the same from the same history, and better than chance where there is something to find."""

from __future__ import annotations

from typing import Literal

import pytest

from resonance.control.search.engines import choose_engine
from resonance.control.search.tree import _list_primes, _reverse_digits, spread_values
from resonance.core.policy import Policy
from resonance.core.search import Search, Tried, Values, parse_search

INCUMBENT = Policy.model_validate({"name": "mine", "rules": [{"rule": "a", "signal": "n_words", "below": 5}]})
ENGINES: tuple[Literal["tpe", "random"], ...] = ("tpe", "random")


def search(engine: str, seed: int = 7) -> Search:
    head = {"name": "s", "incumbent": "mine@1", "tokens": 10, "seed": seed, "budget": {"tokens": 1, "seconds": 1}, "engine": engine}
    rules = [{"rule": name, "signal": "n_words", "below": 5} for name in "abc"]
    policy = INCUMBENT.model_validate({"name": "mine", "rules": rules})
    space = [
        {"rule": "a", "below": {"quniform": [10, 100, 5]}},
        {"rule": "b", "below": {"uniform": [0, 1]}},
        {"rule": "c", "below": {"choice": [0.5, 0.25, 4]}},
        {"rule": "c", "use": [True, False]},
    ]
    return parse_search({"search": head, "space": space}, policy, "s")


def lose(values: Values) -> float:
    return abs(values["a.below"] - 40) / 90 + abs(values["b.below"] - 0.7) + 0.1 * values["c.below"] + 0.2 * values["c.use"]


def run(engine: str, seed: int, many: int) -> list[Tried]:
    asked, past = search(engine, seed), list[Tried]()
    for number in range(many):
        values = choose_engine(asked)(asked, past)
        past.append(Tried(values, None if number % 7 == 3 else lose(values)))
    return past


@pytest.mark.parametrize("engine", ENGINES)
def test_values_lie_in_the_space(engine: str) -> None:
    for tried in run(engine, 7, 25):
        assert set(tried.values) == {"a.below", "b.below", "c.below", "c.use"}
        assert tried.values["a.below"] in range(10, 101, 5)
        assert 0 <= tried.values["b.below"] <= 1
        assert tried.values["c.below"] in (0.5, 0.25, 4.0)
        assert tried.values["c.use"] in (0.0, 1.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_history_proposes_the_same_again(engine: str) -> None:
    """So does a search that was killed: its engine is told the trials that tables hold, and knows nothing else."""
    past, asked = run(engine, 7, 12), search(engine)
    for number in (0, 5, 11):
        assert choose_engine(asked)(asked, past[:number]) == past[number].values
    assert run(engine, 8, 1) != run(engine, 7, 1)


def test_the_first_trials_of_the_tree_are_spread_over_the_space() -> None:
    """Six values fall into six different eighths of a range, and both answers are tried; another seed shifts them."""
    asked = search("tpe")
    values = [spread_values(asked, number) for number in range(6)]
    assert values == [tried.values for tried in run("tpe", 7, 6)]
    assert len({int((one["a.below"] - 10) / 90 * 8) for one in values}) >= 5
    assert {one["c.use"] for one in values} == {0.0, 1.0}
    assert values != [spread_values(search("tpe", 8), number) for number in range(6)]


def test_mirrored_digits_by_hand() -> None:
    assert [_reverse_digits(number, 2) for number in range(1, 5)] == [0.5, 0.25, 0.75, 0.125]
    assert _reverse_digits(5, 3) == pytest.approx(2 / 3 + 1 / 9)
    assert _list_primes(6) == [2, 3, 5, 7, 11, 13]


def test_the_tree_finds_more_than_chance() -> None:
    def best(engine: str) -> float:
        return sum(min(t.objective for t in run(engine, seed, 40) if t.objective is not None) for seed in range(5)) / 5

    assert best("tpe") < best("random")
