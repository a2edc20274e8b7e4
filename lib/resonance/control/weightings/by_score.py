"""The better its score, the more of a document: by a classifier, or by the third of its perplexity as in CCNet (arXiv 1911.00359).

On slices it asks for equal shares: a score says which documents of a slice are better, not that one slice is worth more than
another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.weighting import ByScore

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.control.weightings.known import Samples


def weigh_by_score(samples: Samples, parameters: ByScore) -> DataFrame:
    """Documents that are drawn at less than full rate: by the place of their value between two others, or by their label.

    What is not known is drawn at the least rate, and says so. No shuffle.
    """
    factor, reason = _rate_labels(parameters) if parameters.rates else _rate_numbers(parameters)
    known = F.col("value").isNotNull()
    rated = samples.scores.withColumns(
        {
            "factor": F.when(known, F.greatest(factor, F.lit(parameters.least))).otherwise(F.lit(parameters.least)),
            "reason": F.when(known, reason).otherwise(F.lit(f"its {parameters.signal} is not known")),
        }
    )
    return rated.where("factor < 1")


def _rate_numbers(parameters: ByScore) -> tuple[Column, Column]:
    width = parameters.full_at - parameters.least_at
    share = F.least((F.col("value") - F.lit(parameters.least_at)) / F.lit(width), F.lit(1.0))
    side = "below" if width > 0 else "above"
    factor = F.lit(parameters.least) + F.lit(1 - parameters.least) * F.greatest(share, F.lit(0.0))
    return F.when(share >= 1, F.lit(1.0)).otherwise(factor), F.lit(f"its {parameters.signal} is {side} {parameters.full_at:g}")


def _rate_labels(parameters: ByScore) -> tuple[Column, Column]:
    factor = F.lit(1.0)
    for label, rate in parameters.rates.items():
        factor = F.when(F.col("value") == label, F.lit(rate)).otherwise(factor)
    return factor, F.concat(F.lit(f"its {parameters.signal} is "), F.col("value").cast("string"))
