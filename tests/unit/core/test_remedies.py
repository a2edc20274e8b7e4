"""Every metric can be mended, and each command that is named exists with its options."""

from __future__ import annotations

import re

import typer

from resonance.assess.operators import BY_ID
from resonance.cli.commands import app
from resonance.core.adaq import METRICS
from resonance.core.remedies import BY_METRIC, BY_OPERATOR, find_remedy


def test_each_metric_and_each_named_operator_has_its_way() -> None:
    assert set(BY_METRIC) == {metric.number for metric in METRICS}
    assert set(BY_OPERATOR) <= set(BY_ID)
    assert all(find_remedy(operator) for operator in BY_ID.values())


def test_each_command_that_is_named_exists_with_its_options() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = [words for text in (*BY_OPERATOR.values(), *BY_METRIC.values()) for words in re.findall("`resonance ([^`]+)`", text)]
    assert len(named) >= 5
    for words in named:
        command = known[words.split()[0]]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--\w+", words)) <= options, words
