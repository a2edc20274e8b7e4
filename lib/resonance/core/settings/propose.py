"""Settings of what verdicts ask for."""

from __future__ import annotations

from pydantic import Field

from resonance.core.settings.base import Settings


class ProposeSettings(Settings):
    """Which move answers which cause."""

    moves: str = Field("default", description="what to do first, by what falls short and why: a name in `conf/moves`, or a file")
