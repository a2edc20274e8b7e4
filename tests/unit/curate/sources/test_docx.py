"""DOCX files are documents; bombs, passwords and what is none cost their own row."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from resonance.core.settings import IngestSettings
from resonance.curate.sources import docx
from resonance.curate.sources.docx import docx_rows
from resonance.curate.sources.read import Read
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>A title</dc:title><dcterms:created>2024-01-02T03:04:05Z</dcterms:created></cp:coreProperties>"
)


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def write_docx(body: str, **parts: str | bytes) -> bytes:
    links = f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    held: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f"{links}</Relationships>",
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        **parts,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return made.getvalue()


def read(path: Path, data: bytes, fields: Fields = FIELDS) -> Row:
    path.write_bytes(data)
    (row,) = docx_rows(Unit(str(path), path.name, path.name, "docx", "", 0, len(data), 0), fields)
    return row


def test_paragraphs_breaks_tables_and_tracked_words_are_read_in_their_order(tmp_path: Path) -> None:
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("left", "right"))
    body = (
        paragraph("First.")
        + "<w:p><w:r><w:t>one</w:t><w:br/><w:t>two</w:t><w:tab/><w:t>three</w:t></w:r></w:p>"
        + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"
        + "<w:p><w:ins><w:r><w:t>added</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        + f"<w:sdt><w:sdtContent>{paragraph('in a form')}</w:sdtContent></w:sdt>"
        + '<w:p><w:r><w:t>noted</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    )
    notes = f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("the note")}</w:footnote></w:footnotes>'
    row = read(tmp_path / "a.docx", write_docx(body, **{"word/footnotes.xml": notes, "docProps/core.xml": CORE}))
    assert row.text == "First.\none\ntwo\tthree\nleft\tright\nadded\nin a form\nnoted\nthe note"
    assert json.loads(row.metadata or "") == {"title": "A title", "date": "2024-01-02T03:04:05Z", "mime": docx.DOCX}


def test_a_bomb_and_an_archive_inside_are_not_unpacked(tmp_path: Path) -> None:
    bomb = write_docx(paragraph(" " * (docx.XML_BYTES + 1)))
    assert len(bomb) < 99_999
    row = read(tmp_path / "a.docx", bomb)
    assert (row.rule, row.threshold) == ("unpacks_too_large", docx.XML_BYTES)
    assert (row.value or 0) > docx.XML_BYTES
    inside = write_docx(paragraph("words"), **{"word/embeddings/more.docx": bomb, "word/media/zeros.png": bytes(64 << 20)})
    assert read(tmp_path / "b.docx", inside).text == "words"


def test_more_parts_than_a_document_has_are_refused(tmp_path: Path) -> None:
    row = read(tmp_path / "a.docx", write_docx(paragraph("x"), **{f"word/media/{n}.png": b"" for n in range(docx.PARTS)}))
    assert (row.rule, row.threshold) == ("unpacks_too_large", docx.PARTS)
    assert "parts" in (row.detail or "")


@pytest.mark.parametrize(
    ("data", "rule", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "encrypted", "password"),
        (b"no archive", "broken_file", "no DOCX"),
        (write_docx("x")[:200], "broken_file", "no DOCX"),
        (write_docx(""), "no_text", "no words"),
        (write_docx("<w:p>"), "broken_file", "no DOCX: its XML cannot be read: mismatched tag: line 1, column"),
        (write_docx("<w:p>&x;</w:p>"), "broken_file", "no DOCX: its XML cannot be read: undefined entity: line 1, column"),
        (write_docx("<w:p>" * 90_000 + "</w:p>" * 90_000), "too_deep", "nested too deep"),
        (b"PK\5\6" + bytes(18), "broken_file", "valid .docx"),
        (write_docx(paragraph("long " * 99)), "too_long", "max_text_bytes"),
    ],
)
def test_what_holds_no_text_says_why(tmp_path: Path, data: bytes, rule: str, says: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(data)
    fields = Fields.of(IngestSettings(max_text_bytes=300))
    (row,) = Read(fields).rows(Unit(str(path), path.name, path.name, "docx", "", 0, len(data), 0))
    assert (row.rule, row.text) == (rule, None)
    assert says in (row.detail or "")
