"""Bootstrap weights that belong to documents: no generator, no state, the same wherever and in whatever order they are computed."""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.chance import hashed, uniform

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

STEPS = tuple(math.fsum(math.exp(-1) / math.factorial(i) for i in range(count)) for count in range(1, 17))
"""Cumulative chances of a Poisson(1) count of 0, 1, … 15; a higher one has a chance below 2e-14."""


def resampled(documents: DataFrame, *, replicates: int, seed: int) -> DataFrame:
    """Each document once for each ``replicate``, with the times ``w`` that this one holds it; replicate 0 is the data as it is.

    The Poisson bootstrap draws each document's multiplicity by itself, which needs neither the number of documents nor a
    shuffle (Chamandy et al., "Estimating uncertainty for massive data streams", 2012). Grows with documents x replicates.
    """
    spread = documents.withColumn("replicate", F.explode(F.sequence(F.lit(0), F.lit(replicates))))
    numbered = spread.withColumn("u", uniform(hashed(["doc_id", "replicate"], seed, "bootstrap")))
    return numbered.withColumn("w", F.when(F.col("replicate") == 0, F.lit(1)).otherwise(poisson(F.col("u")))).drop("u")


def poisson(u: Column) -> Column:
    """The Poisson(1) count at quantile ``u``: how many cumulative chances lie below it."""
    return reduce(add, ((u >= F.lit(step)).cast("int") for step in STEPS))
