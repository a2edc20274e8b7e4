"""What a reader sees of a page, and which of its words come from data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from typing import Any

from pyspark.sql import Row

from resonance.report.build import Gathered
from resonance.tables import SIGNAL_SETS, TABLES

SPOKEN = ("aria-label", "data-label", "alt")
TYPES = ("resonance", "UTC", "kB", "MB", "min", "MinHash", "Jaccard", "gram", "ISO", "UTF", "Unicode", "zlib", "lorem", "ipsum")
"""Names and units that Chinese writes in Latin letters too."""
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Those that a signal counts."""
NO_WORDS = re.compile(r"`[^`]*`|\b[a-z_]+\.[a-z_]+\b|\b[0-9a-f]{8}\b|\w+…")
SAID_ELSEWHERE = {"reason", "cost", "meaning"}
"""Facts that are sentences of another room: they are said anew, so their words are none of data."""


class Reader(HTMLParser):
    """Collects the texts of a page: those between tags, and attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag == "style"
        self.texts += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(" ".join(data.split()))


def read_texts(page: str) -> list[str]:
    """All that a page says, piece by piece."""
    reader = Reader()
    reader.feed(page)
    return reader.texts


def find_words(text: str) -> set[str]:
    """Words of Latin letters; commands between backticks, settings, hashes and words that are cut off are none."""
    return set(re.findall(r"[A-Za-z]{2,}", NO_WORDS.sub("", text)))


def find_english(page: str, facts: Gathered) -> dict[str, set[str]]:
    """Texts of a page with words that neither name anything of the product's nor stand in the data that the page shows."""
    names = {*TYPES, *STOP_WORDS, *SIGNAL_SETS, *(table.name for table in TABLES)}
    names |= {signal.name for of in SIGNAL_SETS.values() for signal in of.signals}
    known = {word for text in (*names, *list_data((facts.shared, facts.sections))) for word in find_words(text)}
    return {text: left for text in read_texts(page) if (left := find_words(text) - known)}


def list_data(value: Any) -> Iterator[str]:
    """All texts that facts hold, but those that are sentences of another room."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Row):
        yield from list_data(value.asDict())
    elif isinstance(value, dict):
        for key, held in value.items():
            if key not in SAID_ELSEWHERE:
                yield from (str(key), *list_data(held))
    elif is_dataclass(value):
        yield from list_data({field.name: getattr(value, field.name) for field in fields(value)})
    elif isinstance(value, tuple | list | set | frozenset):
        for held in value:
            yield from list_data(held)
