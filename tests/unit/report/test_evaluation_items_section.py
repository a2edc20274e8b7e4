"""What the report says of evaluation items in documents, and of a run that was not checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyspark.sql import Row

from resonance.core.settings import ReportSettings
from resonance.report.facts import Facts
from resonance.report.sections.contamination import contamination
from resonance.report.summary import summary


def test_contamination_tells_documents_by_set_and_method(made: Callable[..., Facts]) -> None:
    facts = made()
    section = contamination(facts, ReportSettings())
    (grid,) = section.grids
    assert grid.rows[0] == ("quiz", "40", "3", "2", "5.3%", "2", "0", "1")
    assert "UNCHECKED" not in "".join(section.text)
    assert not any("UNCHECKED" in sentence for sentence in summary(facts).sentences)


def test_sets_that_were_registered_later_are_not_told_of(made: Callable[..., Facts]) -> None:
    facts = made()
    early = replace(facts, steps=tuple(step for step in facts.steps if step["job"] != "decontaminate"))
    assert contamination(early, ReportSettings()) is None


def test_a_run_without_an_evaluation_set_is_called_unchecked(made: Callable[..., Facts]) -> None:
    facts = made()
    steps = [Row(**{**step.asDict(), "read": {"documents": 1}}) for step in facts.steps if step["job"] == "decontaminate"]
    unchecked = replace(facts, registered=(), steps=tuple(steps))
    assert "UNCHECKED" in contamination(unchecked, ReportSettings()).text[0]
    assert any("UNCHECKED" in sentence for sentence in summary(unchecked).sentences)
