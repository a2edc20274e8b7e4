"""PDF files: each is one document, page after page."""

from __future__ import annotations

from collections.abc import Iterator

from resonance.core.objects import put_on_disk
from resonance.curate.sources.document import document_row, without_text
from resonance.curate.sources.pdf_process import ask_pdf
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row

PDF = "application/pdf"
PAGES = 10_000
"""More than any book has: what has more was made to keep a reader busy, or is an archive that belongs into pieces."""


def pdf_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for a file; its key is its path. What PDFium cannot read costs its own row, also where it crashes."""
    with put_on_disk(unit.path) as path:
        said = ask_pdf(path, PAGES, fields.max_bytes)
    if "rule" in said:
        row = quarantine_row(unit, None, said["rule"], said["detail"])
        yield row._replace(value=said.get("value"), threshold=said.get("threshold"))
    elif not said["text"]:
        yield without_text(unit, f"none of {said['about']['pages']} pages holds text; if they are scans, read them by OCR first")
    else:
        yield document_row(unit, said["text"], {**said["about"], "mime": PDF}, fields)
