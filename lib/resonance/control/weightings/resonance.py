"""More for slices that still teach, and less of what is probably at fault or there many times.

Slices start with equal shares. With a ``step`` they move as in DoReMi (arXiv 2305.10429), not by losses that stand above those of
reference models but by what the round before taught about texts that it had not met (``states/progress.py``).
A suspected sample is drawn at the chance that nothing is wrong with it, one of n alike texts at an n-th, and none below a floor, so
that a wrong suspicion can still be found out. With ``repair``, a sample with a doubted label is drawn as others are and taught with
the suggested one, unless that is not sure enough. High losses are followed nowhere: among them junk gathers (arXiv 2605.07551).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.control.weightings.known import Claim, Known, climb
from resonance.control.weightings.stratified import ask_stratified
from resonance.core.effect import MANY, SUSPECTED
from resonance.core.weighting import Resonance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.control.weightings.known import Samples

LIKELY = 0.5
"""Probability of a suggested label above which it may be taught."""
ROW = ("doc_id", "content_hash", "bucket", "slice", "factor", "reason", "taught")


def ask_resonance(known: Known, parameters: Resonance) -> dict[str, Claim]:
    """Each slice asks for its last weight times a factor that grows with its progress; without a step all ask for the same."""
    if not parameters.step:
        return ask_stratified(known, parameters)
    shares = climb(known, known.progress, parameters.step, parameters.smoothing)
    return {name: Claim(share, _describe(known.progress[name]) if name in known.progress else "") for name, share in shares.items()}


def _describe(progress: float) -> str:
    if not progress:
        return "no progress on new texts of it that is certain"
    return f"the round made new texts of it {progress:.2f} bits per byte easier for certain"


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
