"""A policy made of others: each document is judged by the rules that its language names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance.core.errors import ConfigError
from resonance.core.languages import Languages
from resonance.core.policy import LANGUAGE, NAME, Policy, Rule, describe_error


class ByLanguage(BaseModel):
    """What the file of such a policy holds.

    Args:
        languages: names or files of policies, by language.
        others: the policy of all other languages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    version: int = Field(ge=1)
    languages: dict[str, str] = Field(min_length=1)
    others: str


def join_policies(content: Mapping[str, object], load: Callable[[str], Policy], where: str) -> Policy:
    """One policy with the rules of all that ``content`` names; a rule's name says whose it is, its languages where it is asked.

    Args:
        content: keys and values, ``languages`` among them.
        load: the policy of a name or file.
        where: what the error calls the policy: its name or file.

    Raises:
        ConfigError: one line that says what is wrong.
    """
    try:
        asked = ByLanguage.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"policy {where}: {'; '.join(describe_error(e) for e in error.errors())}") from None
    parts = {given: load(given) for given in dict.fromkeys((*asked.languages.values(), asked.others))}
    if problems := list(_find_problems(parts)):
        raise ConfigError(f"policy {where}: {'; '.join(problems)}")
    rules = tuple(rule for given, part in parts.items() for rule in _assign_rules(part, choose_languages(asked, given)))
    return Policy(name=asked.name, version=asked.version, profile=LANGUAGE[0], rules=rules)


def choose_languages(asked: ByLanguage, given: str) -> Languages:
    """The languages whose documents one of the policies judges."""
    if given == asked.others:
        return Languages(named=tuple(sorted(code for code, part in asked.languages.items() if part != given)), others=True)
    return Languages(named=tuple(sorted(code for code, part in asked.languages.items() if part == given)))


def _find_problems(parts: Mapping[str, Policy]) -> Iterator[str]:
    for given, part in parts.items():
        if part.rewrite != "none":
            yield f"{given} rewrites texts, which would rewrite those of every language: name one that does not, such as gopher"
        if part.mask != "none":
            yield f"{given} masks texts, which would mask those of every language: name one that does not, and set clean.mask"
        if any(rule.languages for rule in part.rules):
            yield f"{given} has rules of some languages: name a policy whose rules are for one"
    names = [part.name for part in parts.values()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two of its policies are called {name}: give each its own name"


def _assign_rules(part: Policy, languages: Languages) -> Iterator[Rule]:
    """The rules of one policy, called ``<policy>.<rule>``, for documents in some languages."""
    for rule in part.rules:
        name = f"{part.name}.{rule.rule.removeprefix(part.name + '_')}"
        yield rule.model_copy(update={"rule": name, "set": part.set_of(rule), "languages": languages})
