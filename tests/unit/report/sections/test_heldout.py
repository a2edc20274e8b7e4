from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, TURNS, change_rows, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.facts.shared import Facts
from resonance.report.sections.heldout import draw_heldout

SETTINGS = ReportSettings()
LOWER = (-0.02, -0.03, -0.01)


def make_evaluations(
    names: tuple[str, ...], delta: tuple[float, float, float] = LOWER, accuracy: float | None = None
) -> tuple[Row, ...]:
    """Every arm at 2.0 bits per byte; the plan of round 2 compared with its control."""
    middle, low, high = ("delta", "delta_low", "delta_high")
    return tuple(
        Row(
            round=round_, arm=arm, slice=name, n_docs=10, n_compared=10, n_suspected=0, n_bytes=1000, bpb=2.0, low=1.9, high=2.1,
            accuracy=accuracy,
            **dict(zip((middle, low, high), delta if (round_, arm) == (2, "plan") else (None,) * 3, strict=True)),
        )
        for round_, arm in TURNS
        for name in ("*", *names)
    )  # fmt: skip


def make_facts(names: tuple[str, ...] = NAMES, delta: tuple[float, float, float] = LOWER) -> Facts:
    return loop_facts(names, evaluations=make_evaluations(names, delta))


def test_the_verdict_of_each_slice_is_given() -> None:
    block = draw_heldout(make_facts(delta=(0.02, 0.01, 0.03)), SETTINGS)
    assert block is not None
    assert block.grids[0].rows[0] == ("all slices", "10", "2.000", "2.000", "+0.020", "+0.010 to +0.030", "higher")
    assert "one seed; without training variance" in block.charts[2].note
    assert "one seed; without training variance" in block.grids[0].note


def test_a_labelled_task_says_how_many_labels_are_right_in_each_slice() -> None:
    rows = make_evaluations(NAMES, accuracy=0.8)
    lacking = change_rows(tuple(row for row in rows if (row["arm"], row["slice"]) == ("control", "two")), accuracy=None)
    kept = tuple(row for row in rows if (row["arm"], row["slice"]) != ("control", "two"))
    block = draw_heldout(loop_facts(evaluations=(*kept, *lacking)), SETTINGS)
    assert block is not None
    (grid,) = block.grids
    assert grid.columns[7:] == ("labels right, plan", "labels right, control")
    assert {row[0]: row[7:] for row in grid.rows} == {
        "all slices": ("80.0%", "80.0%"),
        "one": ("80.0%", "80.0%"),
        "two": ("80.0%", "–"),
    }
    unlabelled = draw_heldout(make_facts(), SETTINGS)
    assert unlabelled is not None
    assert len(unlabelled.grids[0].columns) == 7


def test_without_control_there_is_no_difference() -> None:
    facts = make_facts()
    block = draw_heldout(replace(facts, evaluations=tuple(r for r in facts.evaluations if r["round"] == 1)), SETTINGS)
    assert block is not None
    assert len(block.charts) == 2
    assert not block.grids


def test_slices_of_few_documents_are_rings_without_interval() -> None:
    rows = make_evaluations(NAMES)
    few = tuple(change_rows((row,), n_docs=1, n_compared=1)[0] if row["slice"] == "one" else row for row in rows)
    block = draw_heldout(loop_facts(evaluations=few), SETTINGS)
    assert block is not None
    verdicts = {row[0]: row[6] for row in block.grids[0].rows}
    assert verdicts == {"all slices": "lower", "one": "too few documents", "two": "lower"}
    assert block.charts[2].picture.count('class="ring grey"') == 1


def test_of_two_hundred_slices_the_largest_are_listed() -> None:
    block = draw_heldout(make_facts(tuple(f"slice-{n:03}" for n in range(200))), SETTINGS)
    assert block is not None
    (grid,) = block.grids
    assert "176 other slices" in grid.note
    assert (len(grid.rows), len(grid.shown), len(grid.folded)) == (25, 0, 25)
