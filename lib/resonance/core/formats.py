"""Formats of input files, by the extensions that name them. How each is read is declared in ``curate.sources.readers``."""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """One format. ``streams`` says whether a file may be compressed as a whole, by one of ``CODECS``."""

    name: str
    extensions: tuple[str, ...]
    streams: bool = True


FORMATS = (
    Format("json", (".jsonl", ".ndjson", ".json")),
    Format("parquet", (".parquet", ".pq"), streams=False),
    Format("csv", (".csv",)),
    Format("tsv", (".tsv",)),
    Format("text", (".txt", ".text", ".md", ".markdown", ".rst")),
    Format("html", (".html", ".htm", ".xhtml")),
    Format("warc", (".warc", ".wet")),
    Format("pdf", (".pdf",), streams=False),
    Format("docx", (".docx",), streams=False),
)
CODECS = {".gz": "gzip", ".zst": "zstd"}
BY_EXTENSION = {extension: format for format in FORMATS for extension in format.extensions}


def list_known() -> str:
    """All extensions, for a message."""
    whole = ", ".join(format.name for format in FORMATS if not format.streams)
    return f"{' '.join(BY_EXTENSION)}, all but {whole} also as {' '.join(CODECS)}"
