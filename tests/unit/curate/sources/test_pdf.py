"""PDF files are documents; scans, passwords, too many pages and crashes cost their own row."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from resonance.core.settings import IngestSettings
from resonance.curate.sources import pdf, pdf_process
from resonance.curate.sources.pdf import pdf_rows
from resonance.curate.sources.row import Fields, Row, Unit

FIELDS = Fields.of(IngestSettings())
INFO = b"<< /Title (A \\(good\\) title) /CreationDate (D:20240102030405+01'00') >>"


def write_pdf(pages: list[str], repeat: int = 1, more: bytes = b"") -> bytes:
    """A PDF of these pages, each so often."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)) for _ in range(repeat))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {repeat * len(pages)} >>".encode()]
    objects += [b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", INFO]
    for number, text in enumerate(pages):
        box = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(b"<< %s /Contents %d 0 R >>" % (box, 6 + 2 * number))
        shown = " 0 -20 Td ".join(f"({line}) Tj" for line in text.splitlines())
        drawn = f"BT /F1 12 Tf 72 720 Td {shown} ET" if text else "0 0 m 99 99 l S"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn.encode()))
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % at for at in places)
    made += b"trailer << /Size %d /Root 1 0 R /Info 4 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, more, start)
    return bytes(made)


ENCRYPTED = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]" % (b"41" * 32, b"42" * 32)


def read(path: Path, data: bytes, fields: Fields = FIELDS) -> Row:
    path.write_bytes(data)
    (row,) = pdf_rows(Unit(str(path), path.name, path.name, "pdf", "", 0, len(data), 0), fields)
    return row


def test_a_file_is_one_document_page_after_page(tmp_path: Path) -> None:
    row = read(tmp_path / "a.pdf", write_pdf(["First page\nsecond line", "", "Third page"]))
    assert (row.text, row.key, row.rule) == ("First page\nsecond line\n\nThird page", None, None)
    said = {"title": "A (good) title", "date": "2024-01-02T03:04:05+01:00", "pages": 3, "mime": "application/pdf"}
    assert json.loads(row.metadata or "") == said


@pytest.mark.parametrize(
    ("data", "rule", "says"),
    [
        (write_pdf(["", ""]), "no_text", "none of 2 pages holds text; if they are scans"),
        (write_pdf(["secret"], more=ENCRYPTED), "encrypted", "asks for a password"),
        (b"no PDF", "broken_file", "no PDF"),
        (write_pdf(["cut"])[:300], "broken_file", "no PDF"),
        (b"", "broken_file", "no PDF"),
        (write_pdf(["many"], repeat=100_000), "too_many_pages", "more pages"),
        (write_pdf(["words " * 20] * 9), "too_long", "max_text_bytes"),
    ],
)
def test_what_holds_no_text_says_why(tmp_path: Path, data: bytes, rule: str, says: str) -> None:
    row = read(tmp_path / "a.pdf", data, Fields.of(IngestSettings(max_text_bytes=500)))
    assert (row.rule, row.text) == (rule, None)
    assert says in (row.detail or "")
    if rule == "too_many_pages":
        assert (row.value, row.threshold) == (100_000, pdf.PAGES)


def test_a_crash_of_the_library_costs_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = pdf_process.PdfProcess()
    monkeypatch.setattr(pdf_process, "_idle", [process])
    process._process.kill()
    row = read(tmp_path / "a.pdf", write_pdf(["words"]))
    assert (row.rule, row.detail) == ("broken_file", "the process in which PDFium read it crashed, or ran out of memory")
    assert read(tmp_path / "b.pdf", write_pdf(["words"])).text == "words"
    for left in pdf_process._idle:
        left.close()


def test_a_file_that_never_ends_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = pdf_process.PdfProcess()
    monkeypatch.setattr(pdf_process, "_idle", [process])
    process._process.send_signal(signal.SIGSTOP)  # as one that goes round in circles
    (tmp_path / "a.pdf").write_bytes(write_pdf(["words"]))
    said = pdf_process.ask_pdf(str(tmp_path / "a.pdf"), 99, 9_999, seconds=0.2)
    assert said == {"rule": "broken_file", "detail": "PDFium had not read it after 0 seconds"}
    assert process._process.returncode is not None
    assert pdf_process._idle == []


def test_a_file_that_cannot_be_opened_raises_what_any_file_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(pdf_rows(Unit(str(tmp_path / "no.pdf"), "no", "no", "pdf", "", 0, 1, 0), FIELDS))


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("D:20240102030405Z", "2024-01-02T03:04:05Z"),
        ("D:20240102030405-08'30'", "2024-01-02T03:04:05-08:30"),
        ("D:202401", "2024-01-01"),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_those_of_iso_8601(said: str, date: str | None) -> None:
    assert pdf_process.read_date(said) == date
