"""What a search of rules is: which thresholds of a policy may move, how far, at what cost; checked before anything runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resonance.core.errors import ConfigError
from resonance.core.policy import NAME, Policy, Rule, describe_error, find_contradictions, read_items
from resonance.core.quotes import describe_quotes
from resonance.core.turns import ALL_SLICES

Kind = Literal["uniform", "quniform", "choice"]
Values = Mapping[str, float]
"""The number that a trial gives to each place of the space, by its name; of ``use`` 1 keeps the rule, 0 leaves it out."""
USE = "use"


class Budget(BaseModel):
    """What a campaign may cost; more is refused before it starts.

    Args:
        tokens: trained by all its models.
        seconds: of one computer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int = Field(gt=0)
    seconds: float = Field(gt=0)


class Span(BaseModel):
    """From where to where a threshold may move.

    Args:
        uniform: least and most.
        quniform: least, most and the step between two values.
        choice: the values themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    uniform: tuple[float, float] | None = None
    quniform: tuple[float, float, float] | None = None
    choice: tuple[float, ...] | None = Field(None, min_length=2)

    @model_validator(mode="after")
    def _is_a_range(self) -> Span:
        given = [kind for kind in ("uniform", "quniform", "choice") if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError("give one of uniform, quniform and choice")
        low, high = self.ends
        if not low < high:
            raise ValueError(f"{given[0]} needs values that differ, the lower one first")
        if self.quniform is not None and not 0 < self.quniform[2] <= high - low:
            raise ValueError("quniform needs a step that is above 0 and no longer than the range")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the largest value."""
        if self.choice is not None:
            return min(self.choice), max(self.choice)
        low, high, *_ = self.uniform or self.quniform or (0.0, 0.0)
        return low, high

    def settle(self, part: float) -> float:
        """The value at a part of the range, from 0 to 1; of choices, the one that this part of them falls to."""
        if self.choice is not None:
            return self.choice[min(int(part * len(self.choice)), len(self.choice) - 1)]
        low, high = self.ends
        value = low + part * (high - low)
        if self.quniform is None:
            return value
        step = self.quniform[2]
        return min(low + round((value - low) / step) * step, low + math.floor((high - low) / step + 1e-9) * step)


class Place(BaseModel):
    """One thing that a trial decides: a threshold of a rule, or whether the rule is used.

    Args:
        rule: a rule of the incumbent.
        below: where the rule's lower limit may lie.
        above: where its upper limit may lie.
        use: both answers, where the rule may be left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    below: Span | None = None
    above: Span | None = None
    use: tuple[bool, bool] | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Place:
        if sum(asked is not None for asked in (self.below, self.above, self.use)) != 1:
            raise ValueError("give one of below, above and use")
        if self.use is not None and set(self.use) != {True, False}:
            raise ValueError("use needs both: [true, false]")
        return self

    @property
    def side(self) -> str:
        """What of the rule moves."""
        return USE if self.use is not None else "below" if self.below is not None else "above"

    @property
    def name(self) -> str:
        """The rule and what of it moves."""
        return f"{self.rule}.{self.side}"

    @property
    def span(self) -> Span:
        """Where its value may lie."""
        return self.below or self.above or Span(choice=(0.0, 1.0))


class Search(BaseModel):
    """A search of thresholds of one policy.

    Args:
        name: of the search; a campaign is one run of it.
        incumbent: the policy that is to be improved: the title that it has in tables. A file may name it by its own file, with the
            version, too.
        goal: ``improve`` accepts what helps; ``comply``, for what law or safety asks for, what does no harm.
        tokens: that the longest training of the search draws, and each of the verification.
        seed: from which all chance of the search follows.
        protect: slices that count and may lose nothing; ``*`` is all of them.
        engine: what proposes trials: ``tpe``, the tree of Parzen estimators of hyperopt, or ``random``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    incumbent: str
    goal: Literal["improve", "comply"] = "improve"
    tokens: int = Field(gt=0)
    seed: int
    protect: tuple[str, ...] = Field((ALL_SLICES,), min_length=1)
    budget: Budget
    engine: Literal["tpe", "random"] = "tpe"
    space: tuple[Place, ...] = ()

    def protects(self, slice: str) -> bool:
        """Whether a slice counts."""
        return ALL_SLICES in self.protect or slice in self.protect


