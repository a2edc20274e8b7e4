"""The job that annotates documents: sentences, tokens and what else a recipe finds, as spans beside the texts."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.annotate.pipeline import find_spans
from resonance.annotate.signals import OF_ANNOTATIONS
from resonance.annotate.spans import SpreadSpans
from resonance.core.annotation import AnnotationRecipe
from resonance.core.errors import ConfigError
from resonance.core.frames import map_batches
from resonance.core.job import Checkpoint
from resonance.core.settings import AnnotateSettings

KEYS = ("doc_id", "bucket", "batch", "content_hash", "cleaned_hash")
SIGNALS = ", ".join(f"{name}: {kind}" for name, kind in OF_ANNOTATIONS.types.items())
FOUND = f"kind string, starts array<int>, ends array<int>, values array<string>, signals struct<{SIGNALS}>"
ROWS = f"doc_id binary, bucket int, batch string, content_hash binary, cleaned_hash binary, {FOUND}"


def annotate(
    documents: DataFrame, signals_basics: DataFrame, *, settings: AnnotateSettings, checkpoint: Checkpoint
) -> tuple[DataFrame, dict[str, DataFrame]]:
    """Annotations: for each document that a recipe is for and each kind that this finds, where the spans stand. And signals, by the
    name of their set: what was found in each of these documents, counted.

    A document is annotated by the first recipe that names its language; one in no language of theirs has no rows. Joins each
    document's language by ids; the rest is one pass over texts for each recipe.

    Raises:
        ConfigError: no recipe is named.
        SetupError: the session cannot run Spark NLP, or a model is not to be had.
    """
    if not settings.recipes:
        raise ConfigError("annotate: no recipe is named: set annotate.recipes, for instance to [english]")
    known = signals_basics.select("doc_id", "batch", F.col("content_hash").alias("cleaned_hash"), "language")
    texts = documents.select(*KEYS, "text").join(known, ["doc_id", "batch", "cleaned_hash"])
    taken: set[str] = set()
    found = []
    for recipe in settings.recipes:
        mine = [language for language in recipe.languages if language not in taken]
        taken.update(mine)
        found.append(annotate_texts(texts.where(F.col("language").isin(mine)), recipe, settings.models))
    rows = checkpoint(reduce(DataFrame.unionByName, found), "annotate")
    return rows.drop("cleaned_hash", "signals"), {OF_ANNOTATIONS.name: _gather_signals(rows)}


def _gather_signals(rows: DataFrame) -> DataFrame:
    """Rows of the table of the set, one for each text."""
    version = F.lit(OF_ANNOTATIONS.version).alias("version")
    measured = rows.where("signals IS NOT NULL")
    return measured.select("doc_id", "bucket", F.col("cleaned_hash").alias("content_hash"), "batch", version, "signals.*")


def annotate_texts(texts: DataFrame, recipe: AnnotationRecipe, models: str) -> DataFrame:
    """Annotations of all of these texts, by one recipe, with hashes of cleaned texts, and ``signals`` in each one's first row.

    One pass over texts; nothing is shuffled.
    """
    kinds = tuple(annotator.kind for annotator in recipe.annotators)
    spans = find_spans(texts.select(*KEYS, "text"), recipe, models)
    return map_batches(spans, SpreadSpans(kinds, KEYS), ROWS).withColumn("recipe", F.lit(recipe.title))
