"""The ladder: who climbs, what it costs, and that a search which was cut off goes on as it would have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from resonance.control.search.engines import propose_at_random
from resonance.control.search.rungs import (
    RUNGS,
    SHADOW,
    Asked,
    Measure,
    Outcome,
    climb,
    count_cost,
    make_seed,
    refuse_cost,
    refuse_seeds,
)
from resonance.core.errors import InputError
from resonance.core.policy import Policy
from resonance.core.search import Search, Values, parse_search

INCUMBENT = Policy.model_validate({"name": "mine", "rules": [{"rule": "a", "signal": "n_words", "below": 5}]})
Told = list[tuple[int, int, int]]


def search(tokens: int = 400_000, budget: int = 16_000_000, seconds: float = 100.0) -> Search:
    head = {"name": "s", "incumbent": "mine@1", "tokens": tokens, "seed": 7, "budget": {"tokens": budget, "seconds": seconds}}
    space = [{"rule": "a", "below": {"uniform": [0, 100]}}]
    return parse_search({"search": head, "space": space}, INCUMBENT, "s")


def watch(told: Told, lose: Callable[[int, Values], Outcome]) -> Measure:
    def measure(asked: Sequence[Asked]) -> list[Outcome]:
        told.extend(one[:3] for one in asked)
        return [lose(one.rung, one.values) for one in asked]

    return measure


def distance(_: int, values: Values) -> Outcome:
    return Outcome(abs(values["a.below"] - 40))


def test_the_ladder_halves_and_ends_with_the_best() -> None:
    told: Told = []
    number, values = climb(search(), propose_at_random, watch(told, distance), has_gains=True)
    assert [sum(rung == at for _, rung, _ in told) for at in range(5)] == [64, 16, 8, 8, 6]
    every = {n: propose_at_random(search(), [None] * (n - 1)) for n in range(1, SHADOW + 1)}  # type: ignore[list-item]
    assert number == min(every, key=lambda n: abs(every[n]["a.below"] - 40))
    assert values == every[number]


def test_without_gains_the_first_rung_proposes() -> None:
    told: Told = []
    climb(search(), propose_at_random, watch(told, distance), has_gains=False)
    assert [sum(rung == at for _, rung, _ in told) for at in range(5)] == [0, 16, 8, 8, 6]
    assert {seed for _, rung, seed in told if rung == 4} == {0, 1, 2}


def test_all_of_a_rung_is_asked_for_at_once_where_no_proposal_waits_for_it() -> None:
    sizes: list[tuple[int, int]] = []

    def measure(asked: Sequence[Asked]) -> list[Outcome]:
        sizes.append((asked[0].rung, len(asked)))
        return [distance(one.rung, one.values) for one in asked]

    climb(search(), propose_at_random, measure, has_gains=False)
    assert sizes == [(1, 1)] * 16 + [(2, 8), (3, 8), (4, 6)]


def test_a_rung_that_leaves_nobody_out_is_passed_over() -> None:
    """Of two thresholds both stay until the last rung."""
    asked = search()
    head = asked.model_dump(mode="json", exclude={"space", "engine"}) | {"engine": "random"}
    few = parse_search({"search": head, "space": [{"rule": "a", "below": {"choice": [10, 30]}}]}, INCUMBENT, "s")
    for has_gains in (True, False):
        told: Told = []
        _, values = climb(few, propose_at_random, watch(told, distance), has_gains=has_gains)
        assert values == {"a.below": 30.0}
        assert [sum(rung == at for _, rung, _ in told) for at in range(5)] == ([64, 0, 0, 0, 6] if has_gains else [0, 16, 0, 0, 6])


class Table:
    """Keeps outcomes as a table does, and breaks off where it holds as many as ``limit``."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, int, int], Outcome] = {}
        self.limit = 10**6

    def measure(self, asked: Sequence[Asked]) -> list[Outcome]:
        for one in asked:
            if one[:3] not in self.kept:
                if len(self.kept) == self.limit:
                    raise KeyboardInterrupt
                self.kept[one[:3]] = distance(one.rung, one.values)
        return [self.kept[one[:3]] for one in asked]


@pytest.mark.parametrize("stop", [3, 70, 95])
def test_a_search_that_was_cut_off_runs_the_same_trials(stop: int) -> None:
    whole: Told = []
    expected = climb(search(), propose_at_random, watch(whole, distance), has_gains=True)
    table = Table()
    table.limit = stop
    with pytest.raises(KeyboardInterrupt):
        climb(search(), propose_at_random, table.measure, has_gains=True)
    table.limit = 10**6
    assert climb(search(), propose_at_random, table.measure, has_gains=True) == expected
    assert list(table.kept) == whole


def test_infeasible_trials_do_not_climb() -> None:
    _, best = climb(search(), propose_at_random, watch([], distance), has_gains=True)

    def lose(rung: int, values: Values) -> Outcome:
        return Outcome(None, "the loss is no finite number") if rung == 2 and values == best else distance(rung, values)

    _, second = climb(search(), propose_at_random, watch([], lose), has_gains=True)
    assert abs(second["a.below"] - 40) > abs(best["a.below"] - 40)
    with pytest.raises(InputError, match="no trial is feasible .*no text is kept"):
        climb(search(), propose_at_random, watch([], lambda *_: Outcome(None, "no text is kept")), has_gains=False)


def test_the_cost_is_that_of_the_specification() -> None:
    cost = count_cost(search())
    assert cost.tokens == 14 * 400_000
    assert cost.verification == 24 * 400_000
    assert cost.trainings == 16 + 8 + 4 * 2 + 2 * 3 + 24
    assert sum(rung.trials * rung.seeds * rung.part for rung in RUNGS) == 14


@pytest.mark.parametrize(
    ("asked", "seconds", "words"),
    [
        (search(budget=700_000), None, r"its first rung alone trains 800,000 tokens, budget.tokens allows 700,000"),
        (search(budget=15_000_000), None, r"it trains up to 15,200,000 tokens \(5,600,000 to search, 9,600,000 to verify\)"),
        (search(), 101.0, "expected to take 101 seconds, budget.seconds allows 100"),
    ],
)
def test_what_costs_too_much_is_refused(asked: Search, seconds: float | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        refuse_cost(asked, seconds)


def test_what_the_budget_allows_is_not_refused() -> None:
    refuse_cost(search(), 99.0)
    refuse_cost(search(), None)


def test_seeds_of_campaigns_and_purposes_differ() -> None:
    seeds = {make_seed(campaign, purpose, n) for campaign in "ab" for purpose in ("search", "verify") for n in range(50)}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_seeds_that_were_used_are_refused() -> None:
    refuse_seeds("c", [1, 2], {3})
    with pytest.raises(InputError, match="campaign c: seed 2 was used before: a verification needs fresh seeds"):
        refuse_seeds("c", [1, 2], {2, 5})
