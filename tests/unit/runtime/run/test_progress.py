"""What is said at the end of a step: what was cut, which setting helps, and that nothing is held out."""

from __future__ import annotations

from resonance.core.advice import ADVICE, NOTHING_HELD_OUT
from resonance.core.job import Step
from resonance.factory import HOLD_OUT, INGEST
from resonance.runtime.run.accounting import Files, Outcome
from resonance.runtime.run.progress import advise, summary


def test_a_rule_that_a_setting_helps_against_is_told_with_it() -> None:
    outcome = Outcome(Step(INGEST), "run", 100, 25, {"duplicate_key": 74, "broken_file": 1})
    assert advise(outcome) == [f"  74 duplicate_key: {ADVICE['duplicate_key']}"]


def test_nothing_held_out_is_told_once() -> None:
    assert advise(Outcome(Step(HOLD_OUT, 0, "heldout"), "run", 0, 0)) == [f"  {NOTHING_HELD_OUT}"]
    assert advise(Outcome(Step(HOLD_OUT, 0, "heldout"), "run", 0, 3)) == []
    assert advise(Outcome(Step(INGEST), "run", 0, 0)) == []


def test_files_are_told_where_rows_of_some_were_taken_over() -> None:
    assert "3 in → 3 out, 1 of 3 files read anew  " in summary(Outcome(Step(INGEST), "run", 3, 3, files=Files(1, 3)))
    assert "files" not in summary(Outcome(Step(INGEST), "run", 3, 3, files=Files(3, 3)))
    assert "files" not in summary(Outcome(Step(INGEST), "run", 3, 3))
