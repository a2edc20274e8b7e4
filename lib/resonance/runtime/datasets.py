"""Reads any dataset as a frame: a Delta table, Parquet, CSV or JSON, one file or a folder of one kind."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resonance.core.errors import InputError
from resonance.core.files import plain_path, refuse_escaped
from resonance.core.formats import find_format
from resonance.core.frames import load_parquet
from resonance.core.sources import input_path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KNOWN = "Parquet, CSV, TSV, JSON and JSON lines (these two also as .gz or .zst), and folders of one of these or of a Delta table"
LayLines = Callable[[Path, str, str], Path | None]
"""From a JSON file, its format and its codec to a copy in lines of UTF-8, as engines read; None where it is so itself."""


def open_dataset(session: SparkSession, given: str, lay_lines: LayLines) -> DataFrame:
    """The rows of a dataset. Values of CSV are texts; what they should be is for the contract to say.

    Args:
        session: reads it.
        given: where it lies.
        lay_lines: copies a JSON file that engines do not read as it stands.

    Raises:
        InputError: there is none, or it is of no known kind.
    """
    path = input_path(given)
    refuse_escaped(path, "assess")
    if not path.exists():
        raise InputError(f"assess: no file or folder {given}")
    if (path / "_delta_log").is_dir():
        return session.read.format("delta").load(str(plain_path(path)))
    files = list_files(path)
    formats = {file: find_format(file) for file in files}
    kinds = {" ".join(filter(None, known)) or file.suffix for file, known in formats.items()}
    if kinds and all(format in JSON for format, _ in formats.values()):
        return _read_json(session, formats, lay_lines)
    readers = {READERS.get(kind) for kind in kinds}
    reader = readers.pop() if len(readers) == 1 else None
    if reader is None:
        found = ", ".join(sorted(kinds)) or "nothing"
        raise InputError(f"assess: {given} holds {found}; known are {KNOWN}")
    return reader(session, [plain_path(file) for file in files])


def find_broken(given: str, lay_lines: LayLines) -> InputError | None:
    """What is wrong with the lines of a dataset of JSON; None where nothing is, or it is another dataset."""
    path = input_path(given)
    if not given or not path.exists() or (path / "_delta_log").is_dir():
        return None
    formats = {file: find_format(file) for file in list_files(path)}
    if not all(format in JSON for format, _ in formats.values()):
        return None
    return _find_broken_line(_lay_all(formats, lay_lines))


def list_files(path: Path) -> list[Path]:
    """The file itself, or those of a folder that no dot or underscore hides, in order."""
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file() and file.name[0] not in "._")


def _read_parquet(session: SparkSession, files: Sequence[Path]) -> DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql.pandas.types import from_arrow_schema

    try:
        whole = pa.unify_schemas([pq.read_schema(file) for file in files])
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"assess: Parquet files that do not fit together, or are none: {str(error).splitlines()[0]}") from None
    return load_parquet(session, [str(file) for file in files], from_arrow_schema(whole))


def _read_separated(separator: str) -> Callable[[SparkSession, Sequence[Path]], DataFrame]:
    def read(session: SparkSession, files: Sequence[Path]) -> DataFrame:
        from pyspark.sql.types import StringType, StructField, StructType

        heads = {file: tuple(_read_head(file, separator)) for file in files}
        if empty := [file.name for file in files if not any(heads[file])]:
            raise InputError(f"assess: {', '.join(empty)} names no column in its first line; take it away, or name the columns")
        names = heads[files[0]]
        if other := next((file.name for file in files if heads[file] != names), ""):
            raise InputError(
                f"assess: the first lines of {files[0].name} and {other} name different columns; assess the files one by one"
            )
        if not names or len(set(names)) != len(names) or "" in names:
            raise InputError("assess: the first line must name each column once")
        schema = StructType([StructField(name, StringType(), True) for name in names])
        reader = session.read.schema(schema).option("header", "true").option("sep", separator).option("escape", '"')
        return reader.option("multiLine", "true").csv([str(file) for file in files])

    return read


def _read_head(file: Path, separator: str) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines, delimiter=separator), [])


def _read_json(session: SparkSession, formats: Mapping[Path, tuple[str, str]], lay_lines: LayLines) -> DataFrame:
    laid = _lay_all(formats, lay_lines)
    for file, copy in laid.items():
        with copy.open("rb") as lines:
            first, *others = lines.read(1 << 16).lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)
        if not first.startswith(b"{") or (others and not _is_json(first)):
            raise InputError(f"assess: {file.name} does not begin with an object; every row must be one object in one line")
    rows = session.read.json([str(plain_path(copy)) for copy in laid.values()])
    broken = _find_broken_line(laid) if BROKEN in rows.columns else None
    if broken is not None:
        raise broken
    return rows


def _lay_all(formats: Mapping[Path, tuple[str, str]], lay_lines: LayLines) -> dict[Path, Path]:
    """Each JSON file with its copy in lines, or with itself where it is so."""
    try:
        return {file: lay_lines(file, format, codec) or file for file, (format, codec) in formats.items()}
    except InputError as error:
        raise InputError(f"assess: {error}") from None


def _find_broken_line(laid: Mapping[Path, Path]) -> InputError | None:
    for file, copy in laid.items():
        with copy.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip() and not (line.lstrip(b"\xef\xbb\xbf \t").startswith(b"{") and _is_json(line)):
                    return InputError(
                        f"assess: {file.name}, line {number}: no JSON object; every row must be one object in one line"
                    )
    return None


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


READERS: Mapping[str, Callable[[SparkSession, Sequence[Path]], DataFrame]] = {
    "parquet": _read_parquet,
    "csv": _read_separated(","),
    "tsv": _read_separated("\t"),
}
"""How each format is read, by the names of ``core.formats``; JSON is read by ``_read_json``."""
JSON = ("json", "jsonl")
BROKEN = "_corrupt_record"
"""The column in which Spark puts the lines that are no JSON."""
