"""Batches one after the other: the tables are those of one run over everything, and only what is new is signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.ledger import drop_cut
from resonance.core.settings import AppraiseSettings, DedupeSettings, RebalanceSettings
from resonance.core.table import Commit, Slice, Table
from resonance.curate.dedupe import dedupe_batches
from resonance.curate.duplicates.compare import SCOPES, dedupe
from resonance.curate.rebalance import rebalance
from resonance.runtime import resources
from resonance.runtime.run.scratch import Scratch
from resonance.tables import (
    COMPARED,
    DUPLICATES,
    PLANS,
    REJECTS,
    RETRACTIONS,
    SAMPLE_PLAN,
    SAMPLE_WEIGHTS,
    SIGNAL_EVENT,
    SIGNATURES,
)
from resonance.testing import MemoryCatalog, documents_frame, hold

Checkpoint = Callable[[DataFrame, str], DataFrame]
SURE = {"bands": 60, "rows": 2}
"""Pairs of half their shingles in common are missed once in 10^7."""
WORDS = [f"w{n:04}" for n in range(2_000)]


def window(start: int, length: int, **edits: str) -> str:
    words = WORDS[start : start + length]
    for place, word in edits.items():
        words[int(place[1:])] = word
    return " ".join(words)


TEXTS = {
    "early": {
        "middle": window(26, 201),  # its like is longer, and comes late: this one goes then
        "end": window(52, 200),  # goes for the middle, and stays when that goes
        "left": window(400, 150),  # two clusters without a shingle in common
        "left-2": window(400, 150, _70="edited"),
        "right": window(550, 150),
        "right-2": window(550, 150, _70="edited"),
        "apart": window(900, 80),  # a cluster that no later batch touches
        "apart-2": window(900, 80, _40="edited"),
        "copy-2": window(1000, 60),
        "copy-3": window(1000, 60),
        "word": "hello",
        "cut": window(1200, 100),  # by an earlier step
        "alone": window(1300, 100),
    },
    "later": {
        "start": window(0, 202),
        "copy-0": window(1000, 60),
        "copy-1": window(1000, 60),
        "word-2": "hello",
        "like-the-cut": window(1200, 100, _50="edited"),
        "like-the-lonely": window(1300, 101, _50="edited"),
    },
    "last": {
        "bridge": window(400, 300),
        "end-2": window(52, 200, _100="edit"),
        "new": window(1500, 90),
        "new-2": window(1500, 90, _40="edited"),
        "new-3": window(1500, 90),
    },
}


class Counting(MemoryCatalog):
    """Tells what was written, and refuses one table if asked to."""

    def __init__(self, spark: SparkSession) -> None:
        super().__init__(spark)
        self.written: list[tuple[str, object, int]] = []
        self.refused: Table | None = None

    def write(self, table: Table, rows: DataFrame, slice: Slice, note: Mapping[str, object]) -> Commit:
        if table == self.refused:
            raise ResonanceError("killed")
        commit = super().write(table, rows, slice, note)
        self.written.append((table.name, slice.get("batch"), commit.rows))
        return commit


@pytest.fixture(scope="module")
def documents(spark: SparkSession) -> DataFrame:
    rows = [(name, "s", text) for texts in TEXTS.values() for name, text in texts.items()]
    batch = F.create_map(*(F.lit(part) for name, texts in TEXTS.items() for key in texts for part in (key, name)))
    source = F.when(F.pmod(F.xxhash64("doc_id"), F.lit(2)) == 0, "web").otherwise("books")
    frame = documents_frame(spark, rows).withColumns({"batch": batch[F.col("source_key")], "source": source})
    return hold(frame.coalesce(1))


@pytest.fixture(scope="module")
def names(documents: DataFrame) -> dict[bytes, str]:
    return {bytes(row.doc_id): row.source_key for row in documents.collect()}


def judged(documents: DataFrame, *keys: str) -> DataFrame:
    """Rejects of the step before, for documents of these names."""
    named = {"step": "judge", "path": None, "rule": "rule", "detail": None, "version": "rules@1"}
    measured = {"value": 1.0, "threshold": 1.0, "rank": 1}
    marks = {name: F.lit(value) for name, value in {**named, **measured}.items()}
    rows = documents.where(F.col("source_key").isin(list(keys))).withColumns(marks)
    contract = resources.contract(REJECTS)
    return contract.conform(rows.select(*(column.name for column in contract.columns)))


@pytest.fixture
def scratch(spark: SparkSession, tmp_path: Path) -> Scratch:
    return Scratch(spark, tmp_path)


def deliver(
    catalog: MemoryCatalog,
    documents: DataFrame,
    cut: DataFrame,
    scratch: Scratch,
    deliveries: tuple[str, ...] = (),
    **settings: object,
) -> None:
    """What the runner does with the step."""
    rejects = cut.unionByName(catalog.read(REJECTS))
    found = dedupe_batches(
        documents,
        rejects,
        catalog.read(DUPLICATES),
        catalog.read(COMPARED),
        settings=DedupeSettings(**{**SURE, **settings}),
        turn=Turn("today", run="run", deliveries=deliveries),
        checkpoint=scratch,
        catalog=catalog,
    )
    slices: tuple[Slice, ...] = ({"scope": SCOPES}, {"step": "dedupe"}, {"scope": SCOPES})
    for table, rows, slice in zip((DUPLICATES, REJECTS, COMPARED), found, slices, strict=True):
        catalog.write(table, rows, slice, {})


def held(catalog: MemoryCatalog) -> tuple[list[Row], list[Row]]:
    return ordered(catalog.read(DUPLICATES), "method"), ordered(catalog.read(REJECTS), "rule")


def ordered(rows: DataFrame, name: str) -> list[Row]:
    return sorted(rows.collect(), key=lambda r: (r.doc_id, r[name]))


def at_once(documents: DataFrame, cut: DataFrame, checkpoint: Checkpoint, **settings: object) -> tuple[list[Row], list[Row]]:
    """One run over everything, as the contracts shape it."""
    found = dedupe(documents, cut, settings=DedupeSettings(**{**SURE, **settings}), checkpoint=checkpoint)
    shaped = [resources.contract(table).conform(rows) for table, rows in zip((DUPLICATES, REJECTS), found, strict=True)]
    return ordered(shaped[0], "method"), ordered(shaped[1], "rule")


def until(documents: DataFrame, batch: str) -> DataFrame:
    return documents.where(F.col("batch").isin(list(TEXTS)[: list(TEXTS).index(batch) + 1]))


def changes(before: tuple[list[Row], list[Row]], now: tuple[list[Row], list[Row]], known: set[bytes]) -> set[tuple[object, ...]]:
    """Retractions, from the definition: what is another cluster or keeper than it was, of documents that were there before."""
    was, found = ({(r.doc_id, r["method"]): (r.cluster_id, r.keeper) for r in rows} for rows in (before[0], now[0]))
    was_cut, is_cut = ({r.doc_id for r in rows} for rows in (before[1], now[1]))
    none = (None, None)
    return {
        (doc_id, method, doc_id in was_cut, *was.get((doc_id, method), none), doc_id in is_cut, *found.get((doc_id, method), none))
        for doc_id, method in was.keys() | found.keys()
        if doc_id in known and was.get((doc_id, method), none) != found.get((doc_id, method), none)
    }


def retracted(catalog: MemoryCatalog) -> set[tuple[object, ...]]:
    columns = ("doc_id", "method", "was_cut", "was_cluster", "was_keeper", "is_cut", "is_cluster", "is_keeper")
    rows = catalog.read(RETRACTIONS).select(*columns).collect()
    assert len(rows) == len(set(rows))
    return {tuple(row) for row in rows}


def test_three_batches_are_one_run_over_everything(
    spark: SparkSession, documents: DataFrame, names: dict[bytes, str], checkpoint: Checkpoint, scratch: Scratch
) -> None:
    """Clusters merge, a longer newcomer displaces a keeper, one that was cut is kept again; and no batch is signed twice."""
    catalog, cut = Counting(spark), judged(documents, "cut")
    expected: set[tuple[object, ...]] = set()
    before: tuple[list[Row], list[Row]] = ([], [])
    known: set[bytes] = set()
    drawn = []
    for batch in TEXTS:
        there = until(documents, batch)
        deliver(catalog, there, cut.join(there, "doc_id", "left_semi"), scratch)
        now = at_once(there, cut, checkpoint)
        assert held(catalog) == now
        expected |= changes(before, now, known)
        assert retracted(catalog) == expected
        before, known = now, {row.doc_id for row in there.collect()}
        drawn.append(draws(there, catalog, names))
    signings = [(batch, rows) for table, batch, rows in catalog.written if table == "signatures"]
    assert signings == [((batch,), len(texts)) for batch, texts in TEXTS.items()]
    gone = {names[r.doc_id]: names[bytes.fromhex(r.detail)] for r in before[1]}
    assert (gone["middle"], gone["end-2"]) == ("start", "end")
    assert "end" not in gone
    clusters = {names[r.doc_id]: r.cluster_id for r in before[0] if r["method"] == "near"}
    assert len({clusters[name] for name in ("left", "left-2", "right", "right-2", "bridge")}) == 1
    assert clusters.keys().isdisjoint({"cut", "like-the-cut"})
    told = {(names[row[0]], row[2], row[5]) for row in expected if row[1] == "verified"}
    assert {("middle", False, True), ("end", True, False)} <= told  # a document may change more than once
    assert "apart" not in {names[row[0]] for row in expected}
    assert ("middle" in drawn[0], "end" in drawn[0], "alone" in drawn[0]) == (True, False, True)
    assert ("middle" in drawn[1], "end" in drawn[1], "alone" in drawn[1]) == (False, True, False)


def draws(documents: DataFrame, catalog: MemoryCatalog, names: dict[bytes, str]) -> set[str]:
    """Names of what a round would draw where each document is drawn."""
    plan = documents.sparkSession.createDataFrame(
        [(1, "s", 1.0, 1e9)], "round int, slice string, weight double, limit_share double"
    )
    assert set(plan.columns) <= {column.name for column in resources.contract(PLANS).columns}
    settings = RebalanceSettings(tokens=10**9)
    tables = (REJECTS, SAMPLE_PLAN, SAMPLE_WEIGHTS, SIGNAL_EVENT)
    rejects, before, weights, events = (catalog.read(table) for table in tables)
    frames = documents, rejects, before, plan, weights, events
    drawn = rebalance(*frames, settings=settings, appraising=AppraiseSettings(), turn=Turn("today", 1), seed=1)
    return {names[bytes(row.doc_id)] for row in drawn.select("doc_id").distinct().collect()}


@pytest.mark.parametrize(
    "settings", [{"method": "exact"}, {"scope": "source", "near": "connected", "priority": ("books",)}, {"method": "none"}]
)
def test_other_settings(
    spark: SparkSession, documents: DataFrame, checkpoint: Checkpoint, scratch: Scratch, settings: dict[str, object]
) -> None:
    catalog, cut = Counting(spark), judged(documents, "cut", "new")
    for there in (until(documents, "early"), documents):
        deliver(catalog, there, cut, scratch, **settings)
        assert held(catalog) == at_once(there, cut, checkpoint, **settings)


def test_a_rerun_is_harmless_and_what_changed_is_compared_anew(
    spark: SparkSession, documents: DataFrame, checkpoint: Checkpoint, scratch: Scratch
) -> None:
    catalog, cut = Counting(spark), judged(documents, "cut")
    first = until(documents, "early")
    deliver(catalog, first, cut, scratch)
    before = held(catalog)
    deliver(catalog, first, cut, scratch)
    assert held(catalog) == before

    catalog.refused = REJECTS  # killed when one of three tables is written
    with pytest.raises(ResonanceError, match="killed"):
        deliver(catalog, documents, cut, scratch)
    catalog.refused = None
    deliver(catalog, documents, cut, scratch)
    everything = at_once(documents, cut, checkpoint)
    assert held(catalog) == everything
    assert retracted(catalog) == changes(before, everything, {row.doc_id for row in first.collect()})

    fewer = judged(documents, "cut", "start", "apart")  # other verdicts of documents that were compared
    deliver(catalog, documents, fewer, scratch)
    assert held(catalog) == at_once(documents, fewer, checkpoint)

    deliver(catalog, documents, cut, scratch, scope="batch")
    assert held(catalog) == at_once(documents, cut, checkpoint, scope="batch")
    assert [rows for table, _, rows in catalog.written if table == "signatures"] == [13, 11]

    deliver(catalog, documents, cut, scratch, bands=30)
    assert held(catalog) == at_once(documents, cut, checkpoint, bands=30)
    assert catalog.read(SIGNATURES).select(F.size("bands")).where("size(bands) > 0").distinct().collect() == [Row(30)]


def test_of_versions_the_newest_is_compared_whatever_came_before(
    spark: SparkSession, checkpoint: Checkpoint, scratch: Scratch, tmp_path: Path
) -> None:
    """A cluster loses a member whose text is another now, one loses its keeper, a text stays as it was; verdicts are by version."""
    order = ("october", "november", "december")
    texts = {
        "october": {
            "keeper": window(0, 150),
            "like": window(0, 149, _70="edited"),
            "like-2": window(0, 149, _20="edited"),
            "copy": window(300, 60),
            "copy-2": window(300, 60),
            "same": window(500, 80),
            "junk": window(700, 90),
            "short": "hello",
            "short-2": "hello",
            "good": window(900, 90),
        },
        "november": {
            "keeper": window(1000, 150),
            "copy": window(1200, 60),
            "same": window(500, 80),
            "junk": window(700, 90, _9="new"),
            "short": "other",
            "good": window(900, 90, _9="new"),
            "new": window(1000, 149, _70="edited"),
        },
        "december": {"like": window(1400, 90), "same": window(500, 80, _9="new"), "new": window(0, 149)},
    }
    frames = [
        documents_frame(spark, [(key, "s", text) for key, text in texts[batch].items()]).withColumn("batch", F.lit(batch))
        for batch in order
    ]
    documents = hold(frames[0].unionByName(frames[1]).unionByName(frames[2]))
    failing = {"october": "junk", "november": "good"}
    verdicts = [judged(documents.where(F.col("batch") == batch), key) for batch, key in failing.items()]
    cut = hold(verdicts[0].unionByName(verdicts[1]))
    for settings in ({}, {"method": "exact"}, {"method": "none"}):
        catalog = Counting(spark)
        before: tuple[list[Row], list[Row]] = ([], [])
        for number, last in enumerate(order, 1):
            there = documents.where(F.col("batch").isin(list(order[:number])))
            deliver(catalog, there, cut, scratch, order[:number], **settings)
            newest = {key: batch for batch in order[:number] for key in texts[batch]}
            pairs = spark.createDataFrame(list(newest.items()), "source_key string, batch string")
            current = hold(there.join(pairs, ["source_key", "batch"], "left_semi"))
            expected = at_once(current, cut.join(current, ["doc_id", "batch"], "left_semi"), checkpoint, **settings)
            duplicates, rejects = held(catalog)
            assert duplicates == expected[0]
            assert [row for row in rejects if row.rule != "superseded"] == expected[1]
            names = {bytes(row.doc_id): row.source_key for row in there.collect()}
            found = {(names[row.doc_id], row.batch, row.detail, row["rank"]) for row in rejects if row.rule == "superseded"}
            assert found == {
                (key, batch, f"by batch {newest[key]}", 2 if failing.get(batch) == key else 1)
                for batch in order[:number]
                for key in texts[batch]
                if newest[key] != batch
            }
            stays = sorted(row.source_key for row in drop_cut(there, cut.unionByName(catalog.read(REJECTS))).collect())
            assert len(stays) == len(set(stays))
            if settings == {} and last == "november":
                assert len({"like", "like-2", "good"} & set(stays)) == 1  # the keeper of the first two is another text now
                assert retracted(catalog) == changes(before, expected, {row.doc_id for row in frames[0].collect()})
            before = expected


def test_nothing_at_all(spark: SparkSession, documents: DataFrame, scratch: Scratch) -> None:
    catalog = Counting(spark)
    for there in (documents.where("false"), documents.where("source_key = 'apart'")):
        deliver(catalog, there, judged(documents), scratch)
        assert held(catalog) == ([], [])
