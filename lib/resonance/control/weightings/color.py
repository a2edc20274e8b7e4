"""What tuning on a target makes easier, at full rate: Brandfonbrener et al. 2024, "CoLoR-Filter" (arXiv 2406.10670).

On slices it asks as ``uniform`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.control.weightings.best_part import keep_best
from resonance.core.weighting import Color

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.control.weightings.known import Samples


def weigh_color(samples: Samples, parameters: Color) -> DataFrame:
    """Documents that tuning on the target slices makes less easier than the best part of their slice get a part of its rate."""
    reason = "not among those that tuning on the target slices makes easier most"
    return keep_best(samples.excess_loss, "target_gain", parameters.keep, parameters.least, reason)
