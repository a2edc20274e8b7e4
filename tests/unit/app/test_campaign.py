"""Trials of a campaign with arms that train nothing: what is measured once, read back, taken over, or does not count."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from resonance.app.campaign import Campaign, Kept
from resonance.control.search.campaign import begin_campaign
from resonance.control.search.engines import propose_at_random
from resonance.control.search.rungs import count_cost, make_seed
from resonance.core.errors import InputError
from resonance.core.policy import Policy
from resonance.core.search import Search, parse_search
from resonance.core.table import Table
from resonance.tables import RULE_TRIALS

INCUMBENT = Policy.model_validate({"name": "mine", "rules": [{"rule": "a", "signal": "n_words", "below": 5}]})


def make_search(span: dict[str, Any]) -> Search:
    head = {"name": "s", "incumbent": "mine@1", "tokens": 800, "seed": 7, "engine": "random", "protect": ["one", "two"]}
    budget = {"tokens": 10**9, "seconds": 1}
    return parse_search({"search": {**head, "budget": budget}, "space": [{"rule": "a", "below": span}]}, INCUMBENT, "s")


class World:
    """Stands in for a workspace: keeps rows, and answers for arms that nobody trains."""

    def __init__(self, search: Search, *, gains: bool = False) -> None:
        self.search, self.gains = search, gains
        self.rows: dict[tuple[int, int, int], dict[str, Any]] = {}
        self.trained: list[tuple[str, float, int, int]] = []
        self.broken: set[float] = set()
        self.limit = 10**6

    def open(self, monkeypatch: pytest.MonkeyPatch) -> Campaign:
        """The campaign, on what was kept so far."""
        row = begin_campaign("s-0a1b2c3d", self.search, INCUMBENT, 2, count_cost(self.search), datetime(2026, 1, 1, tzinfo=UTC))
        catalog = SimpleNamespace(rows=lambda table, columns=(): [dict(one) for one in self.rows.values()])
        campaign = Campaign(SimpleNamespace(catalog=catalog), row, self.search, INCUMBENT, None)  # type: ignore[arg-type]
        for name in ("_train", "_find_broken", "_read_losses", "_count_tokens", "_measure_kept", "_write"):
            monkeypatch.setattr(campaign, name, getattr(self, name))
        monkeypatch.setattr(Campaign, "_has_gains", self.gains)
        monkeypatch.setattr(Campaign, "_bytes_per_token", 3.0)
        return campaign

    def _train(self, arm: str, policy: Policy, tokens: int, seed: int) -> str:
        if len(self.trained) == self.limit:
            raise KeyboardInterrupt
        threshold = policy.rules[0].threshold
        assert threshold is not None
        self.trained.append((arm, threshold, tokens, seed))
        return f"{threshold:g}"

    def _find_broken(self, run: str) -> str:
        return "a loss is no finite number" if float(run) in self.broken else ""

    def _read_losses(self, run: str) -> dict[str, float]:
        return {"one": abs(float(run) - 40), "two": abs(float(run) - 40) + 2, "other": math.inf}

    def _count_tokens(self, run: str) -> int:
        return 100

    def _measure_kept(self, policy: Policy) -> Kept:
        left = round(1_000 * (1 - (policy.rules[0].threshold or 0.0) / 100))
        sizes = {"one": left, "two": left}
        return Kept({"one": 3, "two": 4}, sizes, {"one": left / 100, "two": left / 200})

    def _write(self, table: Table, rows: list[dict[str, Any]], slice: dict[str, Any]) -> None:
        assert table is RULE_TRIALS
        assert {(row["campaign"], row["trial"], row["rung"]) for row in rows} == {tuple(slice.values())}
        self.rows |= {(row["trial"], row["rung"], row["seed"]): row for row in rows}


def test_a_trial_is_its_mean_over_protected_slices_with_equal_seeds_on_each_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(make_search({"uniform": [0, 45]}))
    _, values = world.open(monkeypatch).find_best(propose_at_random)
    tried = {row["thresholds"]["a"] for row in world.rows.values()}
    assert values["a.below"] == min(tried, key=lambda one: abs(one - 40))
    for row in world.rows.values():
        assert row["objective"] == pytest.approx(abs(float(row["run"]) - 40) + 1)
        assert row["feasible"]
    by_rung = {rung: [row for row in world.rows.values() if row["rung"] == rung] for rung in range(1, 5)}
    seeds = {rung: {row["seed"] for row in rows} for rung, rows in by_rung.items()}
    fresh = [make_seed("s-0a1b2c3d", "search", place) for place in range(3)]
    assert seeds == {1: {fresh[0]}, 2: {fresh[0]}, 3: set(fresh[:2]), 4: set(fresh)}
    assert {arm.split("-")[4]: tokens for arm, _, tokens, _ in world.trained} == {"1": 100, "2": 200, "3": 400, "4": 800}
    assert len({arm for arm, *_ in world.trained}) == len(world.trained) == 16 + 8 + 8 + 6


@pytest.mark.parametrize("stop", [1, 17, 30])
def test_a_search_that_was_cut_off_trains_what_is_missing(monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    whole, cut = World(make_search({"uniform": [0, 45]})), World(make_search({"uniform": [0, 45]}))
    expected = whole.open(monkeypatch).find_best(propose_at_random)
    cut.limit = stop
    with pytest.raises(KeyboardInterrupt):
        cut.open(monkeypatch).find_best(propose_at_random)
    cut.limit = 10**6
    assert cut.open(monkeypatch).find_best(propose_at_random) == expected
    assert cut.trained == whole.trained
    assert [row["objective"] for row in cut.rows.values()] == [row["objective"] for row in whole.rows.values()]


def test_equal_trials_are_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(make_search({"choice": [10, 30]}))
    number, values = world.open(monkeypatch).find_best(propose_at_random)
    assert values == {"a.below": 30.0}
    assert len(world.trained) == 2 + 6
    assert len(world.rows) == 16 + 6
    first = min(trial for (trial, rung, _), row in world.rows.items() if rung == 1 and row["thresholds"] == {"a": 30.0})
    assert number == first
    assert sum(row["tokens"] for row in world.rows.values()) == 8 * 100, "what was taken over costs nothing"


def test_rung_0_trains_nothing_and_prefers_what_gains_more(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(make_search({"uniform": [0, 45]}), gains=True)
    world.open(monkeypatch).find_best(propose_at_random)
    rung_0 = [row for row in world.rows.values() if row["rung"] == 0]
    assert len(rung_0) == 64
    assert {(row["tokens"], row["run"], row["seed"]) for row in rung_0} == {(0, "", 0)}
    for row in rung_0:
        left = round(1_000 * (1 - row["thresholds"]["a"] / 100))
        assert row["objective"] == pytest.approx(-(left / 100 + left / 200) / 2)
    climbed = {row["trial"] for row in world.rows.values() if row["rung"] == 1}
    best = sorted(rung_0, key=lambda row: (row["objective"], row["trial"]))[:16]
    assert climbed == {row["trial"] for row in best}


def test_what_does_not_count_is_kept_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(make_search({"choice": [10, 30, 60]}))
    world.broken = {30.0}
    _, values = world.open(monkeypatch).find_best(propose_at_random)
    assert values == {"a.below": 10.0}
    reasons = {row["thresholds"]["a"]: row["reason"] for row in world.rows.values() if row["rung"] == 1}
    assert reasons == {10.0: "", 30.0: "a loss is no finite number", 60.0: "slice one loses more than 50% of its bytes"}
    assert 60.0 not in {threshold for _, threshold, *_ in world.trained}
    assert all(row["feasible"] == (row["objective"] is not None) for row in world.rows.values())
    world = World(make_search({"choice": [60, 70]}))
    with pytest.raises(InputError, match="no trial is feasible .*16 times: slice one loses more than 50%"):
        world.open(monkeypatch).find_best(propose_at_random)
