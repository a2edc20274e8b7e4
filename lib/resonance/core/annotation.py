"""What a recipe of annotations is: a named, versioned list of annotators, and the languages whose texts they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance.core.errors import ConfigError
from resonance.core.quotes import advise_quotes

Kind = Literal["sentence", "token", "stem", "lemma", "pos", "entity", "term", "sentiment"]
"""What annotators find: spans of text, or a word for each span."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "sentence": (),
    "token": ("sentence",),
    "stem": ("token",),
    "lemma": ("token",),
    "pos": ("token",),
    "entity": ("pos",),
    "term": ("pos",),
    "sentiment": ("token",),
}
"""Kinds that an annotator reads."""
BY_RUNS = ("entity", "term")
"""Kinds that are runs of tags."""
BY_RULES = ("sentence", "token", "stem", *BY_RUNS)
"""Kinds that rules find without a model."""
BY_MODEL = ("sentence", "token", "lemma", "pos", "sentiment")
"""Kinds that models find."""


class Annotator(BaseModel):
    """One annotator.

    Args:
        kind: what it finds.
        model: the model that finds it: a folder's name in ``annotate.models``, else a pretrained one by its name at Spark NLP's own
            hub; rules find it where none is named.
        marks: for sentences by rules, further marks that end one, such as ``。``.
        runs: for entities and terms, regular expressions over tags in angle brackets by label, such as ``NAME: <NNP>+``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    model: str = ""
    marks: tuple[str, ...] = ()
    runs: dict[str, str] = Field({})


class AnnotationRecipe(BaseModel):
    """Annotators under a name, in the order in which they run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    version: int = Field(ge=1)
    languages: tuple[str, ...] = Field(min_length=1)
    annotators: tuple[Annotator, ...] = Field(min_length=1)

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it names."""
        return tuple(annotator.model for annotator in self.annotators if annotator.model)


def parse_annotations(content: object, where: str) -> AnnotationRecipe:
    """The recipe that ``content`` describes.

    Args:
        content: keys and values: name, version, languages and annotators.
        where: what the error calls the recipe: its name or file.

    Raises:
        ConfigError: one line that lists every problem.
    """
    if not isinstance(content, Mapping):
        raise ConfigError(f"recipe {where}: must hold keys and values: name, version, languages and annotators")
    try:
        found = AnnotationRecipe.model_validate(content)
    except ValidationError as error:
        said = (f"{_name_place(e)}: {e['msg']}{advise_quotes(e)}" for e in error.errors())
        raise ConfigError(f"recipe {where}: {'; '.join(said)}") from None
    if problems := list(_find_problems(found)):
        raise ConfigError(f"recipe {where}: {'; '.join(problems)}")
    return found


def _name_place(error: Mapping[str, Any]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"]) or "recipe"


def _find_problems(recipe: AnnotationRecipe) -> Iterator[str]:
    """What is wrong between annotators."""
    seen: set[str] = set()
    for annotator in recipe.annotators:
        kind = annotator.kind
        if kind in seen:
            yield f"{kind} stands there twice"
        yield from (f"{kind} needs {needed} before it" for needed in NEEDS[kind] if needed not in seen)
        if annotator.model and kind not in BY_MODEL:
            yield f"{kind} takes no model"
        if not annotator.model and kind not in BY_RULES:
            yield f"{kind} needs a model"
        if annotator.marks and (kind != "sentence" or annotator.model):
            yield f"{kind} takes no marks"
        if bool(annotator.runs) != (kind in BY_RUNS):
            yield f"{kind} needs runs of tags by label" if kind in BY_RUNS else f"{kind} takes no runs"
        seen.add(kind)
