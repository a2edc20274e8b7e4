from __future__ import annotations

import re
from typing import Any

import pytest
from pyspark.sql import Row
from tests.unit.report.loop import NAMES

from resonance.core.causes import ABSTAIN, CAUSES
from resonance.core.moves import parse_moves
from resonance.core.settings import ReportSettings
from resonance.report.language import restate, speak
from resonance.report.sections.verdicts import CALLED, WHOSE, Judged, draw_verdicts
from resonance.runtime.conf import load

SETTINGS = ReportSettings()
MOVES = parse_moves(load().propose.moves, "default")


def make_row(slice: str, cause: str, **given: Any) -> Row:
    known = {"n_checked": 120, "inside": 1.5, "outside": 0.5, "score": 2.0, "confidence": 0.987, "settle": None}
    move = "none" if cause == ABSTAIN else MOVES.find(cause, "accuracy").move
    sure = {"kind": CAUSES[cause].kind, "move": move, "reason": f"why {slice}"}
    open_ = {"confidence": None, "settle": "resonance attribute"} if cause == ABSTAIN else {}
    return Row(round=2, slice=slice, cause=cause, **{**known, **sure, **open_, **given})


def make_facts(names: tuple[str, ...] = NAMES) -> Judged:
    """A verdict on each slice but the last, which is open; reasons and runs are those that are said."""
    told = "a wider model gains 0.200 bits (0.100 to 0.300), and drawn documents are not learnt either"
    rows = [make_row(name, "capacity", reason=told) for name in names[:-1]]
    held = "a round with more held-out documents (rebalance.heldout_share, score_model.max_heldout_documents)"
    last = make_row(names[-1], ABSTAIN, reason="no test shows a cause for certain", settle=held)
    return Judged((*rows, last, make_row(names[-1], "label_noise", reason="no test shows a cause for certain")), 2)


FACTS = Judged(
    (
        make_row("slice = a", "label_noise"),
        make_row("slice = b", "capacity"),
        make_row("slice = c & length = 4", "noise_ceiling"),
        make_row("slice = d", ABSTAIN),
    ),
    2,
)


def test_each_verdict_has_a_card_and_what_is_open_the_run_that_settles_it():
    block = draw_verdicts(FACTS, SETTINGS)
    assert block is not None
    assert block.text[1] == "Found weak: 4 slices. The data is at fault in 1, the model in 1, nobody in 1; 1 are open."
    judged, unknown = block.grids
    assert judged.rows[0] == (
        *("slice = a", "wrong labels or answers", "the data", "98.7%"),
        *("repair the suspected labels and answers", "why slice = a"),
    )
    assert judged.rows[1][4] == "open a model ticket: size, steps or rate; the data stays as it is"
    assert unknown.rows == (("slice = d", "120", "resonance attribute", "why slice = d"),)
    assert "+1.000" in block.charts[0].picture


def test_a_round_without_weak_slices_says_so_and_one_that_was_not_looked_at_has_no_section():
    block = draw_verdicts(Judged(round=1), SETTINGS)
    assert block is not None
    assert block.text[1].startswith("No slice stands out")
    assert (block.charts, block.grids) == ((), ())
    assert draw_verdicts(Judged(), SETTINGS) is None


def test_every_cause_has_words():
    assert CALLED.keys() == CAUSES.keys() - {ABSTAIN}
    assert WHOSE.keys() == {cause.kind for cause in CAUSES.values()} - {"none"}


REASONS = (
    "12.3% of labels are suspected (8.0% to 17.2%), 1.0% elsewhere; in 75% of errors all models name the same other label",
    "3.1% of held-out documents have a copy, and are easier by 0.500 bits (0.300 to 0.700)",
    "drawn 0.25 times as often as held out; twice the data would gain 0.100 bits (0.050 to 0.150)",
    "drawn documents differ from held-out ones: area under the curve 0.80 (0.75 to 0.85), and lack most length = 4: 40.1% of "
    "held-out ones, 2.0% of drawn ones",
    "a wider model gains 0.200 bits (0.100 to 0.300), and drawn documents are not learnt either",
    "more data and a wider model would gain 1.2% of the loss (-0.5% to 3.0%)",
    "no test that could be made shows a cause",
    "no label was judged by a model that never saw it",
    "a learning curve needs 3 points",
    "no test shows a cause for certain",
    "40 held-out documents on the half that confirms, 300 are needed",
)


@pytest.mark.parametrize(
    "text",
    [*REASONS, *(row.move for row in MOVES.rows)],
)
def test_reasons_and_moves_are_said_in_chinese(text: str):
    with speak("zh"):
        said = restate(text)
    assert said != text
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", said)


def test_a_card_in_chinese():
    with speak("zh"):
        block = draw_verdicts(FACTS, SETTINGS)
    assert block is not None
    assert block.grids[0].rows[0][1] == "标签或答案有误"
    assert block.text[1].startswith("4 个切片")
