"""The head of the page: the loop in figures, and what happened in plain sentences."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.report.loop import NAMES, change_rows, loop_facts
from tests.unit.report.sections.test_heldout import make_evaluations
from tests.unit.report.sections.test_plan import make_plans

from resonance.report.facts.shared import Facts
from resonance.report.parts import Block
from resonance.report.summary import draw_summary


def whole_loop(names: tuple[str, ...] = NAMES) -> Facts:
    return loop_facts(names, plans=make_plans(names), evaluations=make_evaluations(names))


def read(facts: Facts, *headlines: str) -> str:
    blocks = {str(at): Block("", headline=headline) for at, headline in enumerate(headlines)}
    return " ".join(draw_summary(facts, blocks).sentences)


def test_the_whole_loop_is_summed_up() -> None:
    text = read(whole_loop())
    assert (
        "40 documents came in, 30 (75.0%) were kept and 10 cut, most of them by exact_duplicate (8) and gopher_short_doc (2)."
        in text
    )
    assert (
        "2 rounds trained, with 1 control arm beside: 36 samples planned, 36 loss rows written; each sample left exactly one."
        in text
    )
    assert "2.000 (1.900 to 2.100) after round 2, control" in text
    assert "one seed; without training variance" in text
    assert "Round 3 is planned: 1 of 2 slices get more weight; two gains most (50.0% → 55.0% of the tokens)." in text
    assert [stop.done for stop in draw_summary(whole_loop(), {}).stops] == [True] * 6


def test_losses_that_do_not_match_the_plan_are_named() -> None:
    facts = whole_loop()
    text = read(replace(facts, losses=facts.losses[:-1]))
    assert "36 samples planned, 30 loss rows written; these should be equal." in text


def test_headlines_of_sections_follow_the_documents_in_their_order() -> None:
    sentences = draw_summary(
        whole_loop(), {"a": Block("", headline="One."), "b": Block(""), "c": Block("", headline="Two.")}
    ).sentences
    assert sentences[0].startswith("Round 2 was worth it: ")
    assert sentences[2:4] == ("One.", "Two.")
    assert all(sentences)


def test_the_model_is_the_one_that_the_newest_plan_trained() -> None:
    facts = whole_loop()
    newest = next(row for row in facts.checkpoints if (row["round"], row["arm"]) == (2, "plan"))
    others = (*change_rows((newest,), run="a run before", parameters=1), *change_rows((newest,), arm="target-0", parameters=2))
    stops = draw_summary(replace(facts, checkpoints=(*facts.checkpoints, *others)), {}).stops
    assert stops[3].figure == "461k"


def test_the_data_half_alone_says_so() -> None:
    whole = loop_facts()
    half = replace(
        whole,
        losses=(),
        checkpoints=(),
        slices=tuple(part for part in whole.slices if part.part != "draw"),
        steps=tuple(step for step in whole.steps if step["round"] == 0),
    )
    assert "Only the data half of the loop has run" in read(half)
    assert [stop.done for stop in draw_summary(half, {}).stops] == [True, True, False, False, False, False]
