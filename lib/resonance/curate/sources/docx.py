"""DOCX files: each is one document, paragraphs, tables and notes in their order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from resonance.core.objects import open_bytes
from resonance.curate.sources.document import document_row, without_text
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""What old Word files begin with, and new ones that ask for a password (MS-CFB)."""
XML_BYTES = 32 << 20
"""A book of a thousand pages has 5 MB of XML, which become a hundred times as much memory. Pictures are not unpacked."""
PARTS = 10_000
CORE = "docProps/core.xml"
TITLE = "{http://purl.org/dc/elements/1.1/}title"
CREATED = "{http://purl.org/dc/terms/}created"


def docx_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for a file; its key is its path. Files inside it, archives among them, are not opened."""
    with open_bytes(unit.path) as file:
        if file.read(len(OLD_OFFICE)) == OLD_OFFICE:
            yield quarantine_row(unit, None, "encrypted", "it asks for a password, or is a .doc of Word 2003 or before")
            return
        try:
            yield _read(unit, file, fields)
        except (zipfile.BadZipFile, KeyError) as error:
            yield quarantine_row(unit, None, "broken_file", f"no DOCX: {error}")
        except ExpatError as error:
            yield quarantine_row(unit, None, "broken_file", f"no DOCX: its XML cannot be read: {error}")
        except RecursionError:
            yield quarantine_row(unit, None, "too_deep", "its elements are nested too deep to be read")


def _read(unit: Unit, file: BinaryIO, fields: Fields) -> Row:
    from mammoth import docx

    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        size = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
        for measured, most, says in (
            (size, XML_BYTES, f"its XML unpacks to more than {XML_BYTES:,} bytes"),
            (len(parts), PARTS, f"it has more than {PARTS:,} parts"),
        ):
            if measured > most:
                row = quarantine_row(unit, None, "unpacks_too_large", says)
                return row._replace(value=float(measured), threshold=float(most))
        about = _describe(archive)
    document = docx.read(file).value
    notes: list[Any] = []
    body = "".join(_say(document, document.notes, notes))
    ends = ("".join(_say(note, document.notes, [])) for note in notes)
    text = "\n".join(filter(None, (body.strip(), *map(str.strip, ends))))
    if not text:
        return without_text(unit, "it holds no words")
    return document_row(unit, text, {**about, "mime": DOCX}, fields)


def _describe(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Title and date, where the file has them in a form that can be read."""
    try:
        core = ElementTree.fromstring(archive.read(CORE))
    except (KeyError, ElementTree.ParseError):
        return {}
    return {"title": core.findtext(TITLE), "date": core.findtext(CREATED)}


def _say(element: Any, known: Any, notes: list[Any]) -> Iterator[str]:
    """The text of an element and all in it; the notes that it refers to join ``notes``."""
    from mammoth import documents

    if isinstance(element, documents.Text):
        yield element.value
    elif isinstance(element, documents.Tab):
        yield "\t"
    elif isinstance(element, documents.Break):
        yield "\n"
    elif isinstance(element, documents.NoteReference):
        notes.append(known.resolve(element))
    elif isinstance(element, documents.TableRow):
        yield "\t".join("".join(_say(cell, known, notes)).strip() for cell in element.children) + "\n"
    else:
        children = getattr(element, "children", None) or getattr(element, "body", None) or ()
        for child in children:
            yield from _say(child, known, notes)
        if isinstance(element, documents.Paragraph):
            yield "\n"
