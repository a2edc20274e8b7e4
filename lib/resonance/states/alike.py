"""As how many alike texts a text counts: texts made from a template are many, though no two are near duplicates.

He et al. 2024, "SoftDedup: an Efficient Data Reweighting Method for Speeding Up Language Model Pre-training" (arXiv 2407.06654),
weigh by the commonness of n-grams. Here a run of words counts as often as documents hold it, and a text counts as the geometric
mean of its runs, so that the figure reads as a number of copies. A text that shares only a part of itself with others,
such as the first lines of a licence or the description of a parameter, counts as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import functions as F

from resonance.core.frames import map_batches
from resonance.core.words import split_words
from resonance.states.history import TEXT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RUN = 4
"""Words of a run."""
THROUGHOUT = 0.75
"""Share of its runs that a text must share with others, else it counts as one."""
MILLION = 1_000_000
RUNS = "doc_id binary, content_hash binary, run string"


def count_alike(texts: DataFrame) -> DataFrame:
    """``doc_id``, ``content_hash`` and ``alike``: the geometric mean, over a text's runs of words, of the texts that hold the run.

    1 where fewer than three quarters of its runs are shared, or where a text is shorter than one. Shuffles a hash of each run of
    all texts, with the id of its text, and then those that more than one holds by id.

    Args:
        texts: ``doc_id``, ``content_hash`` and ``text``.
    """
    runs = map_batches(texts.select(*TEXT, "text"), list_runs, RUNS).select(*TEXT, F.xxhash64("run").alias("run"))
    common = runs.groupBy("run").agg(F.count(F.lit(1)).alias("holders")).where("holders > 1")
    log = F.round(F.log("holders") * MILLION).cast("bigint")  # whole numbers, whose sum depends on no order
    sums = runs.join(common, "run").groupBy(*TEXT).agg(F.sum(log).alias("logs"), F.count(F.lit(1)).alias("shared"))
    sizes = runs.groupBy(*TEXT).agg(F.count(F.lit(1)).alias("runs"))
    known = (
        sizes.join(sums, list(TEXT))
        .where(F.col("shared") >= F.col("runs") * F.lit(THROUGHOUT))
        .withColumn("alike", F.round(F.exp(F.col("logs") / (F.col("runs") * MILLION)), 5))
        .select(*TEXT, "alike")
    )
    found = texts.select(*TEXT).join(known, list(TEXT), "left")
    return found.withColumn("alike", F.coalesce("alike", F.lit(1.0)))


def list_runs(batches: Iterable[Any]) -> Iterator[Any]:
    """One row for each run of words of a text; one that stands in it several times counts once."""
    for batch in batches:
        ids, hashes, runs = [], [], []
        for doc_id, content_hash, text in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            words = split_words(text)
            held = {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}
            ids += [doc_id] * len(held)
            hashes += [content_hash] * len(held)
            runs += sorted(held)
        columns = [pa.array(ids, pa.binary()), pa.array(hashes, pa.binary()), pa.array(runs, pa.string())]
        yield pa.RecordBatch.from_arrays(columns, ["doc_id", "content_hash", "run"])
