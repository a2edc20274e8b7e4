"""What a policy is: named, versioned rules that turn stored signals into verdicts, checked before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resonance.core.errors import ConfigError
from resonance.core.languages import Languages, join_languages
from resonance.core.quotes import advise_quotes, describe_quotes
from resonance.core.signal import SignalSet

Mask = Literal["none", "placeholders", "pseudonyms"]
"""Nothing; the name of the type, such as ``<EMAIL>``; or one that is the same for the same value."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
LANGUAGE = ("basics", "language")
"""The set and the signal that tell a text's language."""
Sets = Mapping[str, SignalSet]
"""The signal sets that rules may read, by name."""
Item = TypeVar("Item", bound=BaseModel)


class Rule(BaseModel):
    """Cuts a text whose signal lies on the wrong side of the limit, or is not known. The limit itself passes.

    Args:
        rule: its name.
        signal: the signal that it reads.
        set: the signal set that it reads; the policy's profile where it names none.
        below: smaller values fail.
        above: larger values fail.
        among: other labels fail; a policy's file calls it ``in``.
        languages: the languages of the documents that it is asked of; all where none are given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    rule: str = Field(pattern=NAME)
    signal: str
    set: str = ""
    below: float | None = None
    above: float | None = None
    among: tuple[str, ...] | None = Field(None, alias="in", min_length=1)
    languages: Languages | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Rule:
        if sum(asked is not None for asked in (self.below, self.above, self.among)) != 1:
            raise ValueError("give one of below, above and in")
        return self

    @property
    def side(self) -> str:
        """``below``, ``above`` or ``in``."""
        return "in" if self.among is not None else "below" if self.below is not None else "above"

    @property
    def threshold(self) -> float | None:
        """The number that values are held against; None for labels."""
        return self.below if self.below is not None else self.above


class Policy(BaseModel):
    """Rules in their order, for the signals of one profile.

    Args:
        profile: the signal set that rules read where they name none.
        rewrite: which rules rewrite a text before it is stored.
        mask: what stands in place of persons and secrets in a text, before anything else reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("none", pattern=NAME)
    version: int = Field(1, ge=1)
    profile: str = "datatrove"
    rewrite: Literal["none", "c4_lines"] = "none"
    mask: Mask = "none"
    rules: tuple[Rule, ...] = ()

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"

    @property
    def sets(self) -> tuple[str, ...]:
        """The signal sets that its rules read, in the order in which rules first name them; and the one that tells languages."""
        told = [LANGUAGE[0]] if any(rule.languages for rule in self.rules) else []
        return tuple(dict.fromkeys([*(self.set_of(rule) for rule in self.rules), *told]))

    @property
    def read_only_of(self) -> dict[str, Languages]:
        """The languages of the texts that a set is read of, for sets that are not read of all."""
        read = {name: join_languages(rule.languages for rule in self.rules if self.set_of(rule) == name) for name in self.sets}
        return {name: languages for name, languages in read.items() if name != LANGUAGE[0] and not languages.are_all}

    def set_of(self, rule: Rule) -> str:
        """The signal set that a rule reads."""
        return rule.set or self.profile


def read_rules(rows: Iterable[Mapping[str, Any]]) -> Policy:
    """The policy whose rules these rows of ``rules`` are. What rewrites and masks texts is not told: no verdict hangs on it."""
    ordered = sorted(rows, key=lambda row: row["position"])
    name, _, version = ordered[0]["policy"].rpartition("@")
    rules = []
    for row in ordered:
        limit = row["among"].split(", ") if row["side"] == "in" else row["threshold"]
        languages = {} if row["languages"] is None else {"languages": Languages.read(row["languages"])}
        asked = {"rule": row["rule"], "signal": row["signal"], "set": row["set"], row["side"]: limit, **languages}
        rules.append(Rule.model_validate(asked))
    return Policy(name=name, version=int(version), profile=ordered[0]["set"], rules=tuple(rules))


def write_policy(policy: Policy) -> str:
    """The policy as the text of a file that ``parse`` reads to the same."""
    content = policy.model_dump(mode="json", by_alias=True, exclude={"rules"})
    rules = [rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in policy.rules]
    return yaml.safe_dump({**content, "rules": rules}, sort_keys=False, allow_unicode=True, width=132)


