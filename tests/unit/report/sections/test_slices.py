from __future__ import annotations

from tests.unit.report.loop import loop_facts as make_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.slices import draw_slices


def test_slices_beyond_the_first_are_summed_up_and_counted() -> None:
    block = draw_slices(make_facts(tuple(f"slice-{n:03}" for n in range(200))), ReportSettings(top_slices=3))
    assert block is not None
    assert "The 3 largest are shown; the other 197 slices are summed up." in block.text[0]
    kept = block.charts[0].picture
    assert "slice-002" in kept
    assert "slice-003" not in kept
    assert "197 other slices: 2,955 of 3,940 kept (75.0%)." in block.charts[0].note
    assert "197 other slices" in block.charts[1].picture
    assert "197 other slices: 98.5% in kept corpus, 98.5% in round 1 and 98.5% in round 2." in block.charts[2].note
