from __future__ import annotations

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, change_rows

from resonance.core.settings import ReportSettings
from resonance.report.sections.references import References, draw_references

SETTINGS = ReportSettings()


def make_facts(names: tuple[str, ...] = NAMES) -> References:
    figures = {"n_docs": 5, "n_bytes": 5_000, "bpb": 2.5, "reference_bpb": 2.4, "target_gain": 0.05}
    return References(tuple(Row(round=2, slice=name, excess=0.2 - 0.1 * at, **figures) for at, name in enumerate(names)))


def test_what_is_left_to_learn_is_listed() -> None:
    block = draw_references(make_facts(), SETTINGS)
    assert block is not None
    assert "scored 10 documents of round 2" in block.text[0]
    (grid,) = block.grids
    assert grid.columns == ("slice", "documents", "bits per byte", "reference", "excess", "target gain")
    assert grid.rows == (("one", "5", "2.500", "2.400", "0.200", "+0.050"), ("two", "5", "2.500", "2.400", "0.100", "+0.050"))
    assert "Target gain" in grid.note


def test_the_newest_round_counts_and_no_gain_is_listed_where_no_model_was_tuned() -> None:
    untuned = change_rows(make_facts().excess, target_gain=None)
    block = draw_references(References(change_rows(untuned, round=1, slice="gone") + untuned), SETTINGS)
    assert block is not None
    assert [(row[0], len(row)) for row in block.grids[0].rows] == [("one", 5), ("two", 5)]
    assert "Target gain" not in block.grids[0].note


def test_slices_beyond_the_first_are_counted() -> None:
    block = draw_references(make_facts(), ReportSettings(top_slices=1))
    assert block is not None
    assert block.grids[0].note.endswith("1 other slice not listed.")


def test_without_references_there_is_no_section() -> None:
    assert draw_references(References(), SETTINGS) is None
