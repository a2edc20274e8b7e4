"""Small frames with the identities and columns that jobs expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.curate.identity import bucket, content_hash, doc_id
from resonance.runtime import resources
from resonance.tables import DOCUMENTS, SIGNAL_EVENT

SENTENCES = (
    "The {0} of the old town lies quiet in the {1}, and the {2} that left at night have not come back.",
    "She opened the {2} with the care of a person who knows that each {0} of it will be read by the {1}.",
    "To measure a {1} is to change it, and the {0} have learned to be humble with the {2} that they have.",
    "Of all the rooms in the {0} it was the {2} that had the most light, as the {1} told us more than once.",
    "They agreed to meet at the {1}, and that was the last that the {2} heard of the {0} or of what became of it.",
)
NOUNS = (
    *("harbour", "morning", "boats", "ledger", "line", "village", "thing", "engineers", "numbers", "kitchen", "chairs", "bridge"),
    *("matter", "garden", "winter", "letters", "orchard", "station", "clock", "market", "river", "teacher", "window"),
)


def tiny_corpus(documents: int = 12, copies: int = 0) -> list[dict[str, str]]:
    """Rows of ``{"id", "text", "source"}`` in two sources: distinct texts of 130 words, then exact copies of the first ones.

    They are prose that the policies which travel with the code keep, and no two of the distinct ones are near duplicates.
    """
    rows = []
    for index in range(documents):
        words = Random(index).sample(NOUNS, 15)
        lines = [
            f"{sentence.format(*words[3 * n : 3 * n + 3])} {('Note', 'Page', 'Leaf', 'Item', 'Part')[n]} {index * 7919 % 1009 + n}."
            for n, sentence in enumerate(SENTENCES)
        ]
        text = "\n".join(lines[index % 5 :] + lines[: index % 5])
        rows.append({"id": f"row-{index}", "text": text, "source": f"site-{index % 2}"})
    return rows + [{**rows[index], "id": f"copy-{index}"} for index in range(copies)]


def documents_frame(spark: SparkSession, rows: Sequence[tuple[str, str, str]]) -> DataFrame:
    """A frame like the ``documents`` table from (source key, slice, text), with true ids and hashes; source is ``test``."""
    frame = spark.createDataFrame(list(rows), "source_key string, slice string, text string")
    full = frame.select(
        doc_id(F.lit("test"), F.col("source_key")).alias("doc_id"),
        F.lit("main").alias("batch"),
        F.lit("test").alias("source"),
        "source_key",
        "slice",
        "text",
        content_hash(F.col("text")).alias("content_hash"),
        content_hash(F.col("text")).alias("cleaned_hash"),
        F.length("text").alias("n_chars"),
        F.octet_length("text").alias("n_bytes"),
        F.lit("test@1").alias("version"),
        content_hash(F.col("text")).alias("raw_hash"),
    ).withColumn("bucket", bucket(F.col("doc_id")))
    return resources.contract(DOCUMENTS).conform(full)


EVENT: dict[str, Any] = {
    "run": "r", "round": 1, "arm": "plan", "step": 10, "epoch": 0, "copy": 0, "exposure": 1, "rank": 0,
    "content_hash": bytes(16), "slice": "a", "n_tok": 5, "n_bytes": 10, "tok_acc": 0.5, "n_cut": 0, "pi": 1.0, "weight": 1.0,
    "log_pi": 1.0,
}  # fmt: skip
"""An event where nothing else is said."""


def events_frame(spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """A frame like the ``signal_event`` table from rows that say at least ``doc`` (a number), ``phase`` and ``loss_sum``.

    Columns that a row leaves out are those of ``EVENT``; columns about labels are null there.
    """
    schema = resources.contract(SIGNAL_EVENT).schema
    full = []
    for row in rows:
        doc = row["doc"]
        known = {"doc_id": doc.to_bytes(16, "big"), "bucket": doc % 4096, "pos": doc, "max_tok_loss": row["loss_sum"]}
        given = EVENT | known | dict(row)
        full.append(tuple(given.get(name) for name in schema.names))
    return spark.createDataFrame(full, schema)
