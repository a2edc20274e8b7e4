"""Versions of a policy: one is adopted at a time, what was refused stays so, and a candidate holds against its parent alone."""

from __future__ import annotations

from typing import Any

import pytest

from resonance.control.versions import (
    adopt_version,
    register_version,
    reject_version,
    roll_back,
    settle_versions,
    take_responsibility,
)
from resonance.core.errors import InputError
from resonance.core.policy import read_rules, write_policy
from resonance.curate.judge import _rules as rows_of
from resonance.runtime.policies import known_policies, load_policy, parse_text


def make(*states: str) -> list[dict[str, Any]]:
    """Versions from 1, each after the one before it."""
    rows: list[dict[str, Any]] = []
    for version, state in enumerate(states, 1):
        rows = register_version(rows, "mine", version, f"text {version}", version - 1 or None, state)
    return rows


def states(rows: Any) -> list[str]:
    return [row["state"] for row in rows]


def test_one_version_is_adopted_at_a_time_and_the_one_before_returns() -> None:
    first = adopt_version(make("adopted", "tried"), 2, {1}, 3, "a")
    assert states(first.rows) == ["retired", "adopted"]
    assert (first.rows[0]["to_round"], first.rows[1]["from_round"], first.rows[1]["approval"]) == (3, 3, "a")
    assert first.now is not None
    assert first.now["text"] == "text 2"
    back = roll_back(first.rows, 4, "b")
    assert states(back.rows) == ["adopted", "rolled_back"]
    assert back.now is not None
    assert back.now["text"] == "text 1"
    assert (back.rows[0]["to_round"], back.rows[1]["to_round"]) == (None, 4)


def test_what_was_refused_or_made_against_another_version_is_not_adopted() -> None:
    for state in ("rejected", "rolled_back"):
        with pytest.raises(InputError, match="returns as a new version alone"):
            adopt_version(make("adopted", state), 2, {1}, 0, "a")
    with pytest.raises(InputError, match="was made against mine@2, but mine@1 judges now"):
        adopt_version(make("adopted", "draft", "tried"), 3, {1}, 0, "a")
    with pytest.raises(InputError, match="no version 7 of this policy is known: there is mine@1"):
        adopt_version(make("adopted"), 7, {1}, 0, "a")
    assert states(reject_version(make("adopted", "tried"), 2, "a").rows) == ["adopted", "rejected"]
    with pytest.raises(InputError, match="roll it back instead"):
        reject_version(make("adopted"), 1, "a")
    with pytest.raises(InputError, match="nothing to roll back"):
        roll_back(make("adopted"), 0, "a")


def test_a_decision_that_was_cut_off_is_taken_up_again() -> None:
    """Versions are written before batches are judged: what judges counts where all batches agree, else the decision goes on."""
    adopted = adopt_version(make("adopted", "tried"), 2, {1}, 0, "a").rows
    assert states(settle_versions(adopted, {1})) == ["adopted", "retired"], "none was judged"
    assert states(adopt_version(settle_versions(adopted, {1}), 2, {1}, 0, "a").rows) == ["retired", "adopted"]
    assert states(adopt_version(settle_versions(adopted, {1, 2}), 2, {1, 2}, 0, "a").rows) == ["retired", "adopted"]
    back = roll_back(adopted, 0, "b").rows
    assert states(roll_back(settle_versions(back, {2}), 0, "b").rows) == ["adopted", "rolled_back"]
    with pytest.raises(InputError, match="where a roll-back was cut off, adopt mine@1 again"):
        roll_back(settle_versions(back, {1, 2}), 0, "b")
    assert states(adopt_version(settle_versions(back, {1, 2}), 1, {1, 2}, 0, "c").rows) == ["adopted", "rolled_back"]


def test_a_policy_is_read_off_the_rules_that_it_asked() -> None:
    columns = ("batch", "position", "rule", "policy", "set", "signal", "side", "threshold", "among", "languages")
    for name in known_policies():
        policy = load_policy(name)
        if not policy.rules:
            continue
        rows = [dict(zip(columns, row, strict=True)) for row in rows_of(policy, "main")]
        read = parse_text(write_policy(read_rules(rows)), name)
        assert [row[1:] for row in rows_of(read, "main")] == [row[1:] for row in rows_of(policy, "main")], name
        assert set(read.sets) == set(policy.sets)


def test_what_no_campaign_verified_asks_for_a_name_and_a_reason() -> None:
    rows = make("adopted", "tried", "draft")
    rows[1] |= {"campaign": "docs-0a", "effect": 0.01}
    assert take_responsibility(rows, 2, None, None) == ("campaign docs-0a", "its verification accepted it")
    assert take_responsibility(rows, 2, "Ada", "agrees") == ("Ada", "agrees")
    assert take_responsibility(rows, 3, "Ada", "law") == ("Ada", "law")
    for given in ((None, None), ("Ada", " "), (None, "law")):
        with pytest.raises(InputError, match="mine@3 was verified by no campaign"):
            take_responsibility(rows, 3, *given)
    rows[2] |= {"campaign": "docs-0b"}
    with pytest.raises(InputError, match="verified by no campaign"):
        take_responsibility(rows, 3, None, None)
