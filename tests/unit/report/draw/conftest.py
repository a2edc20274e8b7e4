"""Pictures read back: what they show, and where."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

Element = ElementTree.Element


class Picture:
    """A drawn picture as its elements."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        self.width, self.height = (float(part) for part in self.root.attrib["viewBox"].split()[2:])

    @property
    def label(self) -> str:
        return self.root.findtext("title") or ""

    @property
    def description(self) -> str:
        return self.root.findtext("desc") or ""

    def texts(self, look: str = "") -> list[str]:
        return [element.text or "" for element in self.find("text", look)]

    def text(self, words: str) -> Element:
        """The one text that says these words."""
        (found,) = [element for element in self.root.iter("text") if element.text == words]
        return found

    def find(self, tag: str, look: str = "") -> list[Element]:
        """Elements of a kind that have all classes in ``look``."""
        return [element for element in self.root.iter(tag) if set(look.split()) <= set(element.get("class", "").split())]

    def numbers(self, tag: str, look: str, *names: str) -> list[tuple[float, ...]]:
        """Attributes of elements, as numbers."""
        return [tuple(float(element.attrib[name]) for name in names) for element in self.find(tag, look)]

    def lines(self, look: str) -> list[list[tuple[float, float]]]:
        """The points of each path, one list for each stroke of it."""
        strokes = []
        for element in self.find("path", look):
            for stroke in element.attrib["d"].split("M")[1:]:
                strokes.append([(float(pair.split()[0]), float(pair.split()[1])) for pair in stroke.split("L")])
        return strokes


@pytest.fixture
def read() -> Callable[[str], Picture]:
    return Picture
