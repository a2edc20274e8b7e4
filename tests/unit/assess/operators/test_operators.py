"""What is declared: all operators of the 36 metrics, as the committed page of the documentation shows them."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path

from resonance.assess.operators import BY_ID, OPERATORS
from resonance.core.adaq import ALWAYS, GROUPS, HUMAN, LEAKS, METRICS

TOP = Path(__file__).parents[4]


def test_the_committed_page_shows_what_is_declared() -> None:
    reference = runpy.run_path(str(TOP / "docs" / "reference.py"))
    now = "\n".join(reference["list_operators"]()) + "\n"
    assert reference["COMMITTED"].read_text(encoding="utf-8") == now, "write it anew: python docs/reference.py"
    assert sum(line.count("| `") > 0 and line.startswith("| ") for line in now.splitlines()) == len(OPERATORS) + 8


def test_there_are_as_many_operators_as_the_indicators_ask_for() -> None:
    assert len(BY_ID) == len(OPERATORS) == 136
    assert Counter(operator.mode for operator in OPERATORS) == {"A": 109, "M": 22, "H": 5}
    assert Counter(operator.passes for operator in OPERATORS) == {"P1": 52, "P1u": 24, "P2": 18, "S": 23, "L": 19}
    assert sum(operator.core for operator in OPERATORS) == 90


def test_each_metric_has_a_core_operator_that_is_automatic() -> None:
    automatic = {operator.metric for operator in OPERATORS if operator.core and operator.mode == "A"}
    assert automatic == {metric.number for metric in METRICS} == set(range(1, 37))
    assert [group.number for group in GROUPS] == list(range(1, 13))
    assert [metric.group for metric in METRICS] == sorted(metric.group for metric in METRICS)
    assert {operator.metric for operator in OPERATORS if operator.mode == "H"} >= set(HUMAN)
    assert set(LEAKS) <= set(ALWAYS)


def test_operators_stand_in_the_order_of_their_metrics() -> None:
    assert [operator.metric for operator in OPERATORS] == sorted(operator.metric for operator in OPERATORS)


def test_bounds_among_the_defaults_are_ordered() -> None:
    for operator in OPERATORS:
        given = operator.defaults
        assert given.get("lo", 0) < given.get("hi", 1), operator.id
        assert operator.floor is None or 0 < operator.floor <= 1, operator.id
        assert operator.inputs, operator.id
