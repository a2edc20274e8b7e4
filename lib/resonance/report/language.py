"""The language of a report: sentences stand in English where they are used, and in Chinese in one catalogue beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

import yaml

Language = Literal["en", "zh"]
CATALOGUE = "sentences/zh.yaml"
_SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")
_PLACE = re.compile(r"\\\{(\w+)\\\}")


class Catalogue(NamedTuple):
    """Chinese by English.

    Args:
        sentences: what a report says, with the same places for values.
        things: what is counted, with a place for ``number``.
        found: sentences that other rooms wrote into results and tables.
        joined: those that are made of others, which stand in their places.
    """

    sentences: Mapping[str, str]
    things: Mapping[str, str]
    found: Mapping[str, str]
    joined: Mapping[str, str]


@contextmanager
def speak(language: Language) -> Iterator[None]:
    """Whatever is said inside is said in this language."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def get_language() -> Language:
    """The language that is spoken now."""
    return _SPOKEN.get()


def say(english: str, /, **values: object) -> str:
    """The sentence in the language that is spoken now, with its values.

    Raises:
        KeyError: the catalogue lacks it.
    """
    words = english if get_language() == "en" else read_catalogue().sentences[english]
    return words.format(**values) if values else words


def count_things(number: str, one: bool, thing: str, many: str) -> str:
    """``1 document``, ``24,512 documents``, in the language that is spoken now."""
    if get_language() == "en":
        return f"{number} {thing if one else many}"
    return read_catalogue().things[thing].format(number=number)


def restate(text: str) -> str:
    """A sentence that another room wrote, in the language that is spoken now; as it is where the catalogue does not know it."""
    if get_language() == "en":
        return text
    for pattern, words in _read_patterns("joined"):
        if match := pattern.fullmatch(text):
            return words.format(**{place: restate(part) for place, part in match.groupdict().items()})
    for pattern, words in _read_patterns("found"):
        if match := pattern.fullmatch(text):
            return words.format(**match.groupdict())
    return text


@cache
def read_catalogue() -> Catalogue:
    """The catalogue as it is packed with the product."""
    content = resources.files("resonance.report").joinpath(CATALOGUE).read_text(encoding="utf-8")
    return Catalogue(**yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@cache
def _read_patterns(kind: Literal["found", "joined"]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with most fixed letters first, so that the most specific one is chosen."""
    found = sorted(getattr(read_catalogue(), kind).items(), key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[0])))
    return tuple((re.compile(_PLACE.sub(r"(?P<\1>.*)", re.escape(english)), re.DOTALL), words) for english, words in found)
