"""Settings of evaluation."""

from __future__ import annotations

from pydantic import Field

from resonance.core.settings.base import Settings


class EvaluateSettings(Settings):
    """Intervals of held-out bits per byte."""

    replicates: int = Field(200, ge=20, description="bootstrap replicates over documents")
