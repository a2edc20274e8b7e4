import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.job import Turn
from resonance.core.settings import CleanSettings, IngestSettings, ScoreSettings, TaskSettings
from resonance.curate.clean import clean
from resonance.curate.ingest import ingest
from resonance.curate.one_pass import ingest_and_clean
from resonance.curate.sources.read import read_files
from resonance.runtime.resources import contract
from resonance.tables import RAW, REJECTS

Checkpoint = Callable[[DataFrame, str], DataFrame]
TURN = Turn("b")


def jsonl(*rows: object) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def settings_of(*inputs: Path, **more: object) -> IngestSettings:
    return IngestSettings.model_validate({"inputs": tuple(map(str, inputs)), "min_slice_documents": 1, **more})


def read(spark: SparkSession, checkpoint: Checkpoint, *inputs: Path, **more: object) -> tuple[list[Row], list[Row]]:
    given = settings_of(*inputs, **more)
    raw, rejects, *_ = ingest(
        settings=given, cleaning=CleanSettings(), task=TaskSettings(), turn=TURN, spark=spark, checkpoint=checkpoint
    )
    contract(RAW).conform(raw)
    contract(REJECTS).conform(rejects)
    return raw.orderBy("source_key").collect(), rejects.orderBy("path").collect()


def test_every_format_in_one_folder(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "plain.jsonl").write_bytes(jsonl({"text": "one"}, {"text": "two", "lang": "en"}))
    (tmp_path / "web" / "packed.jsonl.gz").write_bytes(gzip.compress(jsonl({"text": "three", "url": "https://x/3"})))
    (tmp_path / "web" / "tight.ndjson.zst").write_bytes(pa.compress(jsonl({"text": "four"}), codec="zstd", asbytes=True))
    pq.write_table(pa.table({"id": [5], "text": ["five"]}), tmp_path / "columns.parquet")
    (tmp_path / "six.md").write_text("six")
    (tmp_path / "odd.bin").write_bytes(b"7")
    raw, rejects = read(spark, checkpoint, tmp_path)
    assert {row["source_key"]: (row["text"], row["slice"]) for row in raw} == {
        "b/plain.jsonl:1": ("one", "files"),
        "b/plain.jsonl:2": ("two", "files"),
        "https://x/3": ("three", "web"),
        "b/web/tight.ndjson.zst:1": ("four", "web"),
        "5": ("five", "files"),
        "b/six.md": ("six", "files"),
    }
    assert [(row["rule"], row["path"], row["doc_id"]) for row in rejects] == [("unknown_format", f"{tmp_path}/odd.bin", None)]
    for row in raw:
        assert bytes(row["doc_id"]) == hashlib.sha256(f"files\0{row['source_key']}".encode()).digest()[:16]
    assert next(row["path"] for row in raw if row["text"] == "four") == f"{tmp_path}/web/tight.ndjson.zst"
    assert json.loads(next(row["metadata"] for row in raw if row["text"] == "two")) == {"lang": "en"}


