"""Small frames with the identities and columns that jobs expect."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.curate.identity import bucket, content_hash, doc_id
from resonance.runtime import resources
from resonance.tables import DOCUMENTS

SENTENCES = (
    "The harbour of the old town lies quiet in the morning, and the boats that left at night have not come back.",
    "She opened the ledger with the care of a person who knows that each line of it will be read by others.",
    "To measure a thing is to change it, and the engineers have learned to be humble with the numbers that they have.",
    "Of all the rooms in the house the kitchen was the one that had the most light and the fewest chairs.",
    "They agreed to meet at the bridge, and that was the last that anybody in the village heard of the matter.",
)


def tiny_corpus(documents: int = 12, copies: int = 0) -> list[dict[str, str]]:
    """Rows of ``{"id", "text", "source"}`` in two sources: distinct texts of 150 words, then exact copies of the first ones."""
    rows = []
    for index in range(documents):
        lines = [f"{sentence} This is note {index} and its number is {index * 7919 % 1009}." for sentence in SENTENCES]
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
    ).withColumn("bucket", bucket(F.col("doc_id")))
    return resources.contract(DOCUMENTS).conform(full)
