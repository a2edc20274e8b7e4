"""Trials of a campaign with arms that train nothing: what is measured once, read back, taken over, or does not count."""

from __future__ import annotations

import math
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from resonance.app.arms import Arms
from resonance.app.campaign import Campaign, Kept
from resonance.control.search.accept import Harm, Quality
from resonance.control.search.campaign import begin_campaign
from resonance.control.search.engines import propose_at_random
from resonance.control.search.measure import CANDIDATE, Differences
from resonance.control.search.measure import INCUMBENT as STANDING
from resonance.control.search.rungs import count_cost, make_seed
from resonance.core.errors import InputError
from resonance.core.frames import make_frame
from resonance.core.judges import choose_judges
from resonance.core.policy import Policy
from resonance.core.search import Search, parse_search
from resonance.core.table import Table
from resonance.tables import HELDOUT_ROLES, RULE_TRIALS, RULE_VERIFICATIONS

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
        self.room, self.held, self.most, self.waits = 1, 0, 0, 0.0
        self.busy, self.turn = 0, threading.Lock()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """What holds the workspace while steps run side by side."""
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    def open(self, monkeypatch: pytest.MonkeyPatch) -> Campaign:
        """The campaign, on what was kept so far."""
        row = begin_campaign("s-0a1b2c3d", self.search, INCUMBENT, 2, count_cost(self.search), datetime(2026, 1, 1, tzinfo=UTC))
        catalog = SimpleNamespace(rows=lambda table, columns=(): [dict(one) for one in self.rows.values()])
        opened = SimpleNamespace(catalog=catalog, find_room=lambda: self.room, hold=self.hold)
        arms = Arms(opened, 2, None)  # type: ignore[arg-type]
        campaign = Campaign(arms, row, self.search, INCUMBENT)
        for name in ("train", "find_broken", "read_losses", "count_tokens"):
            monkeypatch.setattr(arms, name, getattr(self, f"_{name}"))
        for name in ("_measure_kept", "_write"):
            monkeypatch.setattr(campaign, name, getattr(self, name))
        monkeypatch.setattr(Campaign, "_has_gains", self.gains)
        monkeypatch.setattr(Arms, "bytes_per_token", 3.0)
        monkeypatch.setattr(Campaign, "_batches", ["main"])
        return campaign

    def _train(self, arm: str, policy: Policy, tokens: int, seed: int) -> str:
        if len(self.trained) >= self.limit:
            raise KeyboardInterrupt
        threshold = policy.rules[0].threshold
        assert threshold is not None
        self.trained.append((arm, threshold, tokens, seed))
        self._rest(arm)
        return f"{threshold:g}"

    def _rest(self, arm: str) -> None:
        """Train, that is: later arms end before earlier ones."""
        with self.turn:
            self.busy += 1
            self.most = max(self.most, self.busy)
            assert self.held or self.busy == 1, "arms side by side while others may write"
        time.sleep(self.waits * (1 + zlib.crc32(arm.encode()) % 3))
        with self.turn:
            self.busy -= 1

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


def make_comparable(world: World) -> list[dict[str, Any]]:
    """The rows of trials as they were written, without what differs from run to run."""
    return [{**row, "seconds": 0.0} for row in world.rows.values()]


def test_arms_side_by_side_leave_the_rows_of_arms_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, beside = World(make_search({"uniform": [0, 45]})), World(make_search({"uniform": [0, 45]}))
    beside.room, beside.waits = 3, 0.01
    expected = alone.open(monkeypatch).find_best(propose_at_random)
    assert beside.open(monkeypatch).find_best(propose_at_random) == expected
    assert make_comparable(beside) == make_comparable(alone)
    assert (alone.most, beside.most) == (1, 3)
    assert sorted(beside.trained) == sorted(alone.trained)


