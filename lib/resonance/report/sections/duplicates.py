"""Clusters of equal and of similar documents, and what was cut of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resonance.report.charts import Bar, bars
from resonance.report.curves import Line, lines
from resonance.report.parts import Chart, Grid, Section
from resonance.report.wording import count, counted, name, share

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Clusters, Facts

MEANING = {
    "exact": "equal cleaned text",
    "near": "connected by MinHash, equal texts included",
    "verified": "one that stays, and those that are like it by exact Jaccard",
}


PARAMETERS = re.compile(r"minhash-(\d+)x(\d+)-(\d+)@")
"""Bands, rows and words of a shingle, as ``duplicates.version`` tells them."""
HARDLY = 0.1
"""A pair that is met less often than about this is hardly ever met."""


def duplicates(facts: Facts, settings: ReportSettings) -> Section | None:
    """Clusters by method and size; None where no document was compared."""
    if not facts.rows["documents"]:
        return None
    came = sum(step["rows_in"] for step in facts.steps if step["job"] == "dedupe") or facts.rows["documents"]
    title = "Duplicates"
    if not facts.clusters:
        return Section("duplicates", title, ("No duplicates were found, or none were looked for.",))
    methods = list(dict.fromkeys(found.method for found in facts.clusters))
    cut = sum(cut.rows for cut in facts.cuts if cut.step == "dedupe")
    text = (
        f"{counted(cut, 'document')} of {count(came)} that passed all rules ({share(cut, came)}) were cut as copies; "
        "the longest of those that are alike stays."
    )
    charts = tuple(_sizes(method, [f for f in facts.clusters if f.method == method]) for method in methods)
    charts += tuple(filter(None, (_detection(facts),)))
    return Section("duplicates", title, (text,), charts, (_grid(facts, methods, came),))


def _rule(method: str, methods: list[str]) -> str:
    """The rule by which a method cut; near clusters that were verified cut nothing themselves."""
    return "near_duplicate" if method == "verified" or method == "near" and "verified" not in methods else f"{method}_duplicate"


def _sizes(method: str, found: list[Clusters]) -> Chart:
    top = max(f.size for f in found)
    bounds = [(2, 2)]
    while bounds[-1][1] < top:
        low = bounds[-1][1] + 1
        bounds.append((low, low if low < 5 else 2 * low - 2))
    rows = []
    for low, high in bounds:
        inside = [f for f in found if low <= f.size <= high]
        documents, clusters = sum(f.documents for f in inside), sum(f.clusters for f in inside)
        label = f"{count(low)}–{count(high)} documents" if high > low else f"{count(low)} documents"
        rows.append(Bar(label, documents, f"{count(documents)} in {count(clusters)}", role="purple"))
    picture = bars(rows, f"Documents in {method} clusters by size of cluster", f"sizes-{name(method)}", right=96)
    note = f"{MEANING.get(method, method)}. Bars: documents, by the size of their cluster; numbers: documents in clusters."
    return Chart(f"Clusters: {name(method)}", picture, note[0].upper() + note[1:])


def _detection(facts: Facts) -> Chart | None:
    """How likely MinHash was to meet two texts, by their similarity: 1 - (1 - s^rows)^bands (Leskovec et al., MMDS, 3.4.2)."""
    known = next((PARAMETERS.match(found.version) for found in facts.clusters if found.method == "near"), None)
    if known is None:
        return None
    bands, rows, words = map(int, known.groups())
    steps = tuple(step / 50 for step in range(51))
    found = tuple(100 * (1 - (1 - s**rows) ** bands) for s in steps)
    label = f"Detection of near duplicates by {bands} bands of {rows}"
    picture = lines([Line(steps, found, "purple")], label, "detection", "Jaccard similarity of two texts", "met, %")
    half, hardly = (1 - 0.5 ** (1 / bands)) ** (1 / rows), (HARDLY / bands) ** (1 / rows)
    note = (
        f"{bands} bands of {rows} minima over shingles of {words} words. Half of all pairs are met at a similarity of {half:.2f}, "
        f"hardly any below {hardly:.2f}. Changing 15 words of 100 leaves two texts a similarity of about 0.29."
    )
    return Chart("What near duplicates could be seen", picture, note)


def _grid(facts: Facts, methods: list[str], came: int) -> Grid:
    rows = []
    for method in methods:
        found = [f for f in facts.clusters if f.method == method]
        documents, clusters = sum(f.documents for f in found), sum(f.clusters for f in found)
        cut = sum(c.rows for c in facts.cuts if c.rule == _rule(method, methods))
        cells = (clusters, documents, max(f.size for f in found), cut)
        rows.append((name(method), *map(count, cells), share(cut, came)))
    columns = ("method", "clusters", "documents in them", "largest", "cut", "share of what passed")
    return Grid("What was found", columns, tuple(rows), frozenset(columns[1:]))
