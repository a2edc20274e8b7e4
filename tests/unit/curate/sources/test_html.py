"""Pages become their main content, with what they say of themselves; what is no page says why."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from resonance.core.settings import IngestSettings
from resonance.curate.sources.html import NESTED, html_rows, read_page
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())
PAGE = """<!doctype html><html lang="de"><head><title> A  page </title><meta name="date" content="2024-05-06">
<link rel="canonical" href="https://example.org/a"></head><body><nav><a href="/">Home</a> <a href="/b">Shop</a></nav>
<article><h1>Heading</h1><p>The first paragraph of the page says what it is about.</p><p>Second one.</p></article>
<script>var hidden = 1</script><footer>Imprint</footer></body></html>"""


def read(path: Path, data: bytes, codec: str = "", fields: Fields = FIELDS) -> Row:
    path.write_bytes(data)
    (row,) = html_rows(Unit(str(path), path.name, path.name, "html", codec, 0, len(data), 0), fields)
    return row


@pytest.mark.parametrize("codec", ["", "gzip"])
def test_a_page_is_its_main_content_with_what_it_says_of_itself(tmp_path: Path, codec: str) -> None:
    row = read(tmp_path / "a.html", gzip.compress(PAGE.encode()) if codec else PAGE.encode(), codec)
    assert (row.text or "").split("\n\n") == ["Heading", "The first paragraph of the page says what it is about.", "Second one."]
    assert json.loads(row.metadata or "") == {
        "title": "A page",
        "date": "2024-05-06",
        "canonical_url": "https://example.org/a",
        "language": "de",
        "mime": "text/html",
    }
    assert (row.key, row.line, row.rule) == (None, None, None)


@pytest.mark.parametrize(
    ("page", "rule", "says"),
    [
        ("<html><head><title>x</title></head></html>", "no_text", "no main content"),
        ("", "no_text", "no main content"),
        ("<body><nav>Home About</nav><script>x</script></body>", "no_text", "no main content"),
        ("<html><frameset><frame src=a></frameset></html>", "no_text", "no main content"),
        ("<div>" * 11_000 + "deep", "too_deep", f"more than {NESTED} deep"),
    ],
)
def test_a_page_without_text_says_why(tmp_path: Path, page: str, rule: str, says: str) -> None:
    row = read(tmp_path / "a.html", page.encode())
    assert (row.rule, row.text) == (rule, None)
    assert says in (row.detail or "")


def test_a_page_of_many_tags_that_are_not_deep_is_read() -> None:
    page = read_page(("<p>word</p>" * 11_000).encode())
    assert (page.rule, page.text.split()) == (None, ["word"] * 11_000)


def test_bytes_that_are_no_page_are_told(tmp_path: Path) -> None:
    assert read(tmp_path / "a.html", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff\xfe").rule == "invalid_utf8"
    row = read(tmp_path / "a.html", PAGE.encode(), fields=Fields.of(IngestSettings(max_text_bytes=99)))
    assert (row.rule, row.value, row.threshold) == ("too_long", len(PAGE), 99)


CHINESE = "今天天气很好，我们去公园散步，回家以后学习了两个小时。"


@pytest.mark.parametrize(
    ("head", "codec", "recorded"),
    [
        ('<meta charset="gb2312">', "gb18030", {"encoding": "gb18030"}),
        ('<meta http-equiv="Content-Type" content="text/html; charset=utf-8">', "gb18030", {"encoding": "gb18030"}),
        ("", "gb18030", {"encoding": "gb18030"}),
        ('<meta charset="gb2312">', "utf-8", {}),
        ("", "utf-16", {"encoding": "utf-16-le"}),
    ],
)
def test_the_encoding_is_that_of_the_bytes_whatever_the_page_says(head: str, codec: str, recorded: dict[str, str]) -> None:
    page = read_page(f"<html><head>{head}<title>标题</title></head><body><p>{CHINESE}</p></body></html>".encode(codec))
    assert (page.text, page.about["title"]) == (CHINESE, "标题")
    assert {name: value for name, value in page.about.items() if name.startswith("encoding")} == recorded


def test_a_page_keeps_what_is_whole_of_a_few_broken_letters() -> None:
    page = read_page(f"<p>{CHINESE}".encode() + b"\xe4\xbb" + f"{CHINESE}</p>".encode())
    assert (page.text, page.about["encoding_unsure"]) == (f"{CHINESE}\ufffd{CHINESE}", True)
