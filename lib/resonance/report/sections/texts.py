"""The texts that cost the model most and least: noise, and what it knows by heart, gather at these ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from resonance.core.settings import ReportSettings
from resonance.report.facts.shared import Facts
from resonance.report.facts.texts import read_starts
from resonance.report.language import say
from resonance.report.parts import Block, Grid
from resonance.report.section import Section
from resonance.report.wording import amount, bits, count, excerpt, name
from resonance.tables import DOCUMENTS, SIGNAL_STATE

EACH = 10
"""Texts that are listed at each end."""


@dataclass(frozen=True)
class Scored:
    """A text with its bits per byte when it was scored first and last; ``text`` where texts are read."""

    document: str
    slice: str
    first: float
    last: float
    draws: int
    text: str | None


@dataclass(frozen=True)
class Texts:
    """How many texts have a score, and those at both ends."""

    scored: int = 0
    hardest: tuple[Scored, ...] = ()
    easiest: tuple[Scored, ...] = ()


def gather_texts(frames: Mapping[str, DataFrame], shared: Facts) -> Texts:
    """The ``EACH`` highest and lowest last scores. Three scans of states, and one of documents where texts are shown."""
    if not shared.rows["signal_state"]:
        return Texts()
    scored = frames["signal_state"].where("current AND last_bpb IS NOT NULL")
    hardest = scored.orderBy(F.desc("last_bpb"), "doc_id").limit(EACH).collect()
    easiest = scored.orderBy("last_bpb", "doc_id").limit(EACH).collect()
    ids = {bytes(row["doc_id"]) for row in (*hardest, *easiest)}
    texts = read_starts(frames["documents"], ids, shared)
    return Texts(scored.count(), *(tuple(_read_score(row, texts) for row in end) for end in (hardest, easiest)))


def _read_score(row: Row, texts: Mapping[bytes, str]) -> Scored:
    id = bytes(row["doc_id"])
    return Scored(id.hex(), row["slice"], row["first_bpb"], row["last_bpb"], row["n_draws"], texts.get(id))


def draw_texts(found: Texts, settings: ReportSettings) -> Block | None:
    """Both ends as tables; None where no text was scored."""
    if not found.scored:
        return None
    text = say(
        "{texts} scored. A text that stays hard is rare, or noise; one that is easy is repetitive, or known by heart.",
        texts=amount(found.scored, "text was", "texts were"),
    )
    grids = (_list_texts(say("Hardest texts"), found.hardest), _list_texts(say("Easiest texts"), found.easiest))
    return Block(say("Hardest and easiest texts"), (text,), grids=grids)


def _list_texts(title: str, texts: tuple[Scored, ...]) -> Grid:
    rows = tuple(
        (
            one.document[:8],
            name(one.slice),
            bits(one.first),
            bits(one.last),
            count(one.draws),
            excerpt(one.text),
        )
        for one in texts
    )
    columns = (say("document"), say("slice"), say("first"), say("last"), say("trained on"), say("text"))
    note = say("Bits per byte when scored first and last, and how often the text was trained on.")
    return Grid(title, columns, rows, frozenset(columns[2:5]), cards=True, note=note, prose=frozenset(columns[5:]))


SECTION = Section("texts", gather_texts, draw_texts, reads=(SIGNAL_STATE, DOCUMENTS))
