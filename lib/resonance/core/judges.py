"""Which held-out documents judge an arm that tries rules: some for the search, others for its acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.core.chance import hash_columns, uniform
from resonance.core.turns import VERIFY, read_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PART = 0.5
"""Of the clusters that are there for acceptance, those that one campaign draws: two campaigns share half of theirs, by hash."""


def choose_judges(heldout_roles: DataFrame, arm: str) -> DataFrame:
    """Rows of ``heldout_roles`` that judge the model of an arm: no campaign chooses on documents that judge its candidate."""
    if not arm.startswith(VERIFY):
        return heldout_roles.where("role = 'select'")
    drawn = uniform(hash_columns(["cluster_id"], 0, "verify", read_key(arm))) < PART
    return heldout_roles.where("role = 'verify'").where(drawn)
