from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import Row
from tests.unit.report.loop import NAMES, change_rows, loop_facts
from tests.unit.report.sections.test_heldout import make_evaluations, make_facts

from resonance.report.comparison import describe_worth, find_compared, judge_difference
from resonance.report.facts.looks import Looks
from resonance.report.facts.shared import Facts


def read(facts: Facts) -> str:
    return describe_worth(facts.evaluations, facts.checkpoints, facts.plans, facts.looks)


@pytest.mark.parametrize(
    ("delta", "word", "sentence"),
    [
        (
            (-0.02, -0.03, -0.01),
            "lower",
            "Round 2 was worth it: the model learnt more from its plan than from drawing as before. "
            "With its plan, held-out bits per byte are lower than those of the control arm (2.000); "
            "plan − control = −0.020, 95% interval −0.030 to −0.010 (one seed; without training variance), "
            "over 10 documents, from 40,000 tokens with the plan and 40,100 without.",
        ),
        (
            (0.02, 0.01, 0.03),
            "higher",
            "Round 2 was not worth it: the model learnt less from its plan than from drawing as before. Its plan is not continued. "
            "With its plan, held-out bits per byte are higher than those of the control arm (2.000); "
            "plan − control = +0.020, 95% interval +0.010 to +0.030 (one seed; without training variance), "
            "over 10 documents, from 40,000 tokens with the plan and 40,100 without.",
        ),
        (
            (0.01, -0.01, 0.03),
            "no difference visible",
            "Round 2 was not visibly worth it: no difference shows between its plan and drawing as before. "
            "With its plan, held-out bits per byte are not visibly different from those of the "
            "control arm (2.000); plan − control = +0.010, 95% interval −0.010 to +0.030 (one seed; without training variance), "
            "over 10 documents, from 40,000 tokens with the plan and 40,100 without.",
        ),
    ],
)
def test_whether_a_round_was_worth_it_is_said_whatever_the_outcome(
    delta: tuple[float, float, float], word: str, sentence: str
) -> None:
    facts = make_facts(delta=delta)
    row = next(row for row in facts.evaluations if row["delta"] is not None)
    assert judge_difference(row) == word
    assert read(facts) == sentence


def test_a_round_with_the_weights_of_its_control_arm_had_nothing_to_gain() -> None:
    plans = tuple(Row(round=number, slice=name, weight=0.5 + 1e-12 * number) for number in (1, 2) for name in NAMES)
    facts = replace(make_facts(delta=(0.0, 0.0, 0.0)), plans=plans)
    assert read(facts) == (
        "Round 2 drew as its control arm did, by the weights of round 1: there was nothing to gain or to lose, "
        "from 40,000 tokens with the plan and 40,100 without."
    )
    moved = replace(facts, plans=(*plans[:-1], Row(round=2, slice=NAMES[-1], weight=0.4)))
    assert read(moved).startswith("Round 2 was not visibly worth it")


def test_a_round_that_weighed_documents_drew_otherwise_than_its_control_arm_and_says_what_was_read_for_it() -> None:
    plans = tuple(Row(round=number, slice=name, weight=0.5) for number in (1, 2) for name in NAMES)
    facts = replace(make_facts(delta=(0.01, -0.01, 0.03)), plans=plans, looks=Looks(frozenset({2}), {2: 12_000}))
    found = read(facts)
    assert found.startswith("Round 2 was not visibly worth it: ")
    assert found.endswith(
        ", from 40,000 tokens with the plan and 40,100 without. To choose and to judge documents, a model read 12,000 tokens more "
        "before the draw."
    )
    in_vain = replace(facts, looks=Looks(frozenset(), {2: 12_000}))
    assert read(in_vain).startswith("Round 2 drew as its control arm did, ")
    assert read(in_vain).endswith(" To choose and to judge documents, a model read 12,000 tokens more before the draw.")


def test_arms_of_unequal_tokens_are_named_as_such_and_the_newest_training_of_each_counts() -> None:
    facts = make_facts()
    ended = Row(round=2, arm="plan", final=True, tokens=42_000, published_at=facts.checkpoints[0]["published_at"] + timedelta(1))
    older = Row(round=2, arm="plan", final=True, tokens=99_000, published_at=ended["published_at"] - timedelta(9))
    running = Row(round=2, arm="plan", final=False, tokens=1, published_at=ended["published_at"] + timedelta(9))
    found = read(replace(facts, checkpoints=(ended, *facts.checkpoints, older, running)))
    assert found.endswith(
        ", from 42,000 tokens with the plan and 40,100 without, which is not the same and may explain a difference."
    )


def test_tokens_are_left_out_where_they_are_not_known() -> None:
    facts = replace(make_facts(), checkpoints=())
    assert read(facts).endswith("95% interval −0.030 to −0.010 (one seed; without training variance), over 10 documents.")


def test_no_interval_means_no_difference_visible() -> None:
    assert judge_difference(Row(n_compared=9, delta=-1.0, delta_low=None, delta_high=None)) == "no difference visible"


def test_without_control_arm_nothing_is_claimed() -> None:
    alone = loop_facts(evaluations=tuple(row for row in make_evaluations(NAMES) if row["round"] == 1))
    assert find_compared(alone) is None
    assert read(alone) == "Whether round 1 was worth it is not known: no control arm was evaluated beside it."
    assert read(loop_facts()) == ""


def test_few_documents_show_no_difference() -> None:
    rows = change_rows(make_evaluations(NAMES), n_docs=4, n_compared=4)
    assert judge_difference(next(row for row in rows if row["delta"] is not None)) == "too few documents"
    assert read(loop_facts(evaluations=rows)) == (
        "Whether round 2 was worth it is not known: 4 held-out documents cannot show a difference from the control arm."
    )
