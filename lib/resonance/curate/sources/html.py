"""HTML files: each is one document, its text being the main content of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from resonance.curate.sources.document import document_row, read_whole, without_text
from resonance.curate.sources.encodings import decode_text
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row

HTML = "text/html"
LABEL_BYTES = 4096
LABEL = re.compile(rb"<(?:meta|\?xml)\b[^>]*?\b(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
NESTED = 512
"""Browsers nest elements no deeper; what is made of a page takes the square of its depth in time."""
MANY_TAGS = 10_000
"""Pages of fewer tags cost little, however deep they are."""
DATES = frozenset(("article:published_time", "date", "dc.date", "dc.date.issued", "dcterms.date", "datepublished", "pubdate"))


class Page(NamedTuple):
    """What a page says, or the rule that cuts it and why; and what it says of itself."""

    text: str
    about: Mapping[str, Any]
    rule: str | None = None
    detail: str = ""


def html_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for a page; its key is its path."""
    data = read_whole(unit, fields)
    yield data if isinstance(data, Row) else page_row(unit, data, None, {}, fields)


def page_row(unit: Unit, data: bytes, label: str | None, known: Mapping[str, Any], fields: Fields, line: int | None = None) -> Row:
    """The row of a page, or the one that says why it holds none.

    Args:
        unit: the file that it stands in.
        data: its bytes.
        label: the encoding that whoever served it named.
        known: what whoever fetched it says of it; its own date is then ``published``.
        fields: which fields hold what.
        line: its number in the file.
    """
    page = read_page(data, label)
    if page.rule == "no_text":
        return without_text(unit, page.detail, line)
    if page.rule:
        return quarantine_row(unit, line, page.rule, page.detail)
    own = dict(page.about)
    if "date" in known and "date" in own:
        own["published"] = own.pop("date")
    return document_row(unit, page.text, {**own, **known}, fields, line)


def read_page(data: bytes, label: str | None = None) -> Page:
    """The main content of a page, with its title, date, language and address where it names them, and its encoding."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    try:
        html, encoding = decode_text(data, label or find_label(data), lossy=True)
    except UnicodeDecodeError as error:
        return Page("", {}, "invalid_utf8", f"byte {error.start}: {error.reason}; and no other encoding fits")
    tree = HTMLTree.parse(html)
    if html.count("<") > MANY_TAGS and tree.body is not None and tree.body.query_selector(" > ".join("*" * NESTED)) is not None:
        return Page("", {}, "too_deep", f"elements are nested more than {NESTED} deep")
    text = extract_plain_text(tree, main_content=True)
    if not text.strip():
        return Page("", {}, "no_text", "the page has no main content")
    return Page(text, {**_describe(tree), "mime": HTML, **encoding.describe()})


def find_label(data: bytes) -> str | None:
    """The encoding that a page names in its head."""
    found = LABEL.search(data[:LABEL_BYTES])
    return found[1].decode() if found else None


def _describe(tree: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"title": tree.title}
    if tree.head is None:
        return about
    for element in tree.head.query_selector_all("meta, link[rel=canonical]"):
        if element.tag == "link":
            about.setdefault("canonical_url", element.getattr("href"))
        else:
            name = element.getattr("property") or element.getattr("name") or element.getattr("itemprop") or ""
            if name.lower() in DATES:
                about.setdefault("date", element.getattr("content"))
    about["language"] = tree.body.parent.getattr("lang") if tree.body is not None and tree.body.parent is not None else None
    return about
