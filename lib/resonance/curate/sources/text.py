"""Plain text and Markdown files: each is one document."""

from __future__ import annotations

from collections.abc import Iterator

from resonance.curate.sources.document import document_row, read_whole
from resonance.curate.sources.encodings import decode_text
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row


def text_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for a text file; its key is its path."""
    data = read_whole(unit, fields)
    if isinstance(data, Row):
        yield data
        return
    try:
        text, encoding = decode_text(data)
    except UnicodeDecodeError as error:
        yield quarantine_row(unit, None, "invalid_utf8", f"byte {error.start}: {error.reason}; and no other encoding fits")
        return
    yield document_row(unit, text, encoding.describe(), fields)
