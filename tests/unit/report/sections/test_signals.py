"""Signals are counted as numpy counts them, and drawn with the thresholds of rules."""

from __future__ import annotations

from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.distributions import Distribution, Threshold
from resonance.report.sections.signals import Signals, draw_signals

SETTINGS = ReportSettings()
SHORT = Threshold("gopher_short_doc", "datatrove", "n_words", 50.0, True)


def make_facts(names: tuple[str, ...] = NAMES) -> Signals:
    words = Distribution("datatrove", "n_words", "Words.", 20, 0.0, 80.0, 240.0, counts=(5, 10, 5), thresholds=(SHORT,))
    return Signals(loop_facts(names), (words, Distribution("basics", "language", "Language.", 20, names=(("en", 15), ("de", 5)))))


def test_pictures_name_their_thresholds() -> None:
    block = draw_signals(make_facts(), SETTINGS)
    assert block is not None
    assert block.charts[0].note == "Words. Set datatrove. Median 80. Cut below 50."
    assert 'class="orange"' in block.charts[0].picture
    assert "75.0%" in block.charts[1].picture


def test_a_large_corpus_is_said_to_be_sampled() -> None:
    block = draw_signals(Signals(loop_facts(rows={"documents": 94_144}), make_facts().distributions), SETTINGS)
    assert block is not None
    assert block.text[-1] == "Drawn from about 20,000 of 94,144 documents."
