"""Settings of the assessment of the documents."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from resonance.core.settings.base import Settings


class AssessSettings(Settings):
    """What the documents of every round are held to, and what a gate does that they do not pass."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"gate"})

    contract: str = Field(
        "", description="what documents promise: an ODCS 3.2 file; where none is named, the contract of the table"
    )
    stage: Literal["general", "pretraining", "sft", "rlhf", "domain"] = Field(
        "pretraining", description="what the documents are for"
    )
    profile: str = Field("", description="weights of groups and metrics, by name or file; where none are named, those of the stage")
    gate: Literal["warn", "stop"] = Field(
        "warn", description="what a gate that is not passed does: a line of the run, or no job that follows it starts"
    )
