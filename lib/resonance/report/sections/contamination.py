"""Documents that contain evaluation items, by set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.ledger import DECONTAMINATE
from resonance.report.language import say
from resonance.report.parts import Block, Grid
from resonance.report.section import Section
from resonance.report.wording import amount, count, name, share
from resonance.tables import CONTAMINATION, EVALUATION_ITEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

TITLE = "Evaluation items in documents"
UNCHECKED_IN_SHORT = "UNCHECKED: no evaluation set was registered, so documents may contain evaluation items."
UNCHECKED = (
    "UNCHECKED: no evaluation set was registered when documents were last checked. They may contain items by which a model is "
    "judged later: `resonance register NAME FILE`, then run again."
)
MEANING = {
    "ngram": "a run of 13 words, or of 30 characters of a script without spaces, that is also an item's",
    "exact": "all words of an item shorter than that; of one of less than eight words, as the whole document",
    "fuzzy": "character 5-grams of an item, at least the share asked for, in a stretch as long as the item",
}


@dataclass(frozen=True)
class Registered:
    """Items of one evaluation set, how many of them documents contain, and documents (distinct) by method."""

    set: str
    items: int
    hit: int
    documents: int
    by_method: Mapping[str, int]


@dataclass(frozen=True)
class Contamination:
    """Items of each registered evaluation set that documents contain."""

    shared: Facts
    registered: tuple[Registered, ...] = ()

    @property
    def searches(self) -> list[Row]:
        """The steps that searched documents for items."""
        return [step for step in self.shared.steps if step["job"] == DECONTAMINATE]

    @property
    def is_unchecked(self) -> bool:
        """Whether no evaluation set was registered when documents were last checked."""
        return bool(self.searches) and "evaluation_items" not in self.searches[-1]["read"]


def gather_contamination(frames: Mapping[str, DataFrame], shared: Facts) -> Contamination:
    """Evaluation sets by name: how many items they have, and how many of these documents contain."""
    if not shared.rows["evaluation_items"]:
        return Contamination(shared)
    contamination = frames["contamination"]
    found = contamination.groupBy("set", "method").agg(F.countDistinct("doc_id").alias("documents"))
    methods = found.groupBy("set").agg(F.map_from_entries(F.collect_list(F.struct("method", "documents"))).alias("by_method"))
    sums = contamination.groupBy("set").agg(F.countDistinct("item_id").alias("hit"), F.countDistinct("doc_id").alias("documents"))
    items = frames["evaluation_items"].groupBy("set").agg(F.count(F.lit(1)).alias("items"))
    rows = items.join(sums, "set", "left").join(methods, "set", "left").orderBy("set").collect()
    registered = (Registered(r["set"], r["items"], r["hit"] or 0, r["documents"] or 0, r["by_method"] or {}) for r in rows)
    return Contamination(shared, tuple(registered))


def draw_contamination(facts: Contamination, settings: ReportSettings) -> Block | None:
    """Documents that contain items, by evaluation set and method; None where documents were not checked."""
    if facts.is_unchecked:
        return Block(say(TITLE), (say(UNCHECKED),), headline=say(UNCHECKED_IN_SHORT))
    if not facts.searches or not facts.registered:
        return None
    came = sum(step["rows_in"] for step in facts.searches) or facts.shared.rows["documents"]
    cut = sum(cut.rows for cut in facts.shared.cuts if cut.step == DECONTAMINATE)
    text = say(
        "{cut} of {came} that came this far ({share}) were cut because they contain an item of a registered evaluation set. "
        "Documents that earlier steps cut count below too: no other policy can bring them back.",
        cut=amount(cut, "document"),
        came=count(came),
        share=share(cut, came),
    )
    methods = say("; ").join(say("{name}: {words}", name=method, words=say(MEANING[method])) for method in MEANING)
    headline = say(
        "{documents} cut for items of {sets}.",
        documents=amount(cut, "more document was", "more documents were"),
        sets=amount(len(facts.registered), "evaluation set"),
    )
    told = say("Methods, of which the first that matches counts. {methods}.", methods=methods)
    return Block(say(TITLE), (text, told), (), (_list_sets(facts),), headline)


def _list_sets(facts: Contamination) -> Grid:
    documents = facts.shared.rows["documents"]
    rows = tuple(
        (
            name(found.set),
            count(found.items),
            count(found.hit),
            count(found.documents),
            share(found.documents, documents),
            *(count(found.by_method.get(method, 0)) for method in MEANING),
        )
        for found in facts.registered
    )
    known = (say("evaluation set"), say("items"), say("items found"), say("documents"), say("share of documents"))
    columns = (*known, *MEANING)
    return Grid(say("Documents by evaluation set"), columns, rows, frozenset(columns[1:]))


SECTION = Section("contamination", gather_contamination, draw_contamination, reads=(EVALUATION_ITEMS, CONTAMINATION))
