"""Evaluation items that documents hold, by set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.parts import Grid, Section
from resonance.report.wording import count, counted, name, share

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Facts

UNCHECKED = (
    "UNCHECKED: no evaluation set was registered when documents were last looked at. They may hold items by which a model is "
    "judged later; `resonance register NAME FILE`, then run again."
)
MEANING = {
    "ngram": "a run of 13 words, or of 30 characters of a script without spaces, that is also an item's",
    "exact": "all words of an item shorter than that; of one of less than eight words, as the whole document",
    "fuzzy": "character 5-grams of an item, at least the share asked for, in a stretch as long as the item",
}


def contamination(facts: Facts, settings: ReportSettings) -> Section | None:
    """Documents that hold items, by evaluation set and method; None where documents were not looked at."""
    title = "Evaluation items in documents"
    looked = [step for step in facts.steps if step["job"] == "decontaminate"]
    if facts.unchecked:
        return Section("contamination", title, (UNCHECKED,))
    if not looked or not facts.registered:
        return None
    came = sum(step["rows_in"] for step in looked) or facts.rows["documents"]
    cut = sum(cut.rows for cut in facts.cuts if cut.step == "decontaminate")
    text = (
        f"{counted(cut, 'document')} of {count(came)} that came this far ({share(cut, came)}) were cut since they hold an item of "
        "a registered evaluation set. Documents that were cut before are counted below too: no rule can bring them back."
    )
    methods = "; ".join(f"{method}: {meaning}" for method, meaning in MEANING.items())
    return Section("contamination", title, (text, f"Methods, the first that holds counts. {methods}."), (), (_grid(facts),))


def _grid(facts: Facts) -> Grid:
    documents = facts.rows["documents"]
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
    columns = ("evaluation set", "items", "items found", "documents", "share of documents", *MEANING)
    return Grid("Documents by evaluation set", columns, rows, frozenset(columns[1:]))
