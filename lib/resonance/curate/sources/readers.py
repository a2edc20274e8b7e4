"""How files of each format become rows. One more format: its file here, a line in ``READERS``, and one in ``core.formats``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from resonance.curate.sources.csv import csv_rows, refuse_without_header
from resonance.curate.sources.docx import docx_rows
from resonance.curate.sources.html import html_rows
from resonance.curate.sources.json import json_file_rows, may_split
from resonance.curate.sources.lines import count_line_starts, is_wide, json_rows
from resonance.curate.sources.parquet import parquet_rows, refuse_without_columns
from resonance.curate.sources.pdf import pdf_rows
from resonance.curate.sources.row import Fields, Row, Unit
from resonance.curate.sources.text import text_rows
from resonance.curate.sources.warc import warc_rows


@dataclass(frozen=True)
class Reader:
    """How files of one format are read.

    Args:
        rows: the rows of a unit: of a range of bytes where files split, else of a whole file.
        splits: whether ranges of the file at a path are read each on its own.
        count_lines: how many lines begin in a unit, where rows are numbered by lines and files split.
        refuse: raises InputError where a file, at a path and as the user named it, lacks a field that the settings ask for.
    """

    rows: Callable[[Unit, Fields], Iterator[Row]]
    splits: Callable[[str], bool] = lambda path: False
    count_lines: Callable[[Unit], int] | None = None
    refuse: Callable[[str, str, Fields], None] | None = None


READERS = {
    "jsonl": Reader(json_rows, splits=lambda path: not is_wide(path), count_lines=count_line_starts),
    "json": Reader(json_file_rows, splits=may_split, count_lines=count_line_starts),
    "parquet": Reader(parquet_rows, splits=lambda path: True, refuse=refuse_without_columns),
    "csv": Reader(csv_rows, refuse=refuse_without_header),
    "tsv": Reader(partial(csv_rows, delimiter="\t"), refuse=partial(refuse_without_header, delimiter="\t")),
    "text": Reader(text_rows),
    "html": Reader(html_rows),
    "warc": Reader(warc_rows),
    "pdf": Reader(pdf_rows),
    "docx": Reader(docx_rows),
}
