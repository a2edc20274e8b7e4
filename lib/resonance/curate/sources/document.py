"""Files that hold documents, not records: a text, and what is known of it besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row, read_row, too_long
from resonance.curate.sources.streams import chunks


def document_row(unit: Unit, text: str, about: Mapping[str, Any], fields: Fields, line: int | None = None) -> Row:
    """The row of a document; ``about`` becomes its metadata, less what is not known.

    Its key is the field that the settings name, or its ``url``; where it has neither, its file names it.
    """
    known = {name: value for name, value in about.items() if value not in (None, "")}
    named = fields if fields.id in known else replace(fields, id=None)
    return read_row({**known, fields.text: text}, unit, line, named)


def read_whole(unit: Unit, fields: Fields) -> bytes | Row:
    """The bytes of a file, or the row that says that they pass the limit; no more than that are ever held."""
    held, size = bytearray(), 0
    for chunk in chunks(unit):
        size += len(chunk)
        if size <= fields.max_bytes:
            held += chunk
        else:
            held.clear()
    return bytes(held) if size <= fields.max_bytes else too_long(unit, None, size, fields)


def without_text(unit: Unit, detail: str, line: int | None = None) -> Row:
    """The row of a document that holds no text."""
    return quarantine_row(unit, line, "no_text", detail)
