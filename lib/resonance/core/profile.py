"""What a profile is: how much each group and metric counts in a grade, for one use of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from resonance.core.adaq import GROUPS, METRICS
from resonance.core.errors import ConfigError

KEYS = ("name", "version", "groups", "enable", "floors")
WHOLE = 100
"""What weights sum to."""


@dataclass(frozen=True)
class Profile:
    """Weights under a name.

    Args:
        groups: the weight of each group, by number.
        metrics: the weight of each metric inside its group, by number.
        enable: operators that are asked beside the core ones.
        floors: scores below which a dataset is not released, by operator, where they are not the declared ones.
    """

    name: str
    version: int
    groups: Mapping[int, float]
    metrics: Mapping[int, float]
    enable: tuple[str, ...] = ()
    floors: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"


def parse_profile(content: object, where: str, operators: frozenset[str]) -> Profile:
    """The profile that ``content`` describes.

    Args:
        content: keys and values.
        where: what the error calls the profile: its name or file.
        operators: the ids of all operators.

    Raises:
        ConfigError: one line that lists every problem.
    """
    if not isinstance(content, Mapping):
        raise ConfigError(f"profile {where}: must hold keys and values: {', '.join(KEYS)}")
    problems = [*_find_wrong_keys(content), *_find_wrong_weights(content.get("groups")), *_find_wrong_ids(content, operators)]
    if problems:
        raise ConfigError(f"profile {where}: {'; '.join(problems)}")
    groups = content["groups"]
    return Profile(
        content["name"],
        content["version"],
        {number: float(given["weight"]) for number, given in groups.items()},
        {metric: float(weight) for given in groups.values() for metric, weight in given["metrics"].items()},
        tuple(content.get("enable") or ()),
        {name: float(floor) for name, floor in (content.get("floors") or {}).items()},
    )


def _find_wrong_keys(content: Mapping[Any, Any]) -> Iterator[str]:
    yield from (f"unknown key {key}: there are {', '.join(KEYS)}" for key in content if key not in KEYS)
    yield from (f"{key} is missing" for key in KEYS[:3] if key not in content)
    if not isinstance(content.get("name", ""), str):
        yield "name must be a text"
    if not _is_number(content.get("version", 1)) or content.get("version", 1) != int(content.get("version", 1)):
        yield "version must be a whole number"


def _find_wrong_weights(groups: object) -> Iterator[str]:
    if not isinstance(groups, Mapping) or set(groups) != {group.number for group in GROUPS}:
        yield f"groups must hold each of 1 to {len(GROUPS)}"
        return
    shaped = True
    for group in GROUPS:
        given = groups[group.number]
        own = {metric.number for metric in METRICS if metric.group == group.number}
        if not isinstance(given, Mapping) or set(given) != {"weight", "metrics"} or not _is_number(given["weight"]):
            shaped = False
            yield f"group {group.number} must hold a weight and its metrics"
        elif not isinstance(given["metrics"], Mapping) or set(given["metrics"]) != own:
            yield f"group {group.number} must weigh the metrics {', '.join(map(str, sorted(own)))}"
        elif problem := _check_sum(given["metrics"].values(), f"metrics of group {group.number}"):
            yield problem
    if shaped and (problem := _check_sum([given["weight"] for given in groups.values()], "groups")):
        yield problem


def _find_wrong_ids(content: Mapping[Any, Any], operators: frozenset[str]) -> Iterator[str]:
    enabled, floors = content.get("enable") or (), content.get("floors") or {}
    if not isinstance(enabled, list | tuple):
        yield "enable must be a list of operators"
        enabled = ()
    if not isinstance(floors, Mapping):
        yield "floors must hold operators and scores"
        floors = {}
    yield from (f"unknown operator {name}: see `resonance operators`" for name in (*enabled, *floors) if name not in operators)
    yield from (f"the floor of {name} must be between 0 and 1" for name, floor in floors.items() if not _is_share(floor))


def _check_sum(weights: Any, of: str) -> str:
    given = list(weights)
    if not all(_is_number(weight) and weight >= 0 for weight in given):
        return f"weights of {of} must be numbers from 0 up"
    total = sum(given)
    return "" if abs(total - WHOLE) < 1e-9 else f"weights of {of} sum to {total:g}, not to {WHOLE}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) != float("inf")


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and _is_number(value) and 0 <= value <= 1
