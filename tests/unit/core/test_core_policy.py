"""Policies are checked before anything runs: one line lists every problem."""

from __future__ import annotations

from typing import Any

import pytest

from resonance.core.errors import ConfigError
from resonance.core.policy import Policy, parse
from resonance.core.signal import Signal, SignalSet, Type


def declare(name: str, shared: bool = False, **types: Type) -> SignalSet:
    signals = tuple(Signal(signal, type, None, "What it means.") for signal, type in types.items())
    return SignalSet(name, "What it is for.", 1, signals, list, list, shared=shared)


DECLARED = (
    declare("basics", True, n_chars="int", language="string", language_score="double"),
    declare("datatrove", n_words="int", hash_ratio="double"),
    declare("dolma", n_words="int", median_word_length="double"),
)
SETS = {declared.name: declared for declared in DECLARED}
HEAD = {"name": "mine", "version": 3, "profile": "datatrove"}


def rules(*given: Any, **head: Any) -> Policy:
    return parse({**HEAD, **head, "rules": list(given)}, SETS, "mine.yaml")


def problems(*given: Any, **head: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        rules(*given, **head)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith("policy mine.yaml: ")
    return said.removeprefix("policy mine.yaml: ").split("; ")


def test_a_sound_policy_keeps_its_order_and_knows_its_sets() -> None:
    found = rules(
        {"rule": "short", "signal": "n_words", "below": 50},
        {"rule": "language", "set": "basics", "signal": "language", "in": ["en", "de"]},
        {"rule": "hashes", "signal": "hash_ratio", "above": 0.1},
    )
    assert found.title == "mine@3"
    assert found.sets == ("datatrove", "basics")
    assert [(rule.rule, rule.side, rule.threshold) for rule in found.rules] == [
        ("short", "below", 50.0),
        ("language", "in", None),
        ("hashes", "above", 0.1),
    ]
    assert found.rules[1].among == ("en", "de")
    assert Policy.model_validate(found.model_dump()) == found


def test_no_rules_read_nothing() -> None:
    assert rules().sets == ()
    assert Policy().title == "none@1"


def test_every_problem_is_listed() -> None:
    found = problems(
        {"rule": "short", "signal": "n_wrds", "below": 50},
        {"rule": "short", "signal": "n_words", "treshold": 50, "below": 1},
        {"rule": "hashes", "signal": "hash_ratio", "above": "many"},
        {"signal": "hash_ratio", "above": 1},
        "no rule",
        {"rule": "nothing", "signal": "hash_ratio"},
        {"rule": "both", "signal": "hash_ratio", "above": 1, "below": 0},
        {"rule": "none", "set": "basics", "signal": "language", "in": []},
        {"rule": "nan", "signal": "hash_ratio", "above": float("nan")},
        colour="red",
    )
    assert found[0] == "unknown key colour"
    assert any(line.startswith("rule 2 (short): unknown key treshold") for line in found)
    assert any(line.startswith("rule 3 (hashes): above:") for line in found)
    assert "rule 4: rule is missing" in found
    assert any(line.startswith("rule 5: ") for line in found)
    assert "rule 6 (nothing): give one of below, above and in" in found
    assert "rule 7 (both): give one of below, above and in" in found
    assert any(line.startswith("rule 8 (none): in:") for line in found)
    assert any(line.startswith("rule 9 (nan): above:") for line in found)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"signal": "n_wrds", "below": 50}, "rule r: set datatrove has no signal n_wrds, did you mean n_words?"),
        ({"signal": "qqq", "below": 50}, "rule r: set datatrove has no signal qqq"),
        ({"signal": "median_word_length", "below": 3}, "rule r: signal median_word_length belongs to dolma, not to datatrove"),
        (
            {"signal": "n_words", "set": "dolma", "below": 3},
            "rule r reads dolma, but the policy's profile is datatrove: a policy has one profile",
        ),
        ({"signal": "n_words", "set": "gopher", "below": 3}, "rule r: unknown set gopher: choose one of basics, datatrove, dolma"),
        ({"signal": "language", "set": "basics", "below": 3}, "rule r: language is a label: use in"),
        ({"signal": "n_words", "in": ["3"]}, "rule r: n_words is a number: use below or above"),
    ],
)  # fmt: skip
def test_signals_are_looked_up(given: dict[str, Any], says: str) -> None:
    assert problems({"rule": "r", **given}) == [says]


def test_contradictory_limits_and_repeated_names_are_found() -> None:
    low, high = {"rule": "low", "signal": "n_words", "below": 50}, {"rule": "high", "signal": "n_words", "above": 49}
    assert problems(low, high) == ["nothing can pass: low cuts n_words below 50 and high cuts it above 49"]
    assert rules(low, {**high, "above": 50}).rules
    one = {"rule": "one", "set": "basics", "signal": "language", "in": ["en"]}
    assert problems(one, {**one, "rule": "two", "in": ["de", "fr"]}) == ["nothing can pass: one and two share no label of language"]
    assert problems(low, low) == ["rule low stands there 2 times: give each its own name"]


def test_heads_are_checked() -> None:
    assert problems(profile="whitespace") == ["unknown profile whitespace: choose one of basics, datatrove, dolma"]
    assert problems(rewrite="all")[0].startswith("rewrite: ")
    assert problems(version=0)[0].startswith("version: ")
    with pytest.raises(ConfigError, match="name is missing; version is missing"):
        parse({"rules": []}, SETS, "x")
    for content in (None, [1], "gopher"):
        with pytest.raises(ConfigError, match="policy x: must hold keys and values"):
            parse(content, SETS, "x")
    with pytest.raises(ConfigError, match="rules must be a list"):
        parse({**HEAD, "rules": {"a": 1}}, SETS, "x")
