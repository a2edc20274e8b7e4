"""The file of a search: every break is listed at once, values move a policy, and a policy that is written reads the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.errors import ConfigError
from resonance.core.policy import Policy, parse, write_policy
from resonance.core.search import Search, Span, apply_values, parse_search, read_incumbent
from resonance.runtime.policies import known_policies, load_policy, readable_sets
from resonance.runtime.searches import known_searches, load_search

INCUMBENT = Policy.model_validate(
    {
        "name": "mine",
        "version": 3,
        "rules": [
            {"rule": "short", "signal": "n_words", "below": 50},
            {"rule": "long", "signal": "n_words", "above": 1000},
            {"rule": "twice", "signal": "dup_line_frac", "above": 0.3},
        ],
    }
)
HEAD: dict[str, Any] = {
    "name": "lengths",
    "incumbent": "mine@3",
    "tokens": 1000,
    "seed": 7,
    "budget": {"tokens": 100_000, "seconds": 60},
}
SPACE: list[dict[str, Any]] = [
    {"rule": "short", "below": {"quniform": [10, 100, 5]}},
    {"rule": "twice", "above": {"uniform": [0.1, 0.5]}},
    {"rule": "twice", "use": [True, False]},
]


def read(space: object = SPACE, **head: object) -> Search:
    return parse_search({"search": {**HEAD, **head}, "space": space}, INCUMBENT, "here")


def test_a_file_that_is_right() -> None:
    search = read(goal="comply", protect=["code"])
    assert [place.name for place in search.space] == ["short.below", "twice.above", "twice.use"]
    assert (search.protects("code"), search.protects("prose"), read().protects("prose")) == (True, False, True)


def test_the_incumbent_may_be_a_file() -> None:
    assert read(incumbent="rules/mine.yaml@3").incumbent == "mine@3"
    with pytest.raises(ConfigError, match="incumbent is rules/mine.yaml@4, but the policy that was found is mine@3"):
        read(incumbent="rules/mine.yaml@4")


def test_every_break_is_listed_at_once() -> None:
    space = [
        {"rule": "missing", "below": {"uniform": [1, 2]}},
        {"rule": "short", "above": {"uniform": [1, 2]}},
        {"rule": "short", "below": {"uniform": [2, 1]}},
        {"rule": "twice", "above": {"quniform": [0, 1, 0]}},
        {"rule": "twice", "above": {"uniform": [0, 1], "choice": [1, 2]}},
        {"rule": "twice", "use": [True, True]},
        {"rule": "twice"},
        {"rule": "long", "above": {"choice": [900]}},
        {"rule": "long", "above": {"choice": [900, 800]}, "why": "so"},
    ]
    with pytest.raises(ConfigError) as error:
        read(space, tokens=0, engine="grid", budget={"tokens": 1})
    said = str(error.value)
    for words in (
        "search here: ",
        "search.tokens",
        "search.engine",
        "search.budget.seconds is missing",
        "policy mine@3 has no rule missing",
        "rule short has no limit above: policy mine@3 asks for below 50",
        "space 3 (short): below: uniform needs values that differ, the lower one first",
        "quniform needs a step",
        "give one of uniform, quniform and choice",
        "use needs both",
        "space 7 (twice): give one of below, above and use",
        "space 8 (long): above.choice",
        "unknown key why",
    ):
        assert words in said, words
    assert "\n" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "must hold the keys search and space"),
        ({"search": HEAD}, "space must be a list"),
        (
            {"search": {**HEAD, "incumbent": "mine@4"}, "space": SPACE},
            "incumbent is mine@4, but the policy that was found is mine@3",
        ),
        ({"search": HEAD, "space": SPACE, "more": 1}, "unknown key more"),
        ({"search": {**HEAD, "space": SPACE}}, "the space stands beside search"),
        ({"search": HEAD, "space": [SPACE[0], SPACE[0]]}, "short.below stands in space 2 times"),
    ],
)
def test_a_file_that_is_wrong(content: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_search(content, INCUMBENT, "here")


def test_thresholds_that_nothing_can_pass_wherever_they_are_moved() -> None:
    with pytest.raises(ConfigError, match="nothing can pass: short cuts n_words below 2000 and long cuts it above 1000"):
        read([{"rule": "short", "below": {"uniform": [2000, 3000]}}])
    read([{"rule": "short", "below": {"uniform": [900, 3000]}}])
    read([{"rule": "short", "below": {"uniform": [2000, 3000]}}, {"rule": "long", "use": [True, False]}])


@pytest.mark.parametrize("title", ["mine", "@3", "mine@", "mine@new", 3, None])
def test_the_incumbent_is_named_with_its_version(title: object) -> None:
    with pytest.raises(ConfigError, match="with its version, such as documentation@1"):
        read_incumbent({"search": {"incumbent": title}}, "here")
    assert read_incumbent({"search": {"incumbent": "a/b.yaml@12"}}, "here") == "a/b.yaml"


def test_values_move_thresholds_and_leave_rules_out() -> None:
    search = read()
    moved = apply_values(INCUMBENT, search, {"short.below": 20.0, "twice.above": 0.2, "twice.use": 1.0})
    assert [(rule.rule, rule.threshold) for rule in moved.rules] == [("short", 20.0), ("long", 1000.0), ("twice", 0.2)]
    without = apply_values(INCUMBENT, search, {"short.below": 20.0, "twice.above": 0.2, "twice.use": 0.0})
    assert [rule.rule for rule in without.rules] == ["short", "long"]


@given(st.floats(0, 1))
def test_a_part_of_a_range_is_a_value_of_it(part: float) -> None:
    steps = Span(quniform=(10, 100, 5)).settle(part)
    assert 10 <= steps <= 100
    assert steps % 5 == 0
    assert 0.1 <= Span(uniform=(0.1, 0.5)).settle(part) <= 0.5
    assert Span(choice=(3.0, 1.0, 2.0)).settle(part) in (1.0, 2.0, 3.0)
    assert Span(quniform=(0, 1, 0.3)).settle(part) <= 0.9 + 1e-12


@pytest.mark.parametrize("name", [name for name in known_policies() if name != "by_language"])
def test_a_policy_that_is_written_reads_the_same(name: str) -> None:
    policy = load_policy(name)
    assert parse(yaml.safe_load(write_policy(policy)), readable_sets(), name) == policy


def test_a_policy_of_several_languages_is_not_searched(tmp_path: Path) -> None:
    file = tmp_path / "search.yaml"
    space = [{"rule": "gopher.short_doc", "below": {"uniform": [1, 2]}}]
    file.write_text(yaml.safe_dump({"search": {**HEAD, "incumbent": "by_language@1"}, "space": space}), encoding="utf-8")
    with pytest.raises(ConfigError, match="by_language@1 is put together from those of several languages"):
        load_search(str(file))


@pytest.mark.parametrize("name", known_searches())
def test_searches_that_travel_with_the_code_are_right(name: str) -> None:
    search, incumbent = load_search(name)
    assert search.incumbent == incumbent.title
