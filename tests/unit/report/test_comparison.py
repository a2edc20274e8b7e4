from __future__ import annotations

import pytest
from pyspark.sql import Row
from tests.unit.report.loop import NAMES, change_rows, loop_facts
from tests.unit.report.sections.test_heldout import make_evaluations, make_facts

from resonance.report.comparison import describe_outcome, find_compared, judge_difference

LABEL = "one seed; without training variance"


@pytest.mark.parametrize(
    ("delta", "word", "sentence"),
    [
        ((-0.02, -0.03, -0.01), "lower", "are lower than those of the control arm (2.000), plan − control = −0.020"),
        ((0.02, 0.01, 0.03), "higher", "are higher than those of the control arm (2.000), plan − control = +0.020"),
        ((0.01, -0.01, 0.03), "no difference visible", "are not visibly different from those of the control arm"),
        ((0.0, -0.01, 0.01), "no difference visible", "no difference visible"),
    ],
)
def test_the_outcome_is_given_whatever_it_is(delta: tuple[float, float, float], word: str, sentence: str) -> None:
    facts = make_facts(delta=delta)
    row = next(row for row in facts.evaluations if row["delta"] is not None)
    assert judge_difference(row) == word
    assert sentence in describe_outcome(facts)
    assert LABEL in describe_outcome(facts)
    assert "95% interval" in describe_outcome(facts)


def test_no_interval_means_no_difference_visible() -> None:
    assert judge_difference(Row(n_docs=9, delta=-1.0, delta_low=None, delta_high=None)) == "no difference visible"


def test_without_control_arm_nothing_is_claimed() -> None:
    alone = loop_facts(evaluations=tuple(row for row in make_evaluations(NAMES) if row["round"] == 1))
    assert find_compared(alone) is None
    assert describe_outcome(alone).startswith("No control arm was evaluated")


def test_few_documents_show_no_difference() -> None:
    rows = change_rows(make_evaluations(NAMES), n_docs=4)
    assert judge_difference(next(row for row in rows if row["delta"] is not None)) == "too few documents"
    assert "4 held-out documents cannot show a difference" in describe_outcome(loop_facts(evaluations=rows))
