"""Which languages are meant: some, or all but some."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

if TYPE_CHECKING:
    from pyspark.sql import Column

BUT = "all but "


class Languages(BaseModel):
    """Some languages by their ISO 639 codes, or all others than those; a text whose language is not known is in another.

    Args:
        named: codes, in their order.
        others: whether all others are meant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    named: tuple[str, ...]
    others: bool = False

    @model_validator(mode="before")
    @classmethod
    def _name_codes(cls, given: Any) -> Any:
        """A list of codes names them."""
        return {"named": given} if isinstance(given, list | tuple) else given

    def __str__(self) -> str:
        return f"{BUT if self.others else ''}{', '.join(self.named)}"

    @classmethod
    def read(cls, said: str) -> Languages:
        """The languages that are written so."""
        return cls(named=tuple(filter(None, said.removeprefix(BUT).split(", "))), others=said.startswith(BUT))

    def hold(self, language: str | None) -> bool:
        """Whether a language is one of those that are meant."""
        return (language in self.named) != self.others

    def __or__(self, more: Languages) -> Languages:
        """Both together."""
        one, two = set(self.named), set(more.named)
        if self.others and more.others:
            return Languages(named=tuple(sorted(one & two)), others=True)
        if self.others or more.others:
            left, taken = (one, two) if self.others else (two, one)
            return Languages(named=tuple(sorted(left - taken)), others=True)
        return Languages(named=tuple(sorted(one | two)))

    @property
    def are_all(self) -> bool:
        """Whether every language is meant."""
        return self.others and not self.named


def speaks(language: Column, languages: Languages) -> Column:
    """Whether a document is in one of the languages that are meant: ``hold`` on a column."""
    from pyspark.sql import functions as F

    named = F.coalesce(language.isin(*languages.named), F.lit(False)) if languages.named else F.lit(False)
    return ~named if languages.others else named


ALL = Languages(named=(), others=True)
NO = Languages(named=())


def join_languages(several: Iterable[Languages | None]) -> Languages:
    """All of them together; None stands for every language."""
    return reduce(lambda one, more: one | (more or ALL), several, NO)
