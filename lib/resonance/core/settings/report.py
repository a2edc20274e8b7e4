"""Settings of the report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resonance.core.settings.base import Settings


class ReportSettings(Settings):
    """What the report shows."""

    title: str = Field("resonance", description="heading of the page")
    language: Literal["en", "zh"] = Field("en", description="language of all reports, English or Chinese")
    top_slices: int = Field(24, ge=1, description="slices that are shown by name; the others are summed up")
