"""Clusters of equal and of similar documents, and what was cut of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.ledger import DEDUPE
from resonance.core.settings import DedupeSettings
from resonance.core.versions import SUPERSEDED, leave_superseded
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.heat import draw_heat
from resonance.report.draw.lines import Line, draw_lines
from resonance.report.facts.texts import read_texts
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid
from resonance.report.section import Section
from resonance.report.sections.pairs import REACH, Pair, find_largest, list_pairs, name_method, pair_texts
from resonance.report.wording import amount, count, join_sentences, join_words, name, share, size
from resonance.tables import DOCUMENTS, DUPLICATES, REJECTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

MEANING = {
    "exact": "Equal cleaned text.",
    "near": "Connected by MinHash, equal texts included.",
    "verified": "One that stays, and those that are like it by exact Jaccard.",
}
PARAMETERS = re.compile(r"minhash-(\d+)x(\d+)-(\d+)@")
"""Bands, rows and words of a shingle, as ``duplicates.version`` gives them."""
HARDLY = 0.1
"""Pairs with about this chance of being compared are hardly ever compared."""
SOURCES = 12
"""So many sources are named; the others are counted together."""
MOST = 1_000
"""So many pairs of sources come back at most, those of most documents first."""
NONE_FOUND = "No duplicates were found, or none were looked for."


@dataclass(frozen=True)
class Clusters:
    """Clusters of one size that one method found; ``version`` holds its parameters."""

    method: str
    size: int
    clusters: int
    documents: int
    version: str


@dataclass(frozen=True)
class Crossed:
    """Documents that a rule cut as copies, by their source and that of the document that stayed; None means all of them."""

    rule: str | None
    source: str | None
    keeper: str | None
    documents: int
    bytes: int


@dataclass(frozen=True)
class Duplicates:
    """What was found of copies, and what was cut of them."""

    shared: Facts
    clusters: tuple[Clusters, ...] = ()
    crossed: tuple[Crossed, ...] = ()
    pairs: tuple[Pair, ...] = ()


def gather_duplicates(frames: Mapping[str, DataFrame], shared: Facts) -> Duplicates:
    """Clusters by size, copies by source, and a few pairs. One scan of documents reads the texts of these pairs."""
    if not shared.rows["duplicates"]:
        return Duplicates(shared)
    largest = find_largest(frames["duplicates"])
    ids = {bytes(row[column]) for row in largest for column in ("keeper", "doc_id")}
    texts = read_texts(frames["documents"], ids, F.lit(REACH), shared)
    return Duplicates(
        shared,
        count_clusters(frames["duplicates"]),
        count_crossed(frames["rejects"], frames["documents"]),
        tuple(pair_texts(largest, texts)),
    )


def count_clusters(duplicates: DataFrame) -> tuple[Clusters, ...]:
    """Clusters of duplicates by method and size; each is counted at its keeper."""
    keepers = F.sum(F.when(F.col("doc_id") == F.col("keeper"), 1).otherwise(0))
    sums = duplicates.groupBy("method", "size").agg(
        keepers.alias("clusters"), F.count(F.lit(1)).alias("documents"), F.max("version").alias("version")
    )
    return tuple(Clusters(**row.asDict()) for row in sums.orderBy("method", "size").collect())


def count_crossed(rejects: DataFrame, documents: DataFrame) -> tuple[Crossed, ...]:
    """Copies by rule, source and keeper's source, with sums over these. Two joins of ids; shuffles partial sums."""
    mine = rejects.where(F.col("rule") != SUPERSEDED)
    cut = mine.where(f"step = '{DEDUPE}' AND rank = 1").select("doc_id", "rule", F.unhex("detail").alias("kept"))
    known = leave_superseded(documents.select("doc_id", "batch", "source", "n_bytes"), rejects).drop("batch")
    kept = known.select(F.col("doc_id").alias("kept"), F.col("source").alias("keeper"))
    sums = cut.join(known, "doc_id").join(kept, "kept").rollup("rule", "source", "keeper")
    rows = sums.agg(F.count(F.lit(1)).alias("documents"), F.sum(F.col("n_bytes").cast("bigint")).alias("bytes"))
    order = (F.desc("documents"), F.asc_nulls_first("rule"), F.asc_nulls_first("source"), F.asc_nulls_first("keeper"))
    return tuple(Crossed(**row.asDict()) for row in rows.orderBy(*order).limit(MOST).collect())


