"""Shards hold every drawn text once, in the order of places, however many there are and however rows lay before."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from resonance.core.errors import ConservationError
from resonance.core.places import LocalFiles
from resonance.core.settings import TaskSettings
from resonance.testing import documents_frame, hold
from resonance.train import export
from resonance.train.export import first_draws, places, write_shards
from resonance.train.samples import mend_labels, samples
from resonance.train.shards import global_batches


def list_shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("shard-*.parquet"))


@pytest.fixture(scope="module")
def documents(spark):
    return hold(documents_frame(spark, [(f"key-{number}", "s/x", f"text of number {number}") for number in range(20)]))


def texts(documents):
    return samples(documents, documents, TaskSettings())


@pytest.fixture(scope="module")
def draws(documents):
    """Two epochs of 20 and 10 draws, in no order."""
    number = F.substring("source_key", 5, 9).cast("long")
    first = documents.withColumns({"epoch": F.lit(0), "pos": number, "copy": F.lit(0)})
    second = documents.where(number % 2 == 0).withColumns({"epoch": F.lit(1), "pos": 9 - F.floor(number / 2), "copy": F.lit(1)})
    both = first.unionByName(second).withColumns({"pi": F.lit(1.5), "weight": F.lit(0.5)})
    return hold(both.select(*export.DRAW).orderBy(F.xxhash64("doc_id")))


def test_places_count_through_all_epochs(draws):
    placed, rows, last = places(draws)
    assert (rows, last) == (30, 30)
    found = placed.orderBy("place").select("place", "epoch", "pos").collect()
    assert [row["place"] for row in found] == list(range(30))
    assert [(row["epoch"], row["pos"]) for row in found] == [(0, pos) for pos in range(20)] + [(1, pos) for pos in range(10)]


@pytest.mark.parametrize(("per_shard", "shards"), [(7, 5), (1, 8), (100, 1)])
def test_shards_are_read_in_the_order_of_places(draws, documents, tmp_path, monkeypatch, per_shard, shards):
    monkeypatch.setattr(export, "SHARD_ROWS", per_shard)
    monkeypatch.setattr(export, "SHARDS", 8)
    phase = write_shards("train", draws.repartition(3), texts(documents).repartition(4), LocalFiles(tmp_path), "shards")
    assert phase.places == 30
    assert len(list_shards(tmp_path / "shards")) == shards
    ((_, batch),) = global_batches(phase, 0, 30, 0, 1)
    assert [document.place for document in batch] == list(range(30))
    assert [document.text for document in batch] == [f"text of number {number}" for number in [*range(20), *range(18, -1, -2)]]
    seen = pq.read_table(tmp_path / "shards").select(["place", "exposure"]).to_pylist()
    assert {row["place"]: row["exposure"] for row in seen} == {place: 1 + (place >= 20) for place in range(30)}
    assert {(document.copy, document.weight) for document in batch} == {(0, 0.5), (1, 0.5)}


def test_of_versions_with_one_text_the_drawn_one_is_read_once(draws, documents, tmp_path):
    both = documents.withColumn("batch", F.lit("earlier")).unionByName(documents)
    phase = write_shards("train", draws, texts(both), LocalFiles(tmp_path), "shards")
    assert phase.places == 30
    assert pq.read_table(tmp_path / "shards").num_rows == 30


def test_complete_shards_are_taken_as_they_are(draws, documents, tmp_path):
    write_shards("train", draws, texts(documents), LocalFiles(tmp_path), "shards")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").rglob("*.parquet")}
    write_shards("train", draws, texts(documents), LocalFiles(tmp_path), "shards")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").rglob("*.parquet")} == before


def test_shards_that_a_killed_driver_left_are_written_anew(draws, documents, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SHARD_ROWS", 8)
    folder = tmp_path / "shards"
    write_shards("train", draws, texts(documents), LocalFiles(tmp_path), "shards")
    whole = pq.read_table(folder)
    (folder / export.COMPLETE).unlink()
    left = list_shards(folder)
    left[0].unlink()
    left[1].write_bytes(left[1].read_bytes()[:100])
    left[2].rename(folder / "shard-00099.parquet")
    (folder / ".shard-00003-half").write_bytes(b"PAR1")
    phase = write_shards("train", draws, texts(documents), LocalFiles(tmp_path), "shards")
    assert pq.read_table(folder) == whole
    assert sorted(path.name for path in folder.iterdir()) == [export.COMPLETE, *(f"shard-{n:05d}.parquet" for n in range(4))]
    assert phase.shard_places == 8


def test_complete_shards_that_lost_rows_are_refused(draws, documents, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SHARD_ROWS", 8)
    write_shards("train", draws, texts(documents), LocalFiles(tmp_path), "shards")
    list_shards(tmp_path / "shards")[0].unlink()
    with pytest.raises(ConservationError, match="hold 22 rows of 30; remove the folder and run again"):
        write_shards("train", draws, texts(documents), LocalFiles(tmp_path), "shards")


def test_many_rows_come_in_order_however_engines_deal_them(spark, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SHARD_ROWS", 700)
    number = F.col("id")
    hashes = (F.unhex(F.substring(F.sha2(number.cast("string"), 256), 1, 32)).alias(name) for name in ("doc_id", "content_hash"))
    documents = spark.range(6_000).select(*hashes, F.lit("main").alias("batch"), number)
    more = {"epoch": F.lit(0), "copy": F.lit(0), "pos": (number * 7919) % 6_000, "bucket": F.lit(1), "slice": F.lit("s")}
    drawn = documents.withColumns({**more, "pi": F.lit(1.0), "weight": F.lit(1.0)}).select(*export.DRAW)
    held = texts(documents.withColumn("text", number.cast("string")))
    phase = write_shards("train", drawn.repartition(5), held.repartition(3), LocalFiles(tmp_path), "odd [a] {b}%20 ü")
    found = [document for _, batch in global_batches(phase, 0, 1_000, 0, 1) for document in batch]
    assert [document.place for document in found] == list(range(6_000))
    assert all(int(document.text) * 7919 % 6_000 == document.place for document in found)
    assert len(list_shards(Path(phase.shards))) == 9


def test_a_text_that_changed_since_the_draw_is_not_trained_on(draws, documents, tmp_path):
    repaired = documents.withColumn(
        "content_hash", F.when(F.col("source_key") == "key-3", F.unhex(F.lit("00" * 16))).otherwise(F.col("content_hash"))
    )
    with pytest.raises(
        ConservationError, match="it holds 29 of the 30 texts that sample_plan draws for train; run rebalance again"
    ):
        write_shards("train", draws, texts(repaired), LocalFiles(tmp_path), "shards")


def test_nothing_drawn_writes_nothing(draws, documents, tmp_path):
    assert write_shards("heldout", draws.limit(0), texts(documents), LocalFiles(tmp_path), "shards").places == 0
    assert not (tmp_path / "shards").exists()


def test_first_draws_hold_each_document_at_its_first_place(draws):
    found = first_draws(draws).orderBy("pos").collect()
    assert [row["pos"] for row in found] == list(range(20))
    assert {(row["epoch"], row["copy"], row["pi"], row["weight"]) for row in found} == {(0, 0, 1.5, 0.5)}
    late = first_draws(draws.where("epoch = 1 OR pos >= 15")).orderBy("pos").collect()
    assert [row["pos"] for row in late] == [15, 16, 17, 18, 19] + [20 + 9 - half for half in range(7, -1, -1)]


def test_labels_are_taught_as_the_weights_of_samples_say(spark, documents):
    ids = documents.orderBy("source_key").select("doc_id", "content_hash").collect()
    told = [(ids[0]["doc_id"], ids[0]["content_hash"], "dog"), (ids[1]["doc_id"], ids[1]["content_hash"], None)]
    told.append((ids[2]["doc_id"], b"\0" * 16, "dog"))  # said of another text
    weights = spark.createDataFrame(told, "doc_id binary, content_hash binary, taught string")
    held = texts(documents).withColumn("label", F.lit("cat"))
    task = TaskSettings(kind="classification", labels=("cat", "dog"))
    found = {row["doc_id"]: row["label"] for row in mend_labels(held, weights, task).collect()}
    assert [found[row["doc_id"]] for row in ids] == ["dog"] + 19 * ["cat"]
    assert mend_labels(held, weights, TaskSettings()) is held, "a text has no label"
