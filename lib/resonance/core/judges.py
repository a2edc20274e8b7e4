"""Which held-out documents judge an arm that tries rules: some for the search, others for its acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.chance import hash_columns, uniform
from resonance.core.turns import SELECT, VAULT, VERIFY, WATCH, read_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROLES = {SELECT: "select", VERIFY: "verify", VAULT: "vault", WATCH: "measure"}
"""By the beginning of an arm's name, the role of the documents that judge its model."""
PART = 0.5
"""Of the clusters that are there for acceptance, those that one campaign draws: two campaigns share half of theirs, by hash."""


def choose_judges(heldout_roles: DataFrame, arm: str) -> DataFrame:
    """Rows of ``heldout_roles`` that judge the model of an arm: no campaign chooses on documents that judge its candidate."""
    begin = next(begin for begin in ROLES if arm.startswith(begin))
    mine = heldout_roles.where(F.col("role") == ROLES[begin])
    if begin != VERIFY:
        return mine
    return mine.where(uniform(hash_columns(["cluster_id"], 0, "verify", read_key(arm))) < PART)
