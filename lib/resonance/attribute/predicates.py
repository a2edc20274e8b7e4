"""What slices are told apart by: predicates of documents, as text such as ``language = zh``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import find_quantiles
from resonance.core.settings.attribute import COUNTED
from resonance.core.versions import VERSION_KEY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

AND = " & "
"""Stands between the predicates of a slice."""
QUARTERS = (0.25, 0.5, 0.75)
MEASURED = ("latin_ratio", "han_ratio", "digit_ratio", "punctuation_ratio", "symbol_ratio", "space_ratio", "compression_ratio")
"""Signals of set ``basics`` that documents are compared by besides."""
FEW_COPIES = 3
"""Largest number of copies that is told apart from many."""


def split_name(slice: str) -> tuple[str, ...]:
    """The predicates of a slice."""
    return tuple(slice.split(AND))


def describe_documents(
    chosen: DataFrame,
    documents: DataFrame,
    signals: Mapping[str, DataFrame],
    duplicates: DataFrame,
    edits: DataFrame,
    features: Sequence[str],
    clusters: DataFrame | None = None,
) -> DataFrame:
    """``chosen`` with a column for each of ``features``: the predicate of that feature which holds for the document; and with
    the signals ``MEASURED``.

    A predicate is null where nothing is known, as the language of a text that has no letter. Quarters of numbers are those of
    held-out documents, so that they mean the same for drawn ones. Joins ids.

    ``chosen`` names documents by ``doc_id`` and ``batch``; ``held`` says there which of them are held out. ``clusters`` holds the
    cluster of each document, where ``features`` names it.
    """
    known = chosen.join(documents.select(*VERSION_KEY, "slice", "source", "n_bytes", "cleaned_hash"), VERSION_KEY)
    told = signals["basics"].select(*VERSION_KEY, F.col("content_hash").alias("cleaned_hash"), "language", *MEASURED)
    known = known.join(told, [*VERSION_KEY, "cleaned_hash"], "left")
    if "copies" in features:
        sizes = duplicates.groupBy("doc_id").agg(F.max("size").alias("size"))
        known = known.join(sizes, "doc_id", "left")
    if "rewritten" in features:
        rules = F.concat_ws("+", F.sort_array(F.collect_set("rule"))).alias("rules")
        known = known.join(edits.groupBy(*VERSION_KEY).agg(rules), VERSION_KEY, "left")
    if clusters is not None:
        known = known.join(clusters, VERSION_KEY, "left")
    counted = {name: COUNTED[name] for name in features if name in COUNTED}
    if counted:
        found = signals["annotations"].select(*VERSION_KEY, F.col("content_hash").alias("cleaned_hash"), *counted.values())
        known = known.join(found, [*VERSION_KEY, "cleaned_hash"], "left")
    values = _name_quarters(known, {"length": "n_bytes"} | counted if "length" in features else counted)
    return known.select(
        *chosen.columns,
        *(F.concat(F.lit(f"{name} = "), values.get(name, _read_value(name))).alias(name) for name in features),
        *MEASURED,
    )


def _read_value(feature: str) -> Column:
    if feature == "copies":
        size = F.coalesce("size", F.lit(1))
        return F.when(size == 1, "1").when(size <= FEW_COPIES, f"2-{FEW_COPIES}").otherwise(f"{FEW_COPIES + 1}+")
    if feature == "rewritten":
        return F.coalesce("rules", F.lit("none"))
    return F.col(feature)


def _name_quarters(known: DataFrame, columns: Mapping[str, str]) -> dict[str, Column]:
    """By feature, the quarter of its column that a document is in, from 1. One job for all of them."""
    if not columns:
        return {}
    asked = (find_quantiles(F.col(column), QUARTERS).alias(column) for column in columns.values())
    ends = known.where("held").agg(*asked).collect()[0].asDict()
    return {name: _name_quarter(column, ends[column]) for name, column in columns.items()}


def _name_quarter(column: str, ends: Sequence[float | None]) -> Column:
    above = [(F.col(column) > F.lit(end)).cast("int") for end in ends if end is not None]
    return F.when(F.col(column).isNotNull(), sum(above, F.lit(1))).cast("string")
