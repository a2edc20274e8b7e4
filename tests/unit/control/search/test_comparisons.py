"""Comparisons beyond a campaign: which versions, how often, and what an interval says."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats

from resonance.control.search.accept import Harm
from resonance.control.search.comparisons import SEEDS, WATCHED, conclude, list_due, plan_vault, plan_watch
from resonance.control.search.measure import Differences
from resonance.core.errors import InputError
from resonance.core.turns import VAULT, WATCH
from resonance.runtime import resources
from resonance.tables import RULE_COMPARISONS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DELTAS = (0.03, 0.01, 0.02, 0.05, 0.04)


def make_version(version: int, parent: int | None, state: str = "retired", from_round: int | None = None) -> dict[str, Any]:
    return {"policy": "docs", "version": version, "parent": parent, "state": state, "from_round": from_round}


VERSIONS = [make_version(1, None), make_version(2, 1), make_version(3, 2, "adopted", 4)]


def make_found(deltas: tuple[float, ...] = DELTAS, doc_var: float = 1e-5, harms: tuple[Harm, ...] = ()) -> Differences:
    return Differences(deltas, doc_var, harms or (Harm("web", -0.01, 0.001),), Harm("*", 0.0, 0.0), 40)


def make_row(kind: str, subject: str, after: int = 3, day: int = 1, round: int = 5) -> dict[str, Any]:
    at = datetime(2026, 2, day, tzinfo=UTC)
    row = {"policy": "docs", "kind": kind, "subject": subject, "after": after, "round": round}
    return row | {"reason": "it saves bits", "compared_at": at}


def test_the_first_release_is_compared_with_the_version_from_which_all_others_were_made() -> None:
    planned = plan_vault(VERSIONS, [], VERSIONS[2], "2026.1", 5, 800)
    assert (planned.before, planned.after, planned.kind) == (1, 3, "vault")
    assert planned.arms.startswith(VAULT)


def test_a_later_release_is_compared_with_the_one_before_and_no_release_is_opened_twice() -> None:
    opened = [make_row("vault", "2026.1", after=2), make_row("watch", "docs@2 in round 3", day=3)]
    planned = plan_vault(VERSIONS, opened, VERSIONS[2], "2026.2", 5, 800)
    assert (planned.before, planned.after) == (2, 3)
    with pytest.raises(InputError, match=r"opened for release 2026.1 on 2026-02-01: it saves bits; it is opened once a release"):
        plan_vault(VERSIONS, opened, VERSIONS[2], "2026.1", 5, 800)


def test_a_release_without_a_new_version_leaves_the_vault_closed() -> None:
    with pytest.raises(InputError, match=r"no other version of docs was adopted since release 2026.1"):
        plan_vault(VERSIONS, [make_row("vault", "2026.1", after=3)], VERSIONS[2], "2026.2", 5, 800)
    with pytest.raises(InputError, match=r"no other version of docs was adopted here"):
        plan_vault(VERSIONS[:1], [], make_version(1, None, "adopted"), "2026.1", 5, 800)


def test_versions_that_name_each_other_as_parents_end_the_search_for_the_oldest() -> None:
    round_trip = [make_version(1, 2), make_version(2, 1, "adopted", 3)]
    with pytest.raises(InputError, match="no other version"):
        plan_vault(round_trip, [], round_trip[1], "2026.1", 5, 800)


def test_a_version_is_watched_in_the_rounds_after_its_adoption_alone() -> None:
    standing, found = VERSIONS[2], list[dict[str, Any]]()
    with pytest.raises(InputError, match=r"no round was trained since docs@3 was adopted in round 4"):
        plan_watch([], standing, 4, 800)
    for round in range(5, 5 + WATCHED):
        assert list_due(VERSIONS, found, round) == ["docs"]
        planned = plan_watch(found, standing, round, 800)
        assert (planned.before, planned.after, planned.subject) == (2, 3, f"docs@3 in round {round}")
        assert planned.arms.startswith(WATCH)
        found.append(make_row("watch", planned.subject, round=round))
        with pytest.raises(InputError, match=f"docs@3 in round {round} was watched: it saves bits"):
            plan_watch(found, standing, round, 800)
        assert list_due(VERSIONS, found, round) == []
    with pytest.raises(InputError, match="docs@3 was watched in 2 rounds"):
        plan_watch(found, standing, 9, 800)
    assert list_due(VERSIONS, found, 9) == []
    with pytest.raises(InputError, match="docs@1 took no other version's place"):
        plan_watch([], make_version(1, None, "adopted"), 9, 800)


def test_watches_before_a_version_was_adopted_again_do_not_count() -> None:
    before = [make_row("watch", f"docs@3 in round {round}", round=round) for round in (2, 3)]
    assert plan_watch(before, VERSIONS[2], 5, 800).round == 5


@pytest.mark.parametrize(
    ("deltas", "decision"), [(DELTAS, "better"), (tuple(-one for one in DELTAS), "worse"), ((0.1, -0.1, 0.1, -0.1, 0.0), "unclear")]
)
def test_a_decision_is_what_the_interval_says(deltas: tuple[float, ...], decision: str) -> None:
    """By scipy: variances of seeds and of documents add."""
    planned = plan_vault(VERSIONS, [], VERSIONS[2], "2026.1", 5, 800)
    row = conclude(planned, make_found(deltas), [1, 2, 3, 4, 5], NOW)
    error = math.sqrt(np.var(deltas, ddof=1) / SEEDS + 1e-5)
    interval = stats.t.interval(0.95, SEEDS - 1, loc=np.mean(deltas), scale=error)
    assert (row["low"], row["high"]) == pytest.approx(interval, rel=1e-6)
    assert row["decision"] == decision
    assert row.keys() == {field.name for field in resources.contract(RULE_COMPARISONS).schema}
    assert row["reason"].startswith("docs@3 saves ")


def test_a_harmed_slice_is_worse_whatever_the_others_gain() -> None:
    planned = plan_watch([], VERSIONS[2], 5, 800)
    row = conclude(planned, make_found(harms=(Harm("web", -0.01, 0.001), Harm("poems", 0.2, 0.001))), [1, 2, 3, 4, 5], NOW)
    assert row["decision"] == "worse"
    assert row["reason"].endswith("; slice poems is shown to lose more than 2%")


def test_too_few_documents_show_nothing_and_leave_no_number_behind() -> None:
    planned = plan_watch([], VERSIONS[2], 5, 800)
    row = conclude(planned, make_found(doc_var=math.inf, harms=(Harm("web", 0.0, math.inf),)), [1, 2, 3, 4, 5], NOW)
    assert (row["decision"], row["low"], row["high"], row["guards"]) == ("unclear", None, None, {})
