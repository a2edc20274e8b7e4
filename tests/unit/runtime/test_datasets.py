"""One dataset in every format has the same rows; what is none is refused in one line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.errors import InputError
from resonance.curate.sources.json import lay_lines
from resonance.runtime.datasets import open_dataset

ROWS = [("a", "one, two"), ("b", 'say "yes"\nor no'), ("c", "列车")]


def open_at(spark: SparkSession, path: Path, copies: Path) -> DataFrame:
    copies.mkdir(exist_ok=True)
    return open_dataset(spark, str(path), lambda file, format, codec: lay_lines(file, format, codec, copies))


def read(spark: SparkSession, path: Path) -> list[tuple[str, str]]:
    return sorted((row["id"], row["text"]) for row in open_at(spark, path, path.parent / "copies").collect())


def test_formats_hold_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    table = pa.table({"id": [id for id, _ in ROWS], "text": [text for _, text in ROWS]})
    pq.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in ROWS))
    quoted = "".join(f'{id},"{text.replace(chr(34), chr(34) * 2)}"\n' for id, text in ROWS)
    (tmp_path / "rows.csv").write_text("id,text\n" + quoted, encoding="utf-8")
    (tmp_path / "rows.tsv").write_text("id\ttext\n" + quoted.replace(',"', '\t"'), encoding="utf-8")
    for ending in ("parquet", "jsonl", "csv", "tsv"):
        assert read(spark, tmp_path / f"rows.{ending}") == ROWS, ending


OBJECTS = [{"id": id, "text": text} for id, text in ROWS]
JSON = {
    "array.json": json.dumps(OBJECTS, indent=2, ensure_ascii=False).encode(),
    "one line.json": json.dumps(OBJECTS).encode(),
    "objects.json": "\n".join(json.dumps(row, indent=2) for row in OBJECTS).encode(),
    "wide.json": json.dumps(OBJECTS, indent=2, ensure_ascii=False).encode("utf-16"),
    "chinese.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in OBJECTS).encode("gb18030"),
    "packed.jsonl.gz": gzip.compress("".join(json.dumps(row) + "\r\n\n" for row in OBJECTS).encode("utf-8-sig")),
    "packed.json.zst": pa.compress(json.dumps(OBJECTS, indent=2).encode(), "zstd", asbytes=True),
}


@pytest.mark.parametrize("name", JSON)
def test_json_holds_the_same_rows_however_it_is_written(spark: SparkSession, tmp_path: Path, name: str) -> None:
    """In whatever form ``curate`` reads it."""
    (tmp_path / name).write_bytes(JSON[name])
    assert read(spark, tmp_path / name) == ROWS


def test_json_of_several_forms_in_a_folder_is_one_dataset(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(OBJECTS[:1], indent=2))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps(OBJECTS[1]).encode()))
    (folder / "c.json").write_text(json.dumps(OBJECTS[2]) + "\n")
    assert read(spark, folder) == ROWS


def test_a_folder_of_files_is_one_dataset(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    for place, (id, text) in enumerate(ROWS):
        pq.write_table(pa.table({"id": [id], "text": [text]}), folder / f"{place}.parquet")
    (folder / "_SUCCESS").write_text("")
    assert read(spark, folder) == ROWS
    pq.write_table(pa.table({"id": [1]}), folder / "other.parquet")
    with pytest.raises(InputError, match="do not fit together"):
        open_at(spark, folder, tmp_path / "copies")


def test_what_is_no_dataset_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    def refuse(name: str, text: str = "") -> str:
        path = tmp_path / name
        if text:
            path.write_text(text)
        with pytest.raises(InputError) as refused:
            open_at(spark, path, tmp_path / "copies")
        return str(refused.value)

    assert "no file or folder" in refuse("nothing")
    assert "holds text; known are Parquet" in refuse("notes.txt", "text")
    assert "must name each column once" in refuse("twice.csv", "a,a\n1,2\n")
    assert "blank.csv names no column in its first line" in refuse("blank.csv", "\n")
    assert "or are none" in refuse("broken.parquet", "no parquet")
    assert "every row must be one object in one line" in refuse("array.jsonl", '[\n{"a": 1},\n{"a": 2}\n]\n')
    assert "assess: words.json: what begins in line 2 is no object; every row must be one" in refuse("words.json", '[\n"a"\n]\n')
    assert "assess: open.json: what begins in line 1 does not end" in refuse("open.json", '[\n{"a": 1},\n')
    says = "assess: comma.json: the object of line 2 cannot be read: Expecting property name"
    assert says in refuse("comma.json", '[\n{"a": 1,}\n]\n')
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n' * 9)[:-9])
    assert "assess: cut.jsonl.gz: " in refuse("cut.jsonl.gz")
    folder = tmp_path / "several"
    folder.mkdir()
    (folder / "one.csv").write_text("a,b\n1,2\n")
    (folder / "two.csv").write_text("")
    assert "two.csv names no column in its first line" in refuse("several")
    (folder / "two.csv").write_text("a,c\n1,2\n")
    assert "the first lines of one.csv and two.csv name different columns" in refuse("several")
    assert "every row must be one object in one line" in refuse("object.jsonl", '{\n"a": 1\n}\n')
    (tmp_path / "empty").mkdir()
    assert "holds nothing" in refuse("empty")