def parse(content: object, sets: Sets, where: str) -> Policy:
    """The policy that ``content`` describes.

    Args:
        content: keys and values.
        sets: the signal sets that rules may read.
        where: what the error calls the policy: its name or file.

    Raises:
        ConfigError: one line that lists every problem.
    """
    if not isinstance(content, Mapping):
        said = "must hold keys and values, such as name, version, profile and rules"
        raise ConfigError(f"policy {where}: {said}{describe_quotes(content)}")
    head, problems = _head(content)
    rules, more = _rules(content.get("rules", ()))
    problems += more
    if head is not None:
        whole = head.model_copy(update={"rules": tuple(rules)})
        problems += [*_unknown(whole, sets), *_find_repeated(rules), *find_contradictions(whole)]
        if not problems:
            return whole
    raise ConfigError(f"policy {where}: {'; '.join(problems)}")


def _head(content: Mapping[str, Any]) -> tuple[Policy | None, list[str]]:
    problems = [f"{key} is missing" for key in ("name", "version") if key not in content]
    try:
        return Policy.model_validate({key: value for key, value in content.items() if key != "rules"}), problems
    except ValidationError as error:
        return None, problems + [describe_error(e) for e in error.errors()]


def _rules(content: object) -> tuple[list[Rule], list[str]]:
    if not isinstance(content, list | tuple):
        return [], ["rules must be a list"]
    return read_items(content, Rule, "rule")


def read_items(content: Iterable[object], kind: type[Item], called: str) -> tuple[list[Item], list[str]]:
    """The items of a list in a file, and what is wrong with the others, each by its number and its rule."""
    items, problems = [], []
    for number, item in enumerate(content, 1):
        named = f" ({item['rule']})" if isinstance(item, Mapping) and "rule" in item else ""
        try:
            items.append(kind.model_validate(item))
        except ValidationError as error:
            problems += [f"{called} {number}{named}: {describe_error(e)}" for e in error.errors()]
    return items, problems


def describe_error(error: Mapping[str, Any]) -> str:
    """What is wrong with one key of a policy's file."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"unknown key {key}"
    if error["type"] == "missing":
        return f"{key} is missing"
    said = error["msg"].removeprefix("Value error, ")
    return f"{key}: {said} (got {error['input']!r}){advise_quotes(error)}" if key else said


def _unknown(policy: Policy, sets: Sets) -> Iterator[str]:
    """Profiles and signals that do not exist, signals of another profile, and limits of the wrong kind."""
    if policy.profile not in sets:
        yield f"unknown profile {policy.profile}: choose one of {', '.join(sets)}"
        return
    for rule in policy.rules:
        name = policy.set_of(rule)
        if name not in sets:
            yield f"rule {rule.rule}: unknown set {name}: choose one of {', '.join(sets)}"
        elif name != policy.profile and not sets[name].shared:
            yield f"rule {rule.rule} reads {name}, but the policy's profile is {policy.profile}: a policy has one profile"
        elif rule.signal not in sets[name].names:
            yield _no_signal(rule, name, sets)
        elif (sets[name].types[rule.signal] == "string") != (rule.among is not None):
            yield f"rule {rule.rule}: {rule.signal} is {_kind(sets[name].types[rule.signal])}"


def _no_signal(rule: Rule, name: str, sets: Sets) -> str:
    elsewhere = [other for other, known in sets.items() if rule.signal in known.names]
    if elsewhere:
        return f"rule {rule.rule}: signal {rule.signal} belongs to {' and '.join(elsewhere)}, not to {name}"
    close = get_close_matches(rule.signal, sets[name].names, 1)
    return f"rule {rule.rule}: set {name} has no signal {rule.signal}" + (f", did you mean {close[0]}?" if close else "")


def _kind(type: str) -> str:
    return "a label: use in" if type == "string" else "a number: use below or above"


def _find_repeated(rules: Iterable[Rule]) -> Iterator[str]:
    for name, times in Counter(rule.rule for rule in rules).items():
        if times > 1:
            yield f"rule {name} stands there {times} times: give each its own name"


def find_contradictions(policy: Policy) -> Iterator[str]:
    """Signals whose limits leave nothing between them."""
    for place in dict.fromkeys((policy.set_of(rule), rule.signal, rule.languages) for rule in policy.rules):
        rules = [rule for rule in policy.rules if (policy.set_of(rule), rule.signal, rule.languages) == place]
        least = max((rule for rule in rules if rule.below is not None), key=lambda rule: rule.below or 0.0, default=None)
        most = min((rule for rule in rules if rule.above is not None), key=lambda rule: rule.above or 0.0, default=None)
        if least and most and least.below is not None and most.above is not None and least.below > most.above:
            yield (
                f"nothing can pass: {least.rule} cuts {place[1]} below {least.below:g} and {most.rule} cuts it above {most.above:g}"
            )
        choices = [frozenset(rule.among) for rule in rules if rule.among is not None]
        if choices and not frozenset.intersection(*choices):
            yield f"nothing can pass: {' and '.join(rule.rule for rule in rules)} share no label of {place[1]}"
