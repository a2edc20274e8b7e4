"""CSV and TSV files as rows (RFC 4180), read by Python's own module: the first line names the fields."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from resonance.curate.sources.lines import chunks, decode_wide, lines
from resonance.curate.sources.row import Fields, Row, Unit, find_twice, quarantine_row, read_row, refuse_without, valid


def csv_rows(unit: Unit, fields: Fields, delimiter: str = ",") -> Iterator[Row]:
    """One row for each record, numbered by the line that it begins in; blank lines are none.

    A record holds one value for each field of the first line, else it is quarantined. A file whose quotes do not end is broken
    from there on.
    """
    csv.field_size_limit(max(fields.max_bytes, csv.field_size_limit()))  # one limit for the whole process
    records = csv.reader(_decode_lines(unit, fields), delimiter=delimiter, strict=True)
    names = next(records, [])
    if (twice := find_twice(names)) is not None:
        yield quarantine_row(unit, None, "broken_file", f"two columns {twice!r}; rename one of them")
        return
    before = records.line_num
    for values in records:
        number, before = before + 1, records.line_num
        if len(values) == len(names):
            yield read_row(dict(zip(names, values, strict=True)), unit, number, fields)
        elif values:
            yield quarantine_row(unit, number, "invalid_csv", f"{len(values)} values for {len(names)} fields")


def refuse_without_header(path: str, shown: str, fields: Fields, delimiter: str = ",") -> None:
    """Raise InputError unless the first line names the fields that the settings ask for, each once."""
    unit = Unit(path, shown, shown, "csv", "", 0, 0, 0)
    try:
        names = next(csv.reader(_decode_lines(unit, fields), delimiter=delimiter, strict=True), [])
    except (OSError, ValueError, csv.Error):
        return  # reading it says which row is broken
    refuse_without([valid(name) for name in names], shown, fields)


def _decode_lines(unit: Unit, fields: Fields) -> Iterable[str]:
    for number, (data, size) in enumerate(lines(decode_wide(chunks(unit)), fields.max_bytes), 1):
        if data is None:
            raise ValueError(f"line {number} has {size:,} bytes, more than ingest.max_text_bytes")
        yield data.decode().removeprefix("\ufeff" if number == 1 else "") + "\n"
