"""Settings of annotations."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from resonance.core.annotation import AnnotationRecipe
from resonance.core.settings.base import Settings


class AnnotateSettings(Settings):
    """Which recipes annotate documents, and where the models lie that they name."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"models"})

    recipes: tuple[AnnotationRecipe, ...] = Field(
        (), description="names in `conf/annotations`, or files; a text is annotated by the first that has its language"
    )
    models: str = Field("", description="folder of models that recipes name, one a folder; every worker must be able to read it")
    contents: dict[str, str] = Field({}, description="hash of what is in each of them; read off, not to be set")
