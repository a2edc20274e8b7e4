"""What a measured difference between two arms means, the same for who plans and who reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pyspark.sql import Row

Effect = Literal["better", "worse", "unclear", "unknown"]

FEW = 5
"""With fewer documents a bootstrap over documents means little; with one, its interval has no width."""
SUSPECTED = 0.5
"""Probability of a fault above which a document is listed, and does not count where arms are compared."""
MANY = 1.5
"""Alike texts from which on each of them counts less."""


def judge_effect(row: Row) -> Effect:
    """Whether the arm of a row of ``evaluations`` is better or worse than its rival: the whole interval lies on one side of zero.

    ``unclear`` where it does not; ``unknown`` where nothing was compared, or too few documents were.
    """
    if row["delta"] is None or (row["n_compared"] or 0) < FEW:
        return "unknown"
    if row["delta_low"] is None or row["delta_high"] is None:
        return "unclear"
    if row["delta_high"] < 0:
        return "better"
    return "worse" if row["delta_low"] > 0 else "unclear"
