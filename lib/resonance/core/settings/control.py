"""Settings of the plan."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resonance.core.settings.base import Settings


class DecideSettings(Settings):
    """How losses become weights. Figures as in the weighting above_mean@1."""

    name: Literal["above_mean@1"] = Field("above_mean@1", description="name and version of the way from losses to weights")
    temperature: float = Field(2.0, gt=0, description="weights go with (floor + utility)^(1/temperature)")
    utility_floor: float = Field(0.25, gt=0, description="the floor in that formula: utility that even the easiest slice has")
    smoothing: float = Field(0.01, ge=0, lt=1, description="share of the weight that is spread evenly")
    max_change: float = Field(2.0, gt=1, description="a weight changes by at most this factor a round")
    max_total_change: float = Field(3.0, gt=1, description="and by this factor from its prior")
    floor: float = Field(0.1, ge=0, lt=1, description="no slice falls below this share of its uniform weight")
    max_exposures: float = Field(4.0, gt=0, description="expected draws of a document over all rounds")
