"""Settings of the way from events to states."""

from __future__ import annotations

from pydantic import Field

from resonance.core.settings.base import Settings


class FeedbackSettings(Settings):
    """How events become states."""

    min_documents: int = Field(5, ge=1, description="slices with fewer scored documents get no state in a round")
    early_steps: int = Field(100, ge=1, description="exposures up to this optimizer step of a run count for EL2N")
    trend_decay: float = Field(
        0.9, ge=0, lt=1, description="weight of the past in the moving mean that losses in training stand against"
    )
