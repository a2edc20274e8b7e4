"""What is told of detection is the closed form: 14 bands of 8 meet 56 % at 0.7, and hardly ever what changed by 15 %."""

from __future__ import annotations

import pytest

from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates.reach import reach


@pytest.mark.parametrize(("similarity", "expected"), [(0.5, 0.053), (0.6, 0.211), (0.7, 0.565), (0.75, 0.772), (0.8, 0.924)])
def test_detection_is_the_closed_form(similarity: float, expected: float) -> None:
    assert DedupeSettings().detection(similarity) == pytest.approx(expected, abs=5e-4)


def test_the_curve_and_what_is_out_of_reach_are_told() -> None:
    assert reach(DedupeSettings()) == (
        "near duplicates: 14 bands of 8 over 5 words meet two texts, by their Jaccard similarity: "
        "5% at 0.5, 21% at 0.6, 56% at 0.7, "
        "92% at 0.8, almost always at 0.9; changing 15% of all words leaves 0.29, met: hardly ever"
    )
    assert "leaves 0.74, met: almost always" in reach(DedupeSettings(bands=50, rows=4, shingle_words=1))
