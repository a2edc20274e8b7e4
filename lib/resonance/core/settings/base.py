"""What all groups of settings have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen group of settings that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset()
    """Keys that results do not depend on."""

    def effective(self) -> dict[str, Any]:
        """The values that results depend on, as JSON has them."""
        values = self.model_dump(mode="json", exclude=set(self.WITHOUT_EFFECT))
        return values | {name: value.effective() for name, value in self if name in values and isinstance(value, Settings)}
