"""Evaluation items in documents, by set and method, and a run that was not checked."""

from __future__ import annotations

from tests.unit.report.loop import NAMES, change_rows, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.contamination import Contamination, Registered, draw_contamination

SETTINGS = ReportSettings()


def make_facts(names: tuple[str, ...] = NAMES) -> Contamination:
    quiz = Registered("quiz", 40, 3, len(names), {"ngram": len(names), "fuzzy": 1})
    return Contamination(loop_facts(names), (quiz, Registered("<other>", 5, 0, 0, {})))


def test_documents_are_counted_by_set_and_method() -> None:
    block = draw_contamination(make_facts(), SETTINGS)
    assert block is not None
    (grid,) = block.grids
    assert grid.rows[0] == ("quiz", "40", "3", "2", "5.3%", "2", "0", "1")
    assert block.headline == "0 more documents were cut for items of 2 evaluation sets."
    assert "UNCHECKED" not in "".join(block.text)


def test_sets_that_were_registered_later_are_not_shown() -> None:
    steps = tuple(step for step in loop_facts().steps if step["job"] != "decontaminate")
    assert draw_contamination(Contamination(loop_facts(steps=steps), make_facts().registered), SETTINGS) is None


def test_a_run_without_an_evaluation_set_is_called_unchecked() -> None:
    steps = tuple(step for step in loop_facts().steps if step["job"] == "decontaminate")
    block = draw_contamination(Contamination(loop_facts(steps=change_rows(steps, read={"documents": 1}))), SETTINGS)
    assert block is not None
    assert "UNCHECKED" in block.text[0]
    assert "UNCHECKED" in block.headline