def draw_duplicates(facts: Duplicates, settings: ReportSettings) -> Block | None:
    """Clusters by method and size; None where no document was compared."""
    shared = facts.shared
    if not shared.rows["documents"]:
        return None
    if not facts.clusters:
        return Block(say("Duplicates"), (say(NONE_FOUND),), headline=say(NONE_FOUND))
    came = sum(step["rows_in"] for step in shared.steps if step["job"] == DEDUPE) or shared.rows["documents"]
    methods = list(dict.fromkeys(found.method for found in facts.clusters))
    earlier = sum(cut.rows for cut in shared.cuts if cut.rule == SUPERSEDED)
    cut = sum(cut.rows for cut in shared.cuts if cut.step == DEDUPE) - earlier
    text = [
        say(
            "{cut} of {came} that passed all rules ({share}) were cut as copies; the longest of those that are alike stays.",
            cut=amount(cut, "document"),
            came=count(came),
            share=share(cut, came),
        )
    ]
    if earlier:
        versions = amount(earlier, "earlier version")
        text.append(say("{versions} of documents that came again gave way to the newest.", versions=versions))
    charts = tuple(_draw_sizes(method, [f for f in facts.clusters if f.method == method]) for method in methods)
    charts += tuple(filter(None, (_draw_sources(facts), _draw_detection(facts))))
    grids = tuple(filter(None, (_list_methods(facts, methods, came), list_pairs(facts.pairs))))
    return Block(say("Duplicates"), (join_sentences(text),), charts, grids, _describe_clusters(facts, methods, cut))


def _describe_clusters(facts: Duplicates, methods: list[str], cut: int) -> str:
    found = []
    for method in methods:
        clusters = sum(c.clusters for c in facts.clusters if c.method == method)
        documents = sum(c.documents for c in facts.clusters if c.method == method)
        found.append(
            say(
                "{number} {method} cluster of {documents}" if clusters == 1 else "{number} {method} clusters of {documents}",
                number=count(clusters),
                method=name_method(method),
                documents=amount(documents, "document"),
            )
        )
    return say(
        "Duplicates: {clusters}; {copies} cut.",
        clusters=join_words([name(text, 80) for text in found]),
        copies=amount(cut, "copy was", "copies were"),
    )


def _name_rule(method: str, methods: list[str]) -> str:
    """The rule by which a method cut; empty for near clusters that were verified: the verified ones cut instead."""
    if method == "near" and "verified" in methods:
        return ""
    return "near_duplicate" if method == "verified" else f"{method}_duplicate"


def _draw_sizes(method: str, found: list[Clusters]) -> Chart:
    top = max(f.size for f in found)
    bounds = [(2, 2)]
    while bounds[-1][1] < top:
        low = bounds[-1][1] + 1
        bounds.append((low, low if low < 5 else 2 * low - 2))
    rows = []
    for low, high in bounds:
        inside = [f for f in found if low <= f.size <= high]
        documents, clusters = sum(f.documents for f in inside), sum(f.clusters for f in inside)
        label = say("{sizes} documents", sizes=f"{count(low)}–{count(high)}" if high > low else count(low))
        text = say("{documents} in {clusters}", documents=count(documents), clusters=count(clusters))
        rows.append(Bar(label, documents, text, role="purple"))
    called = name_method(method)
    picture = draw_bars(rows, say("Documents in {method} clusters by size of cluster", method=called))
    bars = say("Bars: documents, by the size of their cluster; numbers: documents in clusters.")
    note = (say(MEANING[method]), bars) if method in MEANING else (bars,)
    return Chart(say("Clusters: {method}", method=called), picture, join_sentences(note))


