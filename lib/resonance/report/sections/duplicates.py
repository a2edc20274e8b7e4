"""Clusters of equal and of similar documents, and what was cut of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.charts import Bar, bars
from resonance.report.parts import Chart, Grid, Section
from resonance.report.wording import count, counted, name, share

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Clusters, Facts

MEANING = {
    "exact": "equal cleaned text",
    "near": "similar by MinHash, equal texts included",
}
RULES = {"exact": "exact_duplicate", "near": "near_duplicate"}


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
        "of each cluster its longest document stays."
    )
    charts = tuple(_sizes(method, [f for f in facts.clusters if f.method == method]) for method in methods)
    return Section("duplicates", title, (text,), charts, (_grid(facts, methods, came),))


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


def _grid(facts: Facts, methods: list[str], came: int) -> Grid:
    rows = []
    for method in methods:
        found = [f for f in facts.clusters if f.method == method]
        documents, clusters = sum(f.documents for f in found), sum(f.clusters for f in found)
        cut = sum(c.rows for c in facts.cuts if c.rule == RULES.get(method, f"{method}_duplicate"))
        cells = (clusters, documents, max(f.size for f in found), cut)
        rows.append((name(method), *map(count, cells), share(cut, came)))
    columns = ("method", "clusters", "documents in them", "largest", "cut", "share of what passed")
    return Grid("What was found", columns, tuple(rows), frozenset(columns[1:]))
