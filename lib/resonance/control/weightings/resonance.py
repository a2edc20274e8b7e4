"""Equal shares of slices, and less of what is probably at fault.

A suspected sample is drawn at the chance that nothing is wrong with it, and not below a floor, so that a wrong suspicion can still
be found out. High losses alone are followed nowhere: among them junk gathers (arXiv 2605.07551).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.weighting import Resonance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.control.weightings.known import Samples


def weigh_resonance(samples: Samples, parameters: Resonance) -> DataFrame:
    """A suspected sample gets the chance that it is sound, and no less than ``least``. No shuffle."""
    factor = F.greatest(1 - F.col("posterior"), F.lit(parameters.least))
    reason = F.when(F.col("fault") == "order", "its words stand in no order").otherwise("models doubt its label")
    return samples.repairs.withColumns({"factor": factor, "reason": reason})
