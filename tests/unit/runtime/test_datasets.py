"""One dataset in every format has the same rows; what is none is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from resonance.core.errors import InputError
from resonance.runtime.datasets import open_dataset

ROWS = [("a", "one, two"), ("b", 'say "yes"\nor no'), ("c", "列车")]


def read(spark: SparkSession, path: Path) -> list[tuple[str, str]]:
    return sorted((row["id"], row["text"]) for row in open_dataset(spark, str(path)).collect())


def test_formats_hold_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    table = pa.table({"id": [id for id, _ in ROWS], "text": [text for _, text in ROWS]})
    pq.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in ROWS))
    quoted = "".join(f'{id},"{text.replace(chr(34), chr(34) * 2)}"\n' for id, text in ROWS)
    (tmp_path / "rows.csv").write_text("id,text\n" + quoted, encoding="utf-8")
    (tmp_path / "rows.tsv").write_text("id\ttext\n" + quoted.replace(',"', '\t"'), encoding="utf-8")
    for ending in ("parquet", "jsonl", "csv", "tsv"):
        assert read(spark, tmp_path / f"rows.{ending}") == ROWS, ending


def test_a_folder_of_files_is_one_dataset(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    for place, (id, text) in enumerate(ROWS):
        pq.write_table(pa.table({"id": [id], "text": [text]}), folder / f"{place}.parquet")
    (folder / "_SUCCESS").write_text("")
    assert read(spark, folder) == ROWS
    pq.write_table(pa.table({"id": [1]}), folder / "other.parquet")
    with pytest.raises(InputError, match="do not fit together"):
        open_dataset(spark, str(folder))


def test_what_is_no_dataset_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    def refuse(name: str, text: str = "") -> str:
        path = tmp_path / name
        if text:
            path.write_text(text)
        with pytest.raises(InputError) as refused:
            open_dataset(spark, str(path))
        return str(refused.value)

    assert "no file or folder" in refuse("nothing")
    assert "holds text; known are Parquet" in refuse("notes.txt", "text")
    assert "must name each column once" in refuse("twice.csv", "a,a\n1,2\n")
    assert "blank.csv names no column in its first line" in refuse("blank.csv", "\n")
    assert "or are none" in refuse("broken.parquet", "no parquet")
    assert "every row must be one object in one line" in refuse("array.json", '[\n{"a": 1},\n{"a": 2}\n]\n')
    folder = tmp_path / "several"
    folder.mkdir()
    (folder / "one.csv").write_text("a,b\n1,2\n")
    (folder / "two.csv").write_text("")
    assert "two.csv names no column in its first line" in refuse("several")
    (folder / "two.csv").write_text("a,c\n1,2\n")
    assert "the first lines of one.csv and two.csv name different columns" in refuse("several")
    assert "every row must be one object in one line" in refuse("object.json", '{\n"a": 1\n}\n')
    (tmp_path / "empty").mkdir()
    assert "holds nothing" in refuse("empty")
