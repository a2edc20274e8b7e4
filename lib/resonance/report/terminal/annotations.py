"""What `resonance annotate` prints: how many spans of each kind were found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from rich.table import Table

from resonance.report.wording import count

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

COMMON = 5
"""Values of a kind that are named."""
FEW_VALUES = ("pos", "entity", "sentiment")
"""Kinds whose values are labels."""


def count_spans(annotations: DataFrame) -> list[Mapping[str, Any]]:
    """Texts and spans of each recipe and kind, and of labels the commonest. Two group-bys of what is counted by then."""
    by_kind = annotations.groupBy("recipe", "kind").agg(F.count(F.lit(1)).alias("texts"), F.sum(F.size("starts")).alias("spans"))
    labels = annotations.where(F.col("kind").isin(*FEW_VALUES)).select("recipe", "kind", F.explode("values").alias("label"))
    counted = labels.groupBy("recipe", "kind", "label").agg(F.count(F.lit(1)).alias("times")).collect()
    common: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for row in counted:
        common.setdefault((row["recipe"], row["kind"]), []).append((-row["times"], row["label"]))
    rows = (row.asDict() for row in by_kind.collect())
    return [{**row, "labels": [label for _, label in sorted(common.get((row["recipe"], row["kind"]), []))]} for row in rows]


def describe_spans(rows: Iterable[Mapping[str, Any]]) -> list[str | Table]:
    """A table of what was found; one line where nothing was annotated."""
    ordered = sorted(rows, key=lambda row: (row["recipe"], row["kind"]))
    if not ordered:
        return ["no document is in a language of these recipes"]
    table = Table("recipe", "kind", "texts", "spans", "commonest labels")
    for column in table.columns[2:4]:
        column.justify = "right"
    for row in ordered:
        table.add_row(row["recipe"], row["kind"], count(row["texts"]), count(row["spans"]), ", ".join(row["labels"][:COMMON]))
    return [table]
