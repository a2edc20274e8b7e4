"""Equal shares of slices, and less of what is probably at fault or there many times.

A suspected sample is drawn at the chance that nothing is wrong with it, one of n alike texts at an n-th, and none below a floor, so
that a wrong suspicion can still be found out. With ``repair``, a sample with a doubted label is drawn as others are and taught with
the suggested one, unless that is not sure enough. High losses are followed nowhere: among them junk gathers (arXiv 2605.07551).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.effect import MANY, SUSPECTED
from resonance.core.weighting import Resonance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.control.weightings.known import Samples

LIKELY = 0.5
"""Probability of a suggested label above which it may be taught."""
ROW = ("doc_id", "content_hash", "bucket", "slice", "factor", "reason", "taught")


def weigh_resonance(samples: Samples, parameters: Resonance) -> DataFrame:
    """The chance that a suspected sample is sound, over the number of alike texts, and no less than ``least``. No shuffle.

    A sample that is taught with a suggested label has the full rate.
    """
    suspected, many = F.col("posterior") > SUSPECTED, F.col("alike") >= MANY
    sound = F.when(suspected, 1 - F.col("posterior")).otherwise(1.0)
    why = F.when(suspected, F.lit("its words stand in no order")).otherwise(F.lit("many texts are like it"))
    texts = samples.appraisals.where(suspected | many).withColumns(
        {"factor": F.greatest(sound / F.when(many, F.col("alike")).otherwise(1.0), F.lit(parameters.least)), "reason": why}
    )
    texts = texts.withColumn("taught", F.lit(None).cast("string"))
    mended = F.lit(parameters.repair) & (F.col("p_suggested") > LIKELY)
    taught = F.concat(F.lit("models doubt its label and suggest "), F.col("suggested"))
    doubted = samples.repairs.where(F.col("fault") == "label").withColumns(
        {
            "factor": F.when(mended, F.lit(1.0)).otherwise(F.greatest(1 - F.col("posterior"), F.lit(parameters.least))),
            "reason": F.when(mended, taught).otherwise(F.lit("models doubt its label")),
            "taught": F.when(mended, F.col("suggested")),
        }
    )
    return texts.select(*ROW).unionByName(doubted.select(*ROW))
