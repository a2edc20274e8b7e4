"""Settings of the plan."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from resonance.core.settings.base import Settings
from resonance.core.weighting import Stratified, Weighting

MOVED = "moved"
"""The kind of error that says where a setting went."""


class DecideSettings(Settings):
    """By which weighting the next round draws from each slice, and within which bounds."""

    weighting: Weighting = Field(
        Weighting(name="stratified", version=1, parameters=Stratified()),
        description="how what is known about slices becomes weights: a name in `conf/weightings`, or a file",
    )
    verdicts: bool = Field(
        False,
        description="whether verdicts of the round before raise slices that lack data, or are drawn otherwise than they are used; "
        "what they rest on is then trained in every round",
    )
    max_change: float = Field(2.0, gt=1, description="a weight that follows losses changes by at most this factor a round")
    max_total_change: float = Field(3.0, gt=1, description="and by this factor from its stratified share")
    floor: float = Field(0.1, ge=0, lt=1, description="and does not fall below this share of an even weight")
    max_exposures: float = Field(4.0, gt=0, description="expected draws of a document over all rounds")

    @property
    def sets(self) -> tuple[str, ...]:
        """The signal sets that the weighting reads."""
        return self.weighting.parameters.sets

    @property
    def graded(self) -> tuple[str, ...]:
        """The tables that the weighting reads: of those about quality no others are read."""
        return tuple(sorted(self.weighting.tables))

    @model_validator(mode="before")
    @classmethod
    def _refuse_moved(cls, given: Any) -> Any:
        """Refuse settings that are elsewhere now, and say where."""
        if isinstance(given, dict):
            if "name" in given:
                raise PydanticCustomError(MOVED, "decide.name is decide.weighting now: a name such as above_mean, or a file")
            if moved := [key for key in ("temperature", "utility_floor", "smoothing") if key in given]:
                names = " and ".join(f"decide.{key}" for key in moved)
                raise PydanticCustomError(
                    MOVED,
                    "{names}: parameters of a weighting now; copy conf/weightings/above_mean.yaml, change them there, "
                    "and name the copy by decide.weighting",
                    {"names": names},
                )
        return given