def _draw_detection(facts: Duplicates) -> Chart | None:
    """How likely MinHash was to meet two texts, by their similarity: 1 - (1 - s^rows)^bands (Leskovec et al., MMDS, 3.4.2)."""
    known = next((PARAMETERS.match(found.version) for found in facts.clusters if found.method == "near"), None)
    if known is None:
        return None
    bands, rows, words = map(int, known.groups())
    steps = tuple(step / 50 for step in range(51))
    settings = DedupeSettings(bands=bands, rows=rows)
    found = tuple(100 * settings.detection(s) for s in steps)
    label = say("Detection of near duplicates by {bands} bands of {rows}", bands=bands, rows=rows)
    picture = draw_lines([Line(steps, found, "purple")], label, say("Jaccard similarity of two texts"), say("met, %"))
    half, hardly = (1 - 0.5 ** (1 / bands)) ** (1 / rows), (HARDLY / bands) ** (1 / rows)
    note = say(
        "{bands} bands of {rows} minima over shingles of {words} words. Half of all pairs are met at a similarity of {half}, "
        "hardly any below {hardly}. Changing 15 words of 100 leaves two texts a similarity of about 0.29.",
        bands=bands,
        rows=rows,
        words=words,
        half=f"{half:.2f}",
        hardly=f"{hardly:.2f}",
    )
    return Chart(say("What near duplicates could be seen"), picture, note)


def _list_methods(facts: Duplicates, methods: list[str], came: int) -> Grid:
    rows = []
    for method in methods:
        found = [f for f in facts.clusters if f.method == method]
        documents, clusters = sum(f.documents for f in found), sum(f.clusters for f in found)
        rule = _name_rule(method, methods)
        cut = sum(c.rows for c in facts.shared.cuts if c.rule == rule)
        gone = sum(c.bytes for c in facts.crossed if (c.rule, c.source) == (rule, None))
        cells = (clusters, documents, max(f.size for f in found), cut)
        rows.append((name_method(method), *map(count, cells), share(cut, came), size(gone)))
    columns = (
        say("method"),
        say("clusters"),
        say("documents in them"),
        say("largest"),
        say("cut"),
        say("share of what passed"),
        say("text cut"),
    )
    return Grid(say("What was found"), columns, tuple(rows), frozenset(columns[1:]))


def _draw_sources(facts: Duplicates) -> Chart | None:
    """Copies by their source and the source of what stayed for them; None where one source copies itself alone."""
    found = [c for c in facts.crossed if c.source is not None and c.keeper is not None]
    weight: Counter[str] = Counter()
    for c in found:
        weight.update({str(c.source): c.documents})
        weight.update({str(c.keeper): c.documents})
    if len(weight) < 2:
        return None
    names = sorted(weight, key=lambda source: (-weight[source], source))
    names = names if len(names) <= SOURCES else [*names[: SOURCES - 1], say("others")]
    place = {source: index for index, source in enumerate(names)}
    cells = [[0] * len(names) for _ in names]
    for c in found:
        cells[place.get(str(c.source), len(names) - 1)][place.get(str(c.keeper), len(names) - 1)] += c.documents
    picture = draw_heat(names, cells, say("Documents cut as copies by their source and the source of what stayed"))
    note = say(
        "Rows: the source of the copy; columns, by number: that of the document that stays for it. At the right: copies cut."
    )
    return Chart(say("Copies between sources"), picture, join_sentences((note, _describe_rest(facts, found))))


def _describe_rest(facts: Duplicates, found: list[Crossed]) -> str:
    whole, shown = max((c.documents for c in facts.crossed if c.rule is None), default=0), sum(c.documents for c in found)
    if shown >= whole:
        return ""
    return say("{copies} between rarer pairs of sources are left out.", copies=amount(whole - shown, "copy", "copies"))


SECTION = Section("duplicates", gather_duplicates, draw_duplicates, reads=(DUPLICATES, REJECTS, DOCUMENTS))
