"""A policy made of others holds their rules, each for the languages that name it; what cannot be joined is refused in one line."""

from __future__ import annotations

from typing import Any

import pytest

from resonance.core.by_language import join_policies
from resonance.core.errors import ConfigError
from resonance.core.languages import Languages
from resonance.core.policy import Policy

WORDS = {"rule": "plain_words", "signal": "n_words", "below": 50}
LETTERS = {"rule": "letters", "set": "any_language", "signal": "n_letters", "below": 50}
KNOWN = {
    "plain": {"name": "plain", "rules": [WORDS]},
    "letters": {"name": "letters", "profile": "chinese", "rules": [LETTERS, {**WORDS, "rule": "more"}]},
    "same": {"name": "plain"},
    "lines": {"name": "lines", "rewrite": "c4_lines"},
    "masked": {"name": "masked", "mask": "placeholders"},
    "mixed": {"name": "mixed", "rules": [{**WORDS, "languages": {"named": ["en"]}}]},
}
HEAD = {"name": "mine", "version": 3}


def load(given: str) -> Policy:
    return Policy.model_validate(KNOWN[given])


def join(languages: dict[str, str], others: str = "letters", **head: Any) -> Policy:
    return join_policies({**HEAD, **head, "languages": languages, "others": others}, load, "mine.yaml")


def test_rules_say_whose_they_are_and_whom_they_ask() -> None:
    joined = join({"en": "plain", "de": "plain", "zh": "letters"})
    assert (joined.title, joined.rewrite, joined.sets) == ("mine@3", "none", ("datatrove", "any_language", "chinese", "basics"))
    own, rest = Languages(named=("de", "en")), Languages(named=("de", "en"), others=True)
    assert [(rule.rule, rule.set, rule.languages) for rule in joined.rules] == [
        ("plain.words", "datatrove", own),
        ("letters.letters", "any_language", rest),
        ("letters.more", "chinese", rest),
    ]
    assert joined.read_only_of == {"datatrove": own, "any_language": rest, "chinese": rest}


def test_a_set_that_rules_of_all_languages_read_is_read_of_all() -> None:
    both = Policy.model_validate({"name": "both", "rules": [WORDS, {**LETTERS, "languages": {"named": ["zh"]}}]})
    assert both.read_only_of == {"any_language": Languages(named=("zh",))}
    assert load("plain").read_only_of == {}
    assert "basics" not in load("plain").sets


@pytest.mark.parametrize(
    ("languages", "head", "says"),
    [
        ({"en": "lines"}, {}, "lines rewrites texts, which would rewrite those of every language"),
        ({"en": "masked"}, {}, "masked masks texts, which would mask those of every language"),
        ({"en": "mixed"}, {}, "mixed has rules of some languages"),
        ({"en": "plain", "de": "same"}, {}, "two of its policies are called plain"),
        ({}, {}, "languages: "),
        ({"en": "plain"}, {"rules": []}, "unknown key rules"),
        ({"en": "plain"}, {"version": 0}, "version: "),
    ],
)
def test_what_cannot_be_joined_is_refused(languages: dict[str, str], head: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        join(languages, **head)
    assert str(caught.value).startswith("policy mine.yaml: ")
    assert "\n" not in str(caught.value)


def test_a_policy_must_say_what_holds_for_others() -> None:
    with pytest.raises(ConfigError, match="policy mine.yaml: others is missing"):
        join_policies({**HEAD, "languages": {"en": "plain"}}, load, "mine.yaml")