@pytest.mark.parametrize("stop", [17, 30])
def test_arms_side_by_side_that_were_cut_off_go_on_to_the_same_end(monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    whole, cut = World(make_search({"uniform": [0, 45]})), World(make_search({"uniform": [0, 45]}))
    expected = whole.open(monkeypatch).find_best(propose_at_random)
    cut.room, cut.limit, cut.waits = 3, stop, 0.01
    with pytest.raises(KeyboardInterrupt):
        cut.open(monkeypatch).find_best(propose_at_random)
    kept = len(cut.rows)
    assert stop - 3 <= kept <= stop, "what ended before is kept"
    cut.limit = 10**6
    assert cut.open(monkeypatch).find_best(propose_at_random) == expected
    assert make_comparable(cut) == make_comparable(whole)


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


class Judged(World):
    """A campaign that waits for its verification, with what looks will find."""

    def __init__(self, gain: float, harm: float = 0.0) -> None:
        super().__init__(make_search({"choice": [10, 30]}))
        self.gain, self.harm = gain, harm
        self.looks: list[dict[str, Any]] = []
        self.compared: list[dict[str, Any]] = []
        self.assessed = 0

    def open(self, monkeypatch: pytest.MonkeyPatch) -> Campaign:
        campaign = super().open(monkeypatch)
        campaign.row |= {"number": 1, "correction": "lord"}
        rows = {"campaigns": [campaign.row], "rule_trials": list(self.rows.values()), "rule_verifications": self.looks}
        rows["rule_comparisons"] = self.compared
        campaign.opened.catalog.rows = lambda table, columns=(): rows[table.name]  # type: ignore[method-assign]
        monkeypatch.setattr(campaign.arms, "compare", self._compare)
        monkeypatch.setattr(campaign, "_assess", self._assess)
        return campaign

    def _train(self, arm: str, policy: Policy, tokens: int, seed: int) -> str:
        self.trained.append((arm, policy.rules[0].threshold or 0.0, tokens, seed))
        self._rest(arm)
        return arm if "candidate" not in arm or not self.broken else "99"

    def _find_broken(self, run: str) -> str:
        return "a loss is no finite number" if run == "99" else ""

    def _compare(self, runs: dict[str, tuple[int, str]], seeds: list[int], protects: Callable[[str], bool]) -> Differences:
        assert [name for name in ("one", "two", "other") if protects(name)] == ["one", "two"]
        assert sorted(runs.values()) == sorted((seed, side) for seed in seeds for side in (CANDIDATE, STANDING))
        deltas = tuple(self.gain + 0.001 * (-1) ** place for place in range(len(seeds)))
        harms = (Harm("one", -0.01, 0.001), Harm("two", self.harm, 0.001))
        return Differences(deltas, 1e-8, harms, Harm("*", -0.01, 0.001), 40)

    def _assess(self, candidate: Policy) -> tuple[Quality, Quality]:
        self.assessed += 1
        return Quality(0.8), Quality(0.8)

    def _write(self, table: Table, rows: list[dict[str, Any]], slice: dict[str, Any]) -> None:
        assert table is RULE_VERIFICATIONS
        self.looks += rows


CANDIDATE_POLICY = Policy.model_validate({"name": "mine", "rules": [{"rule": "a", "signal": "n_words", "below": 30}]})


def test_a_gain_is_accepted_at_the_first_look_with_fresh_seeds_for_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Judged(0.05)
    verdict, shown, alpha = world.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert (verdict.decision, world.assessed, len(world.looks)) == ("accepted", 1, 1)
    assert shown is not None
    assert alpha == pytest.approx(0.010937, abs=1e-6)
    fresh = [make_seed("s-0a1b2c3d", "verify", place) for place in range(5)]
    assert [(threshold, seed) for _, threshold, _, seed in world.trained] == [(t, seed) for seed in fresh for t in (5.0, 30.0)]
    assert {tokens for _, _, tokens, _ in world.trained} == {800}
    assert world.trained[0][0] == "rule-verify-0a1b2c3d-incumbent-0"
    assert (world.looks[0]["seeds"], world.looks[0]["quality_before"]) == (fresh, 0.8)


def test_without_a_gain_all_looks_are_taken_and_each_seed_is_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Judged(0.0)
    verdict, _, _ = world.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert (verdict.decision, world.assessed) == ("refused", 0), "quality is assessed where a gain is shown"
    assert [(row["look"], row["decision"]) for row in world.looks] == [(1, "continue"), (2, "continue"), (3, "refused")]
    assert len(world.trained) == len({arm for arm, *_ in world.trained}) == 24


def test_a_verification_side_by_side_comes_to_the_same_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, beside = Judged(0.0), Judged(0.0)
    beside.room, beside.waits = 4, 0.01
    assert beside.open(monkeypatch).verify(CANDIDATE_POLICY) == alone.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert beside.looks == alone.looks
    assert (alone.most, beside.most, beside.held) == (1, 4, 0)
    beside = Judged(0.05)
    beside.room, beside.broken = 4, {99.0}
    verdict, _, _ = beside.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert verdict.reason.startswith(f"seed {make_seed('s-0a1b2c3d', 'verify', 0)} of the candidate"), "the first that broke"


def test_harm_ends_it_and_a_broken_loss_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Judged(0.05, harm=0.1)
    verdict, _, _ = world.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert (verdict.decision, len(world.trained)) == ("refused", 10)
    assert verdict.reason == "slice two is shown to lose more than 2%: it loses +10.0%"
    world = Judged(0.05)
    world.broken = {99.0}
    verdict, shown, _ = world.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert (verdict.decision, shown, world.looks) == ("refused", None, [])
    assert "of the candidate: a loss is no finite number" in verdict.reason


@pytest.mark.parametrize("where", ["a search", "a comparison"])
def test_a_seed_that_was_used_does_not_judge(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    world, seed = Judged(0.05), make_seed("s-0a1b2c3d", "verify", 3)
    world.rows = {(1, 1, 1): {"seed": seed}} if where == "a search" else {}
    world.compared = [{"seeds": [seed]}] if where == "a comparison" else []
    with pytest.raises(InputError, match="was used before: a verification needs fresh seeds"):
        world.open(monkeypatch).verify(CANDIDATE_POLICY)
    assert world.trained == []


def begin(spark: SparkSession, used: int, other: str = "ffffffff") -> Campaign:
    """A verification that begins, where another campaign was judged on so many of its documents."""
    search = make_search({"choice": [10, 30]})
    row = begin_campaign("s-0a1b2c3d", search, INCUMBENT, 2, count_cost(search), datetime(2026, 1, 1, tzinfo=UTC))
    roles = make_frame(spark, [(f"d{at}", f"d{at}", "verify") for at in range(40)], "doc_id string, cluster_id string, role string")
    mine = sorted(row["doc_id"] for row in choose_judges(roles, "rule-verify-0a1b2c3d-").collect())
    arm = f"rule-verify-{other}-candidate-0"
    events = make_frame(
        spark, [(name, arm, "probe") for name in mine[: int(used * len(mine) / 100)]], "doc_id string, arm string, phase string"
    )
    catalog = SimpleNamespace(read=lambda table: roles if table is HELDOUT_ROLES else events, rows=lambda table: [])
    campaign = Campaign(Arms(SimpleNamespace(catalog=catalog), 2, None), row, search, INCUMBENT)  # type: ignore[arg-type]
    campaign.keep = lambda row: setattr(campaign, "row", row)  # type: ignore[method-assign]
    campaign.begin_verification()
    return campaign


def test_documents_that_others_used_ask_for_a_correction_that_bears_it(spark: SparkSession) -> None:
    assert [begin(spark, used).row["correction"] for used in (0, 40, 80)] == ["lord", "lord", "spend"]
    assert begin(spark, 100, other="0a1b2c3d").row["correction"] == "lord", "its own arms, after a kill"


def test_without_documents_nothing_is_verified(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resonance.app.campaign.choose_judges", lambda roles, arm: roles.where("role = 'none'"))
    with pytest.raises(InputError, match="no held-out document is there to judge campaign s-0a1b2c3d; a larger"):
        begin(spark, 0)
