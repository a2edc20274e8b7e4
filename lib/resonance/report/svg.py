"""Figures as inline SVG: no links, no fixed ids, and colours that follow the page's colour scheme."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROLES = ("ink", "soft", "line", "card", "blue", "orange", "teal", "purple", "pale", "grey")
"""Colours by role; the style sheet says what each looks like in light and in dark."""

_STAND_INS = {role: f"#0102{index:02x}" for index, role in enumerate(ROLES, start=1)}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = re.compile(r"font: [^;]*?([\d.]+)px[^;]*")
_FAMILY = re.compile(r"font-family:[^;]*;? ?")


def colour(role: str) -> str:
    """What a drawing asks for to get the page's colour of that role."""
    return _STAND_INS[role]


@contextmanager
def drawing() -> Iterator[None]:
    """Settings under which figures are made: text stays text, dollar signs are no formulas, ids depend on content alone."""
    import matplotlib

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "resonance",
        "text.parse_math": False,
        "axes.unicode_minus": True,
        "path.simplify": False,
        "font.family": "DejaVu Sans",
    }
    with warnings.catch_warnings(), matplotlib.rc_context(settings):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def inline(figure: Figure, label: str, prefix: str) -> Markup:
    """The figure as an ``<svg>`` element to be set into a page, whose style sheet gives it font and colours.

    Args:
        figure: drawn under ``drawing``.
        label: what the picture shows, for those who cannot see it.
        prefix: sets the ids of this picture apart from those of others on the page.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for element in root.iter():
        _localise(element, prefix)
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in ("metadata", "style")]:
            parent.remove(child)
    _drop_unused_ids(root)
    box = root.get("viewBox", "0 0 380 200")
    root.attrib = {"viewBox": box, "role": "img", "aria-label": label, "class": "chart"}
    # Text is escaped again here, so nothing that a label holds can become an element.
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _localise(element: ElementTree.Element, prefix: str) -> None:
    element.tag = element.tag.rpartition("}")[2]
    attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    if "id" in attributes:
        attributes["id"] = f"{prefix}-{attributes['id']}"
    if attributes.get("href", "").startswith("#"):
        attributes["href"] = f"#{prefix}-{attributes['href'][1:]}"
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    if "style" in attributes:
        attributes["style"] = _styled(attributes["style"])
    element.attrib = {key: _REFERENCE.sub(rf"url(#{prefix}-\1)", value) for key, value in attributes.items()}


def _styled(style: str) -> str:
    for role, stand_in in _STAND_INS.items():
        style = style.replace(stand_in, f"var(--{role})")
    return _FAMILY.sub("", _FONT.sub(r"font-size: \1px", style))


def _drop_unused_ids(root: ElementTree.Element) -> None:
    used = {found for e in root.iter() for value in e.attrib.values() for found in _REFERENCE.findall(value)}
    used |= {e.attrib["href"][1:] for e in root.iter() if e.attrib.get("href", "").startswith("#")}
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
