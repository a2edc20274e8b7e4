"""A plan that did harm is not continued: which round did, and which one the next plan goes back to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.control.plan import Plan
from resonance.control.weighting import keep_claims
from resonance.control.weightings.known import Claim, Known
from resonance.core.effect import judge_effect
from resonance.core.settings import DecideSettings
from resonance.core.turns import ALL_SLICES, PLAN

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row


@dataclass(frozen=True)
class Harm:
    """A round whose plan measured worse than its control arm, and the last round before it whose plan did not."""

    round: int
    haven: int
    delta: float
    low: float
    high: float

    @property
    def reason(self) -> str:
        """What was measured, with figures."""
        return (
            f"the plan of round {self.round} did harm ({self.delta:.4f} bits per byte above its control arm, "
            f"95% interval {self.low:.4f} to {self.high:.4f}): back to "
        )


def read_effects(evaluations: DataFrame, round: int) -> list[Row]:
    """The plan arm of each round before ``round`` against its control arm, over all slices."""
    whole = (F.col("round") < round) & (F.col("arm") == PLAN) & (F.col("slice") == ALL_SLICES)
    return evaluations.where(whole).select("round", "n_compared", "delta", "delta_low", "delta_high").collect()


def find_harm(evaluations: Iterable[Row], round: int) -> Harm | None:
    """The harm that the plan of ``round`` did, or None where it did none that was measured.

    Round 1 has no control arm, so that there is always a round to go back to.

    Args:
        evaluations: rows of table ``evaluations``, one for each round so far: the plan arm, all slices together.
        round: the last round.
    """
    worse = {row["round"]: row for row in evaluations if judge_effect(row) == "worse"}
    if round not in worse:
        return None
    haven = max(number for number in range(1, round) if number not in worse)
    row = worse[round]
    return Harm(round, haven, row["delta"], row["delta_low"], row["delta_high"])


def go_back(round: int, harm: Harm, weights: Mapping[str, float], known: Known, settings: DecideSettings) -> Plan:
    """The plan of ``round`` with the weights of the last round that did no harm; a slice that joined since gets its prior.

    Args:
        round: the round of the plan.
        harm: what was measured.
        weights: those of the round that the plan goes back to.
        known: what is known about the slices.
        settings: the bounds.
    """
    joined = {name: known.prior[name] for name in known.limit if name not in weights}
    total = sum(weights.values()) + sum(joined.values())
    claims = {name: Claim(weights[name] / total, f"the weight of round {harm.haven}") for name in known.limit if name in weights}
    claims |= {name: Claim(share / total, "an equal share for a slice that joined") for name, share in joined.items()}
    return keep_claims(round, claims, known, settings, harm.reason)
