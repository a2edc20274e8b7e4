"""What is learnable, worth learning and not yet learnt, at full rate: Mindermann et al. 2022, "RHO-LOSS" (arXiv 2206.07137).

The paper takes the top tenth of each batch; here the best part of each slice keeps its rate, as draws must not repeat too few
documents. On slices it asks as ``uniform`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.control.weightings.best_part import keep_best
from resonance.core.weighting import Rho

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.control.weightings.known import Samples


def weigh_rho(samples: Samples, parameters: Rho) -> DataFrame:
    """Documents whose loss stands less above reference models than that of the best part of their slice get a part of its rate."""
    reason = "not among those furthest above reference models"
    return keep_best(samples.excess_loss, "excess", parameters.keep, parameters.least, reason)
