"""CSV and TSV files as rows (RFC 4180), read by Python's own module: the first line names the fields."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from resonance.core.errors import InputError
from resonance.curate.sources.lines import chunks, decode_wide, lines
from resonance.curate.sources.row import Fields, Row, Unit, quarantine_row, read_row, refuse_without, valid

TAB = ".tsv"


def csv_rows(unit: Unit, fields: Fields) -> Iterator[Row]:
    """One row for each record, numbered by the line that it begins in; blank lines are none.

    A record holds one value for each field of the first line, else it is quarantined. A file whose quotes do not end is broken
    from there on.
    """
    csv.field_size_limit(max(fields.max_bytes, csv.field_size_limit()))  # one limit for the whole process
    records = csv.reader(_decode_lines(unit, fields), delimiter=_find_delimiter(unit.path), strict=True)
    names = next(records, [])
    before = records.line_num
    for values in records:
        number, before = before + 1, records.line_num
        if len(values) == len(names):
            yield read_row(dict(zip(names, values, strict=True)), unit, number, fields)
        elif values:
            yield quarantine_row(unit, number, "invalid_csv", f"{len(values)} values for {len(names)} fields")


def refuse_without_header(path: str, shown: str, fields: Fields) -> None:
    """Raise InputError unless the first line names the fields that the settings ask for, each once."""
    unit = Unit(path, shown, shown, "csv", "", 0, 0, 0)
    try:
        names = next(csv.reader(_decode_lines(unit, fields), delimiter=_find_delimiter(path), strict=True), [])
    except (OSError, ValueError, csv.Error):
        return  # reading it says which row is broken
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"ingest: {shown} names {', '.join(map(repr, twice))} twice in its first line; rename one")
    refuse_without([valid(name) for name in names], shown, fields)


def _find_delimiter(path: str) -> str:
    return "\t" if TAB in path.rsplit("/", 1)[-1].lower() else ","


def _decode_lines(unit: Unit, fields: Fields) -> Iterable[str]:
    for number, (data, size) in enumerate(lines(decode_wide(chunks(unit)), fields.max_bytes), 1):
        if data is None:
            raise ValueError(f"line {number} has {size:,} bytes, more than ingest.max_text_bytes")
        yield data.decode().removeprefix("\ufeff" if number == 1 else "") + "\n"