def parse_search(content: object, incumbent: Policy, where: str) -> Search:
    """The search that ``content`` describes, of the thresholds of ``incumbent``.

    Raises:
        ConfigError: one line that lists every problem.
    """
    if not isinstance(content, Mapping) or not isinstance(content.get("search"), Mapping):
        raise ConfigError(f"search {where}: must hold the keys search and space{describe_quotes(content)}")
    problems = [f"unknown key {key}" for key in content if key not in ("search", "space")]
    head, more = _read_head(content["search"])
    places, wrong = _read_places(content.get("space"))
    problems += [*more, *wrong]
    if head is not None and not _is_named(incumbent, head.incumbent):
        problems.append(f"incumbent is {head.incumbent}, but the policy that was found is {incumbent.title}")
    problems += [*_find_strangers(places, incumbent), *_find_repeated(places), *_find_closed(places, incumbent)]
    if head is None or problems:
        raise ConfigError(f"search {where}: {'; '.join(problems)}")
    return head.model_copy(update={"incumbent": incumbent.title, "space": tuple(places)})


def read_incumbent(content: object, where: str) -> str:
    """The policy that a search is about, as its file names it: the words before the version.

    Raises:
        ConfigError: it names none.
    """
    head = content.get("search") if isinstance(content, Mapping) else None
    title = head.get("incumbent") if isinstance(head, Mapping) else None
    name, _, version = title.rpartition("@") if isinstance(title, str) else ("", "", "")
    if not name or not version.isdecimal():
        raise ConfigError(f"search {where}: search.incumbent must name a policy with its version, such as documentation@1")
    return name


def apply_values(incumbent: Policy, search: Search, values: Values) -> Policy:
    """The incumbent with the thresholds of a trial; its rules that are not used are left out."""
    rules = []
    for rule in incumbent.rules:
        own = {place.side: values[place.name] for place in search.space if place.rule == rule.rule}
        if own.pop(USE, 1.0):
            rules.append(rule.model_copy(update=own))
    return incumbent.model_copy(update={"rules": tuple(rules)})


def _is_named(policy: Policy, given: str) -> bool:
    """Whether a policy is the one that is given by its name or its file, with its version."""
    name, _, version = given.rpartition("@")
    return version == str(policy.version) and (name == policy.name or name.endswith((".yaml", ".yml")))


def _read_head(content: Mapping[str, Any]) -> tuple[Search | None, list[str]]:
    if "space" in content:
        return None, ["unknown key search.space: the space stands beside search"]
    try:
        return Search.model_validate(dict(content)), []
    except ValidationError as error:
        return None, [f"search.{describe_error(e)}" for e in error.errors()]


def _read_places(content: object) -> tuple[list[Place], list[str]]:
    if not isinstance(content, list | tuple) or not content:
        return [], ["space must be a list of rules with what may move"]
    return read_items(content, Place, "space")


def _find_strangers(places: Sequence[Place], incumbent: Policy) -> Iterator[str]:
    """Places of rules that the incumbent does not have, or of limits that its rule has not."""
    rules = {rule.rule: rule for rule in incumbent.rules}
    for place in places:
        rule = rules.get(place.rule)
        if rule is None:
            yield f"policy {incumbent.title} has no rule {place.rule}"
        elif place.side != USE and rule.side != place.side:
            yield f"rule {place.rule} has no limit {place.side}: policy {incumbent.title} asks for {_describe(rule)}"


def _describe(rule: Rule) -> str:
    return "labels, which do not move" if rule.among is not None else f"{rule.side} {rule.threshold:g}"


def _find_repeated(places: Sequence[Place]) -> Iterator[str]:
    for name, times in Counter(place.name for place in places).items():
        if times > 1:
            yield f"{name} stands in space {times} times"


def _find_closed(places: Sequence[Place], incumbent: Policy) -> Iterator[str]:
    """Limits that leave nothing between them however far they are moved apart."""
    known = {rule.rule for rule in incumbent.rules}
    ends = {p.rule: {"below": p.span.ends[0]} if p.side == "below" else {"above": p.span.ends[1]} for p in places if p.side != USE}
    left_out = {place.rule for place in places if place.side == USE}
    widest = [rule.model_copy(update=ends.get(rule.rule, {})) for rule in incumbent.rules if rule.rule not in left_out]
    if known & ends.keys():
        yield from find_contradictions(incumbent.model_copy(update={"rules": tuple(widest)}))


@dataclass(frozen=True)
class Tried:
    """What a trial came to.

    Args:
        values: what it gave to each place of the space.
        objective: lower is better; None where it was infeasible.
    """

    values: Values
    objective: float | None
