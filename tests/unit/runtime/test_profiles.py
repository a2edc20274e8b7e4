"""Profiles that travel with the code, and what is refused of others."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from resonance.assess.operators import BY_ID
from resonance.core.errors import ConfigError
from resonance.core.profile import parse_profile
from resonance.runtime.profiles import known_profiles, load_profile

IDS = frozenset(BY_ID)


@pytest.fixture
def content() -> dict[str, Any]:
    """An industry's profile: even weights."""
    groups: dict[int, Any] = {}
    profile = load_profile("general", IDS)
    for number, weight in profile.groups.items():
        own = sorted({op.metric for op in BY_ID.values()} & set(_metrics_of(number)))
        groups[number] = {"weight": weight, "metrics": {metric: profile.metrics[metric] for metric in own}}
    return {
        "name": "rail",
        "version": 2,
        "groups": groups,
        "enable": ["k_anonymity_attainment"],
        "floors": {"pii_free_ratio": 0.95},
    }


def _metrics_of(group: int) -> list[int]:
    from resonance.core.adaq import METRICS

    return [metric.number for metric in METRICS if metric.group == group]


def test_there_is_a_profile_for_each_stage() -> None:
    assert known_profiles() == ("domain", "general", "pretraining", "rlhf", "sft")
    for name in known_profiles():
        profile = load_profile(name, IDS)
        assert profile.name == name
        assert sum(profile.groups.values()) == 100
        assert sum(profile.metrics.values()) == 1200


def test_weights_are_those_of_the_stage() -> None:
    pretraining, domain = load_profile("pretraining", IDS), load_profile("domain", IDS)
    assert pretraining.metrics[14] == 0, "pretraining has no labels"
    assert (pretraining.groups[6], pretraining.groups[7], domain.groups[8]) == (16, 16, 0)
    assert domain.groups[4] == 12, "an industry's data must be fresh"


def test_an_industry_has_its_own(content: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "rail.yaml"
    path.write_text(yaml.safe_dump(content))
    profile = load_profile(str(path), IDS)
    assert (profile.title, profile.enable, profile.floors) == ("rail@2", ("k_anonymity_attainment",), {"pii_free_ratio": 0.95})


def test_each_mistake_is_named(content: dict[str, Any]) -> None:
    def refuse(**changes: Any) -> str:
        with pytest.raises(ConfigError) as refused:
            parse_profile({**copy.deepcopy(content), **changes}, "rail", IDS)
        return str(refused.value)

    groups = copy.deepcopy(content["groups"])
    groups[1]["metrics"][1] = 26
    groups[2]["weight"] = 13
    said = refuse(groups=groups, enable=["no_such"], floors={"pii_free_ratio": 2}, colour="red")
    for problem in (
        "weights of metrics of group 1 sum to 101, not to 100",
        "weights of groups sum to 99, not to 100",
        "unknown operator no_such: see `resonance operators`",
        "the floor of pii_free_ratio must be between 0 and 1",
        "unknown key colour",
    ):
        assert problem in said
    assert "groups must hold each of 1 to 12" in refuse(groups={1: {}})
    assert "groups must hold each of 1 to 12" in refuse(groups=None)
    assert "group 3 must hold a weight and its metrics" in refuse(
        groups=content["groups"] | {3: {"weight": float("nan"), "metrics": {}}}
    )
    assert "group 3 must weigh the metrics 8, 9" in refuse(groups=content["groups"] | {3: {"weight": 14, "metrics": {8: 100}}})
    negative = content["groups"] | {3: {"weight": 14, "metrics": {8: 110, 9: -10}}}
    assert "weights of metrics of group 3 must be numbers from 0 up" in refuse(groups=negative)
    assert "enable must be a list" in refuse(enable="pii_free_ratio")
    assert "floors must hold operators and scores" in refuse(floors=["pii_free_ratio"])
    assert "name must be a text; version must be a whole number" in refuse(name=7, version="one")
    with pytest.raises(ConfigError, match="must hold keys and values"):
        parse_profile([], "rail", IDS)