def test_of_rows_with_one_key_the_first_by_content_stays(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    rows = [{"id": "a", "text": t} for t in ("x", "y", "z")] + [{"id": "b", "text": "x"}]
    order = sorted("xyz", key=lambda t: hashlib.sha256(t.encode()).hexdigest())
    for number, shuffled in enumerate((rows, rows[::-1])):
        path = tmp_path / str(number) / "rows.jsonl"
        path.parent.mkdir()
        path.write_bytes(jsonl(*shuffled))
        raw, rejects = read(spark, checkpoint, path)
        assert [(row["source_key"], row["text"]) for row in raw] == [("a", order[0]), ("b", "x")]
        assert [(row["rule"], row["doc_id"]) for row in rejects] == [("duplicate_key", None)] * 2
        lines = sorted(n for n, row in enumerate(shuffled, 1) if row["id"] == "a" and row["text"] != order[0])
        assert [row["path"] for row in rejects] == [f"{path}:{n}" for n in lines]
        assert bytes(raw[0]["doc_id"]).hex() in rejects[0]["detail"]


def test_two_deliveries_of_files_with_one_name_share_no_id(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    ids: set[bytes] = set()
    for batch in ("october", "november", "october"):
        (tmp_path / batch).mkdir(exist_ok=True)
        (tmp_path / batch / "part-0.jsonl").write_bytes(jsonl(*({"text": f"{batch} {n}"} for n in range(3))))
        given: Any = {"settings": settings_of(tmp_path / batch), "task": TaskSettings(), "spark": spark, "checkpoint": checkpoint}
        raw, *_ = ingest(turn=Turn(batch), cleaning=CleanSettings(), **given)
        ids |= {bytes(row["doc_id"]) for row in raw.collect()}
    assert len(ids) == 6


def test_ids_that_each_file_counts_anew(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_bytes(jsonl(*({"id": n, "text": f"{name} {n}"} for n in range(3)), {"text": name}))
    raw, rejects = read(spark, checkpoint, tmp_path)
    assert len(raw) == 5
    assert [row["rule"] for row in rejects] == ["duplicate_key"] * 3
    raw, rejects = read(spark, checkpoint, tmp_path, id_scope="file")
    assert [row["source_key"] for row in raw] == [f"b/{name}.jsonl{mark}" for name in "ab" for mark in ("#0", "#1", "#2", ":4")]
    assert not rejects


def test_small_slices_join_the_others_of_their_kind(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    slices = ["a/doc"] * 3 + ["b/doc"] * 2 + ["c"] + ["d/x/readme"]
    (tmp_path / "rows.jsonl").write_bytes(jsonl(*({"text": str(n), "part": s} for n, s in enumerate(slices))))
    raw, _ = read(spark, checkpoint, tmp_path, slice_field="part", min_slice_documents=3)
    assert [row["slice"] for row in sorted(raw, key=lambda row: int(row["text"]))] == (
        ["a/doc"] * 3 + ["other/doc"] * 2 + ["other/text", "other/readme"]
    )


def test_one_pass_and_two_give_the_same_documents(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    prose = "The people of the town have seen that the house is to be sold. " * 6
    rows = [{"id": n % 5, "text": f"{prose}\r\n{n}"} for n in range(7)] + [{"id": 9, "text": "\t"}, {"body": 1}, b"{"]
    (tmp_path / "rows.jsonl").write_bytes(jsonl(*rows))

    cleaning: Any = {"quality": ScoreSettings(), "turn": TURN, "checkpoint": checkpoint}
    reading: Any = {
        "settings": settings_of(tmp_path),
        "task": TaskSettings(),
        "turn": TURN,
        "spark": spark,
        "checkpoint": checkpoint,
    }

    def rows_of(*frames: DataFrame) -> list[list[tuple[object, ...]]]:
        return [sorted(map(tuple, frame.collect()), key=repr) for frame in frames]

    raw, unread, *books = ingest(**reading, cleaning=CleanSettings())
    documents, signals, *made, cut = clean(raw, settings=CleanSettings(), **cleaning)
    raw_kept, *kept = rows_of(raw, documents, *signals.values(), *made, unread.unionByName(cut), *books)
    raw, documents, signals, *made = ingest_and_clean(**reading, cleaning=CleanSettings(), quality=ScoreSettings())
    raw_left, *left = rows_of(raw, documents, *signals.values(), *made)
    assert kept == left
    assert len(raw_kept) == len(raw_left) == 6
    rows_kept, *_, rejects, _, _, _ = kept
    assert len(rows_kept) + len(rejects) == len(rows)
    text = [field.name for field in contract(RAW).schema].index("text")
    assert all(row[text] is None for row in raw_left)
    assert [row[:text] + row[text + 1 :] for row in raw_kept] == [row[:text] + row[text + 1 :] for row in raw_left]


def test_ranges_of_a_large_file_number_its_lines(spark: SparkSession, tmp_path: Path) -> None:
    texts = [f"text {n} " + "x" * (n % 97) for n in range(300)]
    (tmp_path / "rows.jsonl").write_bytes(jsonl(*({"text": t} for t in texts)))
    rows = read_files(spark, settings_of(tmp_path), split_bytes=4_000).rows()
    assert rows.select(F.spark_partition_id()).distinct().count() > 4
    assert [(row["line"], row["text"]) for row in rows.orderBy("line").collect()] == list(enumerate(texts, 1))


@pytest.mark.parametrize("parts", [1, 7])
def test_ids_do_not_depend_on_the_place_of_the_corpus_or_partitions(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, parts: int
) -> None:
    folder = tmp_path / f"corpus{parts}"
    for n in range(5):
        path = folder / f"sub{n % 2}" / f"{n}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jsonl({"text": f"a {n}"}, {"text": f"b {n}"}))
    raw, *_ = ingest(
        settings=settings_of(folder),
        cleaning=CleanSettings(),
        task=TaskSettings(),
        turn=TURN,
        spark=spark,
        checkpoint=lambda rows, name: checkpoint(rows.repartition(parts), name),
    )
    found = {bytes(row["doc_id"]): row["text"] for row in raw.collect()}
    keys = {(f"b/sub{n % 2}/{n}.jsonl:{line}", f"{letter} {n}") for n in range(5) for line, letter in ((1, "a"), (2, "b"))}
    assert found == {hashlib.sha256(f"files\0{key}".encode()).digest()[:16]: text for key, text in keys}


def test_rows_of_a_delta_table_are_those_of_its_version(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    place = str(tmp_path / "table")
    rows = [(f"key-{n}", f"text {n}", f"site-{n % 2}", n) for n in range(6)]
    spark.createDataFrame(rows, "id string, text string, site string, stars int").write.format("delta").save(place)
    spark.sql(f"DELETE FROM delta.`{place}` WHERE id = 'key-1'")
    more = [("key-2", "text 2", "site-0", 2), ("key-9", None, "site-0", 3)]
    spark.createDataFrame(more, "id string, text string, site string, stars int").write.format("delta").mode("append").save(place)
    table = Path(place)
    raw, rejects = read(spark, checkpoint, table, id_field="id", source_field="site")
    assert {row["source_key"]: row["text"] for row in raw} == {f"key-{n}": f"text {n}" for n in (0, 2, 3, 4, 5)}
    assert {row["source_key"]: json.loads(row["metadata"]) for row in raw}["key-3"] == {"site": "site-1", "stars": 3}
    assert sorted(row["rule"] for row in rejects) == ["duplicate_key", "missing_text"]
    with pytest.raises(InputError, match=r"set ingest\.id_field to the column that holds one"):
        read(spark, checkpoint, table)
    with pytest.raises(InputError, match="has no column 'body' among id, text, site, stars"):
        read(spark, checkpoint, table, id_field="id", text_field="body")
    (tmp_path / "more.txt").write_text("text")
    with pytest.raises(InputError, match="cannot be read together"):
        read(spark, checkpoint, table, tmp_path / "more.txt", id_field="id")
