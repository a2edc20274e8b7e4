"""Settings explain themselves, and know which of their values results depend on."""

from __future__ import annotations

import pytest

from resonance.core.settings import Config, Settings

SECTIONS = {name: value for name, value in Config() if isinstance(value, Settings)}


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_each_setting_says_what_it_is(section: str) -> None:
    cls = type(SECTIONS[section])
    assert (cls.__doc__ or "").endswith(".")
    assert {name for name, field in cls.model_fields.items() if not field.description} == set()


def test_each_setting_of_the_whole_says_what_it_is() -> None:
    assert {name for name, field in Config.model_fields.items() if not field.description} == SECTIONS.keys()


def test_keys_without_effect_are_settings() -> None:
    assert Config.model_fields.keys() >= Config.WITHOUT_EFFECT
    for section in SECTIONS.values():
        assert type(section).model_fields.keys() >= section.WITHOUT_EFFECT


def test_values_without_effect_are_left_out() -> None:
    config = Config()
    values = config.effective()
    assert {"workspace", "rounds", "spark"}.isdisjoint(values)
    assert {"ranks", "launch"}.isdisjoint(values["train"])
    assert values["train"]["hidden"] == config.train.hidden
    assert values["judge"]["policy"]["name"] == "none"
