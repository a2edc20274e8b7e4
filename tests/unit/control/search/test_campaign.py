"""A campaign's rows: its name, its states, what makes a trial not worth a training, and what its end leaves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from resonance.control.search.accept import Guard, Quality, Verdict
from resonance.control.search.campaign import (
    begin_campaign,
    describe_values,
    find_campaign,
    find_key,
    list_accepted,
    make_look,
    name_campaign,
    number_campaign,
    refuse_trial,
    settle_version,
    void_campaigns,
    write_diff,
)
from resonance.control.search.looks import look_at
from resonance.control.search.rungs import count_cost
from resonance.core.errors import InputError
from resonance.core.policy import Policy
from resonance.core.search import apply_values, parse_search
from resonance.core.student import find_t
from resonance.core.table import Table
from resonance.runtime import resources
from resonance.tables import CAMPAIGNS, RULE_VERIFICATIONS

RULES = [
    {"rule": "short", "signal": "n_words", "below": 50},
    {"rule": "twice", "signal": "dup_line_frac", "above": 0.3},
    {"rule": "grams", "signal": "top_2_gram", "above": 0.2},
]
INCUMBENT = Policy.model_validate({"name": "mine", "version": 3, "rules": RULES})
HEAD = {"name": "docs-length", "incumbent": "mine@3", "tokens": 100, "seed": 7, "protect": ["a", "b"]}
SPACE = [
    {"rule": "short", "below": {"quniform": [10, 100, 5]}},
    {"rule": "twice", "above": {"uniform": [0.05, 0.5]}},
    {"rule": "grams", "use": [True, False]},
]
SEARCH = parse_search({"search": {**HEAD, "budget": {"tokens": 9, "seconds": 1}}, "space": SPACE}, INCUMBENT, "s")
VALUES = {"short.below": 35.0, "twice.above": 0.3, "grams.use": 0.0}
BASIS = {"judge/0/plan": "1", "train/2/plan": "2"}
ROW = begin_campaign("docs-length-0a", SEARCH, INCUMBENT, 2, count_cost(SEARCH), datetime(2026, 1, 1, tzinfo=UTC))


def columns(table: Table) -> set[str]:
    return set(resources.contract(table).schema.names)


def test_a_campaign_is_named_by_its_search_and_by_what_it_stands_on() -> None:
    name = name_campaign(SEARCH, BASIS)
    assert name == name_campaign(SEARCH, dict(reversed(BASIS.items())))
    assert name.startswith("docs-length-")
    assert find_key(name) == name.removeprefix("docs-length-")
    assert len(find_key(name)) == 8
    others = {name_campaign(SEARCH, {**BASIS, "judge/0/plan": "3"}), name_campaign(SEARCH.model_copy(update={"seed": 8}), BASIS)}
    assert len({name, *others}) == 3


def test_its_row_has_the_columns_of_its_table() -> None:
    assert ROW.keys() == columns(CAMPAIGNS)
    assert (ROW["state"], ROW["tokens"], ROW["number"]) == ("searching", count_cost(SEARCH).total, None)


def test_what_stood_on_something_else_is_void() -> None:
    rows = [ROW, {**ROW, "campaign": "docs-length-0b", "state": "found"}, {**ROW, "campaign": "docs-length-0c", "state": "refused"}]
    rows += [{**ROW, "campaign": "docs-0d"}]
    assert [(row["campaign"], row["state"]) for row in void_campaigns(rows, "docs-length-0a", "docs-length")] == [
        ("docs-length-0b", "void")
    ]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("searching", "the search of campaign docs-length-0a has not ended"),
        ("refused", "is refused .*a candidate returns as a new campaign alone"),
        ("accepted", "its documents were drawn once"),
        ("void", "is void"),
    ],
)
def test_only_what_waits_for_it_is_verified(state: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        find_campaign([{**ROW, "state": state}], ROW["campaign"])


def test_an_unknown_campaign_is_answered_with_those_that_wait() -> None:
    rows = [{**ROW, "state": "found"}]
    assert find_campaign(rows, ROW["campaign"])["state"] == "found"
    with pytest.raises(InputError, match="no campaign 'x': those that wait for it are docs-length-0a"):
        find_campaign(rows, "x")


def test_campaigns_of_a_policy_are_numbered_once_and_shared_documents_ask_for_more() -> None:
    before = [{**ROW, "campaign": "m", "number": 4}, {**ROW, "campaign": "o", "policy": "other", "number": 9}]
    first = number_campaign(ROW, before, 0.5)
    assert (first["number"], first["correction"]) == (5, "lord")
    assert number_campaign(ROW, before, 0.51)["correction"] == "spend"
    assert number_campaign(first, before, 1.0) == first, "a second call leaves what the first decided"
    assert list_accepted([{**before[0], "state": "accepted"}, {**before[1], "state": "accepted"}, ROW], "mine") == {4}


@pytest.mark.parametrize(
    ("kept", "needed", "words"),
    [
        ({}, 100, "nothing passes its thresholds"),
        ({"a": 0, "b": 0}, 100, "nothing passes its thresholds"),
        ({"a": 12, "b": 12}, 100, "too little text: less than 25%"),
        ({"a": 49, "b": 100}, 100, "slice a loses more than 50%"),
        ({"a": 50, "b": 50, "c": 0}, 100, ""),
    ],
)
def test_a_trial_that_leaves_too_little_is_not_trained(kept: dict[str, int], needed: float, words: str) -> None:
    found = refuse_trial(kept, {"a": 100, "b": 100, "c": 100}, SEARCH, needed)
    assert words in found
    assert bool(found) == bool(words)


def test_values_are_told_by_rule_and_differences_line_by_line() -> None:
    assert describe_values(SEARCH, VALUES) == ({"short": 35.0, "twice": 0.3}, {"grams": "no"})
    assert write_diff(INCUMBENT, apply_values(INCUMBENT, SEARCH, VALUES)) == "grams: left out\nshort below: 50 to 35"
    assert write_diff(INCUMBENT, INCUMBENT) == ""


def test_a_look_is_a_row_and_the_version_keeps_its_effect() -> None:
    deltas = [0.02, 0.03, 0.01, 0.02, 0.025]
    shown = look_at(deltas, [1e-5])
    verdict = Verdict("accepted", "helps", (Guard("a", 0.0, 0.01, True),))
    row = make_look({**ROW, "number": 2}, shown, verdict, range(5), 40, 0.01, (Quality(0.9), None))
    assert row.keys() == columns(RULE_VERIFICATIONS)
    assert (row["share"], row["guards"], row["quality_before"], row["quality_after"]) == (0.2, {"a": 0.01}, 0.9, None)
    version: dict[str, Any] = {"state": "draft", "effect": None}
    settled = settle_version(version, shown, verdict, 0.01)
    error = (shown.seed_var / 5 + 1e-5) ** 0.5
    assert settled["state"] == "tried"
    assert settled["high"] - shown.delta == pytest.approx(find_t(0.025, 4) * error)
    assert shown.delta - settled["low"] == pytest.approx(find_t(0.002, 4) * error)
    assert settle_version(version, shown, Verdict("refused", "no"), 0.01)["state"] == "rejected"
    assert settle_version(version, None, Verdict("refused", "no"), 0.01) == {**version, "state": "rejected"}
