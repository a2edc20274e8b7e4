"""A gate closes what stands behind it until somebody lets that very assessment through."""

from __future__ import annotations

from datetime import UTC, datetime

from resonance.core.gates import EFFECT, RULES, explain_gate, find_approval, find_closed, find_gate


def gate(round, name=RULES, state="failed", assessment="a", dataset="documents"):
    reasons = [] if state == "passed" else ["coverage is 40.0%"]
    mend = ["supply more"] * len(reasons)
    return {
        "dataset": dataset, "round": round, "gate": name, "assessment": assessment, "state": state, "reasons": reasons,
        "mend": mend,
    }  # fmt: skip


def approval(row, day=1):
    return {
        **{name: row[name] for name in ("dataset", "gate", "assessment")},
        "name": "ada",
        "reason": "known",
        "approved_at": datetime(2026, 1, day, tzinfo=UTC),
    }


def test_rules_close_their_round_and_an_effect_the_round_after():
    rows = [gate(1), gate(1, EFFECT), gate(2, EFFECT)]
    assert find_closed(rows, [], (RULES, EFFECT), 1) == [rows[0]]
    assert find_closed(rows, [], (RULES, EFFECT), 2) == [rows[1]]
    assert find_closed(rows, [], (), 2) == []


def test_what_passed_or_was_not_run_or_is_of_another_dataset_closes_nothing():
    rows = [gate(1, state="passed"), gate(2, state="not_run"), gate(3, dataset="news")]
    assert [find_closed(rows, [], (RULES,), round) for round in (1, 2, 3)] == [[], [], []]


def test_an_approval_holds_for_the_assessment_that_it_was_given_for():
    old, new = gate(1), gate(2, assessment="b")
    assert find_closed([old, new], [approval(old)], (RULES,), 1) == []
    assert find_closed([old, new], [approval(old)], (RULES,), 2) == [new]
    assert find_approval([approval(old, 3), approval(old, 7)], old)["approved_at"].day == 7


def test_the_newest_round_speaks_where_none_is_named_and_the_last_line_says_how_to_go_on():
    rows = [gate(1), gate(3, state="passed"), gate(2)]
    assert find_gate(rows, RULES)["round"] == 3
    assert find_gate(rows, EFFECT) is None
    said = explain_gate({**rows[0], "reasons": ["pii is 0.1", "coverage is 40.0%"], "mend": ["Mask."] * 2}).splitlines()
    assert said[:-1] == ["gate rules of documents, round 1, is not passed:", "  - pii is 0.1", "    Mask.", "  - coverage is 40.0%"]
    assert "resonance approve rules --name NAME" in said[-1]
    assert "approve rules --dataset news" in explain_gate(gate(1, dataset="news"))
