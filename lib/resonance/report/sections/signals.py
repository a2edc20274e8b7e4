"""How the signals of texts are distributed, and where thresholds cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.histogram import Histogram, draw_histogram
from resonance.report.parts import Chart, Key, Section
from resonance.report.sample import told
from resonance.report.wording import count, name, plain, share, short

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.distributions import Distribution
    from resonance.report.facts import Facts

NAMES = 5


def signals(facts: Facts, settings: ReportSettings) -> Section | None:
    """One small histogram for each signal."""
    if not facts.distributions:
        return None
    text = (
        "Each picture shows one number about a text, over all texts that were measured, those that were cut later included: first "
        "what rules read, in their order. The first and the last bar also hold what lies beyond them."
    )
    charts = [_numbers(d) if d.counts else _names(d) for d in facts.distributions]
    return Section("signals", "Signals", tuple(filter(None, (text, told(facts.rows["documents"])))), tuple(charts))


def _numbers(found: Distribution) -> Chart:
    shares = tuple(n / (found.values or 1) for n in found.counts)
    places = tuple((t.value, t.below) for t in found.thresholds)
    data = Histogram(shares, found.low, found.high, found.log, found.whole, places)
    picture = draw_histogram(data, _said(found))
    note = f"{found.meaning} Set {found.set}. Median {short(float(f'{found.median:.3g}'))}.".strip()
    for t in found.thresholds:
        note += f" Cut {'below' if t.below else 'above'} {short(t.value)}."
    keys = (Key("cut side", "orange"),) if found.thresholds else ()
    return Chart(found.signal, picture, note + (" Logarithmic axis." if found.log else ""), keys, small=True)


def _said(found: Distribution) -> str:
    return f"Histogram of {found.signal} over {count(found.values)} texts, median {short(found.median)}"


def _names(found: Distribution) -> Chart:
    top, rest = found.names[:NAMES], found.names[NAMES:]
    rows = [Bar(plain(value), n, share(n, found.values)) for value, n in top]
    if rest:
        left = sum(n for _, n in rest)
        rows.append(Bar(f"{count(len(rest))} others", left, share(left, found.values), role="grey"))
    picture = draw_bars(rows, f"Texts by {found.signal}", small=True)
    return Chart(name(found.signal), picture, found.meaning, small=True)
