"""How the signals of texts are distributed, and where thresholds cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.histogram import Histogram, draw_histogram
from resonance.report.facts.sample import choose_sample, describe_sample
from resonance.report.parts import Block, Chart, Key
from resonance.report.section import Section
from resonance.report.sections.distributions import Distribution, Threshold, find_distributions
from resonance.report.wording import count, name, plain, share, short
from resonance.tables import SIGNAL_SETS, SIGNALS, SIGNALS_QUALITY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

NAMES = 5


@dataclass(frozen=True)
class Signals:
    """How the signals that are shown are distributed."""

    shared: Facts
    distributions: tuple[Distribution, ...] = ()


def gather_signals(frames: Mapping[str, DataFrame], shared: Facts) -> Signals:
    """Distributions over a sample of documents, in two scans of each set that is shown."""
    share = choose_sample(shared.rows["documents"])
    measured = {s.name: frames[s.table].where(share) for s in SIGNAL_SETS.values() if shared.rows[s.table]}
    return Signals(shared, find_distributions(measured, read_thresholds(shared.rules)))


def read_thresholds(rules: Iterable[Row]) -> tuple[Threshold, ...]:
    """The thresholds of rules, in their order; each once where batches were judged alike."""
    found = (
        Threshold(rule["rule"], rule["set"], rule["signal"], rule["threshold"], rule["side"] == "below")
        for rule in rules
        if rule["threshold"] is not None
    )
    return tuple(dict.fromkeys(found))


def draw_signals(facts: Signals, settings: ReportSettings) -> Block | None:
    """One small histogram for each signal."""
    if not facts.distributions:
        return None
    text = (
        "Each picture shows one number about a text, over all texts that were measured, those that were cut later included: first "
        "what rules read, in their order. The first and the last bar also hold what lies beyond them."
    )
    charts = [_draw_numbers(d) if d.counts else _draw_names(d) for d in facts.distributions]
    return Block("Signals", tuple(filter(None, (text, describe_sample(facts.shared.rows["documents"])))), tuple(charts))


def _draw_numbers(found: Distribution) -> Chart:
    shares = tuple(n / (found.values or 1) for n in found.counts)
    places = tuple((t.value, t.below) for t in found.thresholds)
    data = Histogram(shares, found.low, found.high, found.log, found.whole, places)
    picture = draw_histogram(data, _describe_histogram(found))
    note = f"{found.meaning} Set {found.set}. Median {short(float(f'{found.median:.3g}'))}.".strip()
    for t in found.thresholds:
        note += f" Cut {'below' if t.below else 'above'} {short(t.value)}."
    keys = (Key("cut side", "orange"),) if found.thresholds else ()
    return Chart(found.signal, picture, note + (" Logarithmic axis." if found.log else ""), keys, small=True)


def _describe_histogram(found: Distribution) -> str:
    return f"Histogram of {found.signal} over {count(found.values)} texts, median {short(found.median)}"


def _draw_names(found: Distribution) -> Chart:
    top, rest = found.names[:NAMES], found.names[NAMES:]
    rows = [Bar(plain(value), n, share(n, found.values)) for value, n in top]
    if rest:
        left = sum(n for _, n in rest)
        rows.append(Bar(f"{count(len(rest))} others", left, share(left, found.values), role="grey"))
    picture = draw_bars(rows, f"Texts by {found.signal}", small=True)
    return Chart(name(found.signal), picture, found.meaning, small=True)


SECTION = Section("signals", gather_signals, draw_signals, reads=(SIGNALS, SIGNALS_QUALITY))
