"""Formats of input files, by the extensions that name them. How each is read is declared in ``curate.sources.readers``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Format(NamedTuple):
    """One format: its media type, and by ``streams`` whether a file may be compressed as a whole, by one of ``CODECS``."""

    name: str
    extensions: tuple[str, ...]
    media: str
    streams: bool = True


FORMATS = (
    Format("jsonl", (".jsonl", ".ndjson"), "application/jsonlines"),
    Format("json", (".json",), "application/json"),
    Format("parquet", (".parquet", ".pq"), "application/x-parquet", streams=False),
    Format("csv", (".csv",), "text/csv"),
    Format("tsv", (".tsv",), "text/tab-separated-values"),
    Format("text", (".txt", ".text", ".md", ".markdown", ".rst"), "text/plain"),
    Format("html", (".html", ".htm", ".xhtml"), "text/html"),
    Format("warc", (".warc", ".wet"), "application/warc"),
    Format("pdf", (".pdf",), "application/pdf", streams=False),
    Format("docx", (".docx",), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", streams=False),
)
CODECS = {".gz": "gzip", ".zst": "zstd"}
BY_EXTENSION = {extension: format for format in FORMATS for extension in format.extensions}


def find_format(file: Path) -> tuple[str, str]:
    """The format that a file's name tells, empty where none is known or it may not be packed so; and its codec."""
    *outer, last = ["", *(suffix.lower() for suffix in file.suffixes)]
    codec = CODECS.get(last, "")
    format = BY_EXTENSION.get(outer[-1] if codec else last)
    return (format.name if format and (format.streams or not codec) else ""), codec


def list_known() -> str:
    """All extensions, for a message."""
    whole = ", ".join(format.name for format in FORMATS if not format.streams)
    return f"{' '.join(BY_EXTENSION)}, all but {whole} also as {' '.join(CODECS)}"
