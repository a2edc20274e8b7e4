from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from pyspark.sql import Row, SparkSession
from tests.unit.report.loop import NAMES, change_rows, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.facts.losses import Losses
from resonance.report.facts.shared import Facts
from resonance.report.parts import Block
from resonance.report.sections.training import Training, Unused, draw_training, gather_training
from resonance.testing import events_frame


def make_facts(names: tuple[str, ...] = NAMES) -> Training:
    return Training(loop_facts(names))


def draw_of(facts: Facts, unused: Unused = Unused()) -> Block:
    block = draw_training(Training(facts, unused), ReportSettings())
    assert block is not None
    return block


def draw(losses: Iterable[Losses] | None = None, unused: Unused = Unused()) -> Block:
    return draw_of(loop_facts() if losses is None else loop_facts(losses=tuple(losses)), unused)


def count_corners(block: Block) -> int:
    """How many points the blue line of the first chart has."""
    paths = re.findall(r'<path d="([^"]+)" class="curve blue"', block.charts[0].picture)
    return len(re.findall("[ML]", paths[0]))


def test_plan_and_losses_are_compared() -> None:
    block = draw()
    assert block.grids[0].rows[2][:4] == ("round 2, control", "12", "12", "equal")
    assert block.grids[0].rows[0][5] == f"{2000 / math.log(2) / 1000:.3f}"
    assert draw([Losses(1, "plan", "train", 0, 5, 1.0, 1, 1)]).grids[0].rows[0][3] == "NOT EQUAL"


def test_parameters_are_those_of_the_newest_run_of_a_training() -> None:
    facts = loop_facts()
    model = facts.checkpoints[0]
    (last,) = change_rows((model,), run="another model", parameters=999)
    (grid,) = draw_of(replace(facts, checkpoints=(model, last))).grids
    assert grid.rows[0][6] == "461,280", "the other run is not the newest, wherever its row stands"
    steps = change_rows(facts.steps, run="another model")
    (grid,) = draw_of(replace(facts, checkpoints=(last, model), steps=steps)).grids
    assert grid.rows[0][6] == "999"
    (grid,) = draw_of(replace(facts, checkpoints=change_rows((last,), final=False), steps=steps)).grids
    assert grid.rows[0][6] == "–"


def test_rows_without_a_loss_and_tokens_cut_have_columns_where_there_are_any() -> None:
    first = [Losses(1, "plan", "train", n, 6, 100.0, 40, 50, no_loss=n, cut=1_000 * n) for n in (0, 1, 2)]
    (grid,) = draw([*first, Losses(2, "plan", "train", 0, 12, 200.0, 80, 100)]).grids
    assert grid.columns[-3:] == ("parameters", "no finite loss", "tokens cut")
    assert {"no finite loss", "tokens cut"} <= grid.numbers
    # 300 nats over 150 bytes, and 200 over 100: 2 / ln 2 both.
    assert [(row[2], row[4], row[5], *row[7:]) for row in grid.rows] == [
        ("18", "120", "2.885", "3", "3,000"),
        ("12", "80", "2.885", "0", "0"),
    ]
    only = draw([Losses(1, "plan", "train", 0, 6, 100.0, 40, 50, cut=7)]).grids[0]
    assert only.columns[-2:] == ("parameters", "tokens cut")
    assert only.rows[0][-1] == "7"
    assert draw().grids[0].columns[-1] == "parameters"


def test_a_stretch_without_any_loss_is_no_point_at_zero() -> None:
    there = [Losses(1, "plan", "train", n, 10, 100.0, 50, 40) for n in (0, 2)]
    gone = Losses(1, "plan", "train", 1, 10, 0.0, 0, 0, no_loss=10)
    block = draw([there[0], gone, there[1]])
    assert count_corners(block) == 2
    assert (block.grids[0].rows[0][2], block.grids[0].rows[0][7]) == ("30", "10")
    assert draw([gone]).grids[0].rows[0][5] == "–"


def test_a_short_last_stretch_joins_its_neighbour() -> None:
    losses = [Losses(1, "plan", "train", n, 10, 100.0, 50, 40) for n in range(3)]
    block, alone = draw([*losses, Losses(1, "plan", "train", 3, 1, 900.0, 5, 4)]), draw(losses)
    assert block.grids[0].rows[0][2] == "31"
    assert count_corners(block) == count_corners(alone) == 3


@pytest.mark.parametrize(
    ("unused", "sentence"),
    [
        (Unused(1_234, 12), "1,234 events {} and 12 states of texts or labels changed since."),
        (Unused(1, 0), "1 event {}."),
        (Unused(0, 1), "1 state of a text or label changed since."),
    ],
)
def test_what_counts_nowhere_is_named_in_one_sentence(unused: Unused, sentence: str) -> None:
    runs = "of runs that are out of date (other settings, inputs or texts) or have not ended"
    assert draw(unused=unused).text[-1] == "Stored, but not counted in any figure of losses or labels here: " + sentence.format(
        runs
    )


def test_where_everything_counts_no_sentence_says_so() -> None:
    assert len(draw().text) == 1


def test_events_count_where_a_job_that_trains_or_scores_wrote_them(spark: SparkSession) -> None:
    runs = ("a", "b", "c", "d", "unfinished", "a-before")
    events = events_frame(spark, [{"doc": n, "run": run, "phase": "train", "loss_sum": 1.0} for n, run in enumerate(runs)])
    frames = {"signal_event": events, "signal_state": spark.createDataFrame([(True,), (False,)], "current boolean")}
    wrote = {"train": "a", "score_model": "b", "cross_fit": "c", "tune": "d", "feedback": "unfinished"}
    steps = tuple(
        Row(job=job, run=run, written={"slice_state" if job == "feedback" else "signal_event": 1}) for job, run in wrote.items()
    )
    assert gather_training(frames, loop_facts(rows={"signal_event": 6}, steps=steps)).unused == Unused(events=2, states=1)
    assert gather_training(frames, loop_facts(rows={"signal_event": 6}, steps=())).unused == Unused(events=6, states=1)
