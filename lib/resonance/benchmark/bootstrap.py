"""Bootstrap weights that are a function of the document: the same wherever and in whatever order they are computed."""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

STEPS = tuple(math.fsum(math.exp(-1) / math.factorial(i) for i in range(count)) for count in range(1, 17))
"""Cumulative chances of a Poisson(1) count of 0, 1, … 15; a higher one has a chance below 2e-14."""


def resample_documents(documents: DataFrame, *, replicates: int, seed: int) -> DataFrame:
    """Each document once for each ``replicate``, with ``w``, how often the replicate contains it; replicate 0 is the data itself.

    The Poisson bootstrap draws each document's weight independently, which needs neither the number of documents nor a
    shuffle (Chamandy et al., "Estimating uncertainty for massive data streams", 2012). Grows with documents x replicates.
    """
    spread = documents.withColumn("replicate", F.explode(F.sequence(F.lit(0), F.lit(replicates))))
    numbered = spread.withColumn("u", uniform(hash_columns(["doc_id", "replicate"], seed, "bootstrap")))
    return numbered.withColumn("w", F.when(F.col("replicate") == 0, F.lit(1)).otherwise(draw_poisson(F.col("u")))).drop("u")


def draw_poisson(u: Column) -> Column:
    """The Poisson(1) count at quantile ``u``: how many cumulative chances are at most ``u``."""
    return reduce(add, ((u >= F.lit(step)).cast("int") for step in STEPS))
