"""The largest clusters of copies: what stays beside one of the others, with their texts where these are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape
from pyspark.sql import functions as F

from resonance.core.frames import rank_rows
from resonance.report.differences import mark_differences
from resonance.report.language import say
from resonance.report.parts import Grid
from resonance.report.wording import count, name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

METHODS = {"exact": "exact", "near": "near", "verified": "verified"}
"""Methods that have a word of their own."""
EACH = 3
"""Clusters of each method of which a pair is shown."""
REACH = 20_000
"""Characters of a text that are compared with another's."""
ABSENT = -1.0
"""Stands for no similarity while the least is looked for: of structs with null fields the engines find different ones."""


@dataclass(frozen=True)
class Pair:
    """One of the largest clusters: what stayed and the least similar of the others, with their texts where these were read."""

    method: str
    size: int
    similarity: float | None
    stays: str
    goes: str
    stays_source: str
    goes_source: str
    stays_text: str | None
    goes_text: str | None


def find_largest(duplicates: DataFrame) -> list[Row]:
    """The ``EACH`` largest clusters of each method, each with the least similar of the others, or the first."""
    others = duplicates.where("doc_id != keeper").withColumn("near", F.coalesce("similarity", F.lit(ABSENT)))
    found = others.groupBy("method", "cluster_id", "keeper", "size").agg(F.min(F.struct("near", "doc_id")).alias("member"))
    place = rank_rows(["method"], [F.desc("size"), "cluster_id", "keeper"])
    chosen = found.withColumn("place", place).where(F.col("place") <= EACH)
    similarity = F.nullif(F.col("member.near"), F.lit(ABSENT)).alias("similarity")
    return chosen.select("method", "size", "keeper", similarity, "member.doc_id").orderBy("method", "place").collect()


def pair_texts(found: Iterable[Row], texts: Mapping[bytes, Row]) -> Iterator[Pair]:
    """What ``find_largest`` found, with sources and texts."""
    for row in found:
        one, other = bytes(row["keeper"]), bytes(row["doc_id"])
        if one in texts and other in texts:
            sources = (texts[one]["source"], texts[other]["source"])
            known = (row["method"], row["size"], row["similarity"], one.hex(), other.hex())
            yield Pair(*known, *sources, texts[one]["text"], texts[other]["text"])


def name_method(method: str) -> str:
    """``exact``, ``near``, ``verified``, or another method as the table calls it."""
    return say(METHODS[method]) if method in METHODS else name(method)


def list_pairs(pairs: Iterable[Pair]) -> Grid | None:
    """The largest clusters: what stays beside one of the others, the least similar where that was measured."""
    rows = tuple((name_method(pair.method), count(pair.size), _write_similarity(pair), *_write_sides(pair)) for pair in pairs)
    columns = (say("method"), say("documents"), say("similarity"), say("stays"), say("another one"))
    note = say("The other one is the least similar where that was measured. Excerpts begin shortly before the first difference.")
    numbers, prose, title = frozenset(columns[1:3]), frozenset(columns[3:]), say("Largest clusters, side by side")
    return Grid(title, columns, rows, numbers, cards=True, note=note, prose=prose) if rows else None


def _write_similarity(pair: Pair) -> str:
    if pair.similarity is not None:
        return f"{pair.similarity:.3f}"
    return say("equal text" if pair.method == "exact" else "not measured")


def _write_sides(pair: Pair) -> tuple[Markup, Markup]:
    stays, goes = (escape(say("not read")), escape(say("not read")))
    if pair.stays_text is not None and pair.goes_text is not None:
        stays, goes = mark_differences(pair.stays_text, pair.goes_text)
    return _write_side(pair.stays_source, pair.stays, stays), _write_side(pair.goes_source, pair.goes, goes)


def _write_side(source: str, document: str, text: Markup) -> Markup:
    return Markup("<b>{}</b> {}<br>{}").format(name(source, 32), document, text)
