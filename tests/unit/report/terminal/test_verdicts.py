"""What commands say of weak slices, and of what they do not find."""

from __future__ import annotations

import io

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console
from tests.worked import worked_frames

from resonance.core.errors import ResonanceError
from resonance.core.work import Work
from resonance.report.terminal.verdicts import choose_round, describe_slice, list_verdicts, list_work

SLICES = ("numpy/docstring", "numpy/licence", "torch/docstring")


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    return worked_frames(spark, 200, SLICES)


def show(parts: list) -> str:
    console = Console(file=io.StringIO(), width=250)
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_verdicts_stand_with_their_move_and_open_ones_with_the_run_that_settles_them(frames: dict[str, DataFrame]) -> None:
    first, *told, second, unknown = list_verdicts(frames, None)
    said = show([first])
    assert "Verdicts of round 2" in said
    assert said.index("slice = numpy/docstring") < said.index("slice = numpy/licence")
    assert "99.0%" in said
    assert "slice = torch/docstring" not in said
    assert str(told[0]).startswith("slice = numpy/docstring: supplement the slice, and draw more of it: drawn 0.25 times as often")
    assert "slice = torch/docstring" in show([second])
    assert unknown == (
        "slice = torch/docstring: settled by a round with more held-out documents: no test shows a cause for certain"
    )


def test_a_slice_is_told_test_by_test_by_its_predicates_or_its_name(frames: dict[str, DataFrame]) -> None:
    lines = describe_slice(frames, "slice = numpy/docstring")
    assert lines is not None
    assert lines[0] == "slice     slice = numpy/docstring"
    text = "\n".join(lines)
    for words in (
        "plan      round 1: ",
        "weak      round 2: 3.000 bits per byte inside, 2.000 outside, over 110",
        "test      D3: fired",
    ):
        assert words in text
    assert "verdict   round 2: coverage: drawn 0.25 times" in text
    assert lines[-1] == "move      supplement the slice, and draw more of it"
    assert describe_slice(frames, "numpy/docstring") == lines
    unknown = describe_slice(frames, "torch/docstring")
    assert unknown is not None
    assert unknown[-1] == "settled by a round with more held-out documents"


def test_what_names_no_slice_is_left_to_documents_and_a_wrong_predicate_is_named(frames: dict[str, DataFrame]) -> None:
    assert describe_slice(frames, "ab" * 16) is None
    assert describe_slice(frames, "row-7") is None
    with pytest.raises(ResonanceError, match="no verdict on slice 'language = xx': table verdicts has slice = numpy/docstring"):
        describe_slice(frames, "language = xx")
    none = {**frames, "verdicts": frames["verdicts"].limit(0)}
    with pytest.raises(ResonanceError, match="`resonance attribute` looks for weak slices"):
        describe_slice(none, "language = xx")
    plain = describe_slice(none, "numpy/docstring")
    assert plain is not None
    assert plain[-1] == "verdict   none: no round found it weak"


def test_a_round_that_was_not_looked_at_is_named(frames: dict[str, DataFrame]) -> None:
    with pytest.raises(ResonanceError, match=r"no verdicts on round 1: there are verdicts on rounds \[2\]"):
        list_verdicts(frames, 1)
    none = {**frames, "verdicts": frames["verdicts"].limit(0)}
    with pytest.raises(ResonanceError, match="table verdicts is empty: run `resonance attribute` first"):
        choose_round(none, [], None)


def test_open_work_is_a_table_and_closed_work_has_its_reason() -> None:
    row = {"item": "0a1b", "kind": "model", "role": "modeller", "slice": "length = 4", "cause": "capacity", "move": "open a ticket"}
    still, done = list_work([Work(row, 1), Work({**row, "item": "2c3d"}, 2, "Ada: ticket 7")])
    cells = [cell.strip() for cell in show([still]).splitlines()[-2].strip("│").split("│")]
    assert cells == ["0a1b", "1", "model", "modeller", "length = 4", "capacity", "open a ticket"]
    assert done == "closed: 2c3d, length = 4, capacity: Ada: ticket 7"
    assert list_work([]) == []
