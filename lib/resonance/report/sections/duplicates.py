"""Clusters of equal and of similar documents, and what was cut of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from resonance.core.settings import DedupeSettings
from resonance.report.differences import marked
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.heat import draw_heat
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.parts import Chart, Grid, Section
from resonance.report.wording import count, counted, name, share, size

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.copies import Crossed, Pair
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
SOURCES = 12
"""So many sources are told apart; the others are counted together."""
OTHERS = "others"


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
    charts += tuple(filter(None, (_between(facts), _detection(facts))))
    grids = tuple(filter(None, (_grid(facts, methods, came), _pairs(facts))))
    return Section("duplicates", title, (text,), charts, grids)


def _rule(method: str, methods: list[str]) -> str:
    """The rule by which a method cut; none for near clusters that were verified, which cut nothing themselves."""
    if method == "near" and "verified" in methods:
        return ""
    return "near_duplicate" if method == "verified" else f"{method}_duplicate"


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
    picture = draw_bars(rows, f"Documents in {method} clusters by size of cluster")
    note = f"{MEANING.get(method, method)}. Bars: documents, by the size of their cluster; numbers: documents in clusters."
    return Chart(f"Clusters: {name(method)}", picture, note[0].upper() + note[1:])


def _detection(facts: Facts) -> Chart | None:
    """How likely MinHash was to meet two texts, by their similarity: 1 - (1 - s^rows)^bands (Leskovec et al., MMDS, 3.4.2)."""
    known = next((PARAMETERS.match(found.version) for found in facts.clusters if found.method == "near"), None)
    if known is None:
        return None
    bands, rows, words = map(int, known.groups())
    steps = tuple(step / 50 for step in range(51))
    settings = DedupeSettings(bands=bands, rows=rows)
    found = tuple(100 * settings.detection(s) for s in steps)
    label = f"Detection of near duplicates by {bands} bands of {rows}"
    picture = draw_lines([Line(steps, found, "purple")], label, "Jaccard similarity of two texts", "met, %")
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
        rule = _rule(method, methods)
        cut = sum(c.rows for c in facts.cuts if c.rule == rule)
        gone = sum(c.bytes for c in facts.crossed if (c.rule, c.source) == (rule, None))
        cells = (clusters, documents, max(f.size for f in found), cut)
        rows.append((name(method), *map(count, cells), share(cut, came), size(gone)))
    columns = ("method", "clusters", "documents in them", "largest", "cut", "share of what passed", "text cut")
    return Grid("What was found", columns, tuple(rows), frozenset(columns[1:]))


def _between(facts: Facts) -> Chart | None:
    """Copies by their source and the source of what stayed for them; None where one source copies itself alone."""
    found = [c for c in facts.crossed if c.source is not None and c.keeper is not None]
    weight: Counter[str] = Counter()
    for c in found:
        weight.update({str(c.source): c.documents})
        weight.update({str(c.keeper): c.documents})
    if len(weight) < 2:
        return None
    names = sorted(weight, key=lambda source: (-weight[source], source))
    names = names if len(names) <= SOURCES else [*names[: SOURCES - 1], OTHERS]
    place = {source: index for index, source in enumerate(names)}
    cells = [[0] * len(names) for _ in names]
    for c in found:
        cells[place.get(str(c.source), len(names) - 1)][place.get(str(c.keeper), len(names) - 1)] += c.documents
    picture = draw_heat(names, cells, "Documents cut as copies by their source and the source of what stayed")
    note = "Rows: the source of the copy; columns, by number: that of the document that stays for it. At the right: copies cut."
    return Chart("Copies between sources", picture, note + _unseen(facts, found))


def _unseen(facts: Facts, found: list[Crossed]) -> str:
    whole, shown = max((c.documents for c in facts.crossed if c.rule is None), default=0), sum(c.documents for c in found)
    return f" {counted(whole - shown, 'copy', 'copies')} between rarer pairs of sources are left out." if shown < whole else ""


def _pairs(facts: Facts) -> Grid | None:
    """The largest clusters: what stays beside one of the others, the least similar where that was measured."""
    rows = tuple((name(pair.method), count(pair.size), _alike(pair), *_sides(pair)) for pair in facts.examples.copies)
    columns = ("method", "documents", "similarity", "stays", "another one")
    note = "The other one is the least similar where that was measured. Excerpts begin shortly before the first difference."
    numbers, prose = frozenset(columns[1:3]), frozenset(columns[3:])
    return Grid("Largest clusters, side by side", columns, rows, numbers, cards=True, note=note, prose=prose) if rows else None


def _alike(pair: Pair) -> str:
    if pair.similarity is not None:
        return f"{pair.similarity:.3f}"
    return "equal text" if pair.method == "exact" else "not measured"


def _sides(pair: Pair) -> tuple[Markup, Markup]:
    stays, goes = (escape("not read"), escape("not read"))
    if pair.stays_text is not None and pair.goes_text is not None:
        stays, goes = marked(pair.stays_text, pair.goes_text)
    return _side(pair.stays_source, pair.stays, stays), _side(pair.goes_source, pair.goes, goes)


def _side(source: str, document: str, text: Markup) -> Markup:
    return Markup("<b>{}</b> {}<br>{}").format(name(source, 32), document, text)
