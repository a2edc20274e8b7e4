"""The harder, the more: a control that should fail.

As selective backprop picks samples: by a power of the share of losses that are no higher. Its gains vanish at equal compute
(Kaddour et al. 2023, "No Train No Gain", arXiv 2307.06440), and among high losses junk gathers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from resonance.core.weighting import NaiveHighLoss

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.control.weightings.known import Samples

BANDS = 64
"""Parts of the documents, by hash; each is ranked by itself, which finds the same ranks but for chance."""


def weigh_naive_high_loss(samples: Samples, parameters: NaiveHighLoss) -> DataFrame:
    """A document's factor is a power of the share of documents that are easier. Shuffles losses by band; one task sorts a band."""
    band = F.pmod(F.col("bucket"), F.lit(BANDS))
    rank = F.percent_rank().over(Window.partitionBy("band").orderBy("bpb"))
    ranked = samples.appraisals.withColumn("band", band).withColumn("factor", F.pow(rank, F.lit(parameters.power)))
    return ranked.withColumn("reason", F.lit("the harder, the more"))
