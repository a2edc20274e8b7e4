"""Duplicates: the clusters of a plain all-pairs definition, one keeper each, nothing lost, whatever the partitioning."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates import large_components
from resonance.curate.duplicates import verified as module
from resonance.curate.duplicates.compare import dedupe
from resonance.curate.duplicates.components import components
from resonance.curate.duplicates.minhash import FORMS, buckets, buckets_in_passes, sign_documents
from resonance.curate.duplicates.verified import candidates, lost
from resonance.curate.kernels.duplicates.minhash import bands, signature_plainly, signatures
from resonance.curate.kernels.duplicates.shingles import set_plainly
from resonance.curate.kernels.text.words import map_simplified
from resonance.runtime import resources
from resonance.tables import DUPLICATES, REJECTS
from resonance.testing import documents_frame, hold

Checkpoint = Callable[[DataFrame, str], DataFrame]
Result = tuple[list[Row], list[Row]]

SHORT = ["hello", "Hello", "hello", "one two three four", "one two three four", "one two three", "!!!", "???"]


def corpus() -> list[str]:
    """Families of texts with exact copies and edits of one word, a chain of edits, and texts shorter than a shingle."""
    draw = random.Random(3)
    texts = []
    for family in range(12):
        words = [f"w{draw.randrange(10_000)}" for _ in range(80)]
        texts += [" ".join(words)] * (1 + family % 3)
        for _ in range(family % 4):
            words[draw.randrange(80)] = f"edit{draw.randrange(10_000)}"
            texts.append(" ".join(words))
    texts.append(texts[0].upper() + "!")
    return texts + SHORT


def frame(spark: SparkSession, texts: list[str]) -> DataFrame:
    return documents_frame(spark, [(f"key-{index}", "all", text) for index, text in enumerate(texts)])


def run(documents: DataFrame, checkpoint: Checkpoint, cut: DataFrame | None = None, **settings: object) -> Result:
    before = documents.sparkSession.createDataFrame([], resources.contract(REJECTS).schema) if cut is None else cut
    duplicates, rejects = dedupe(documents, before, settings=DedupeSettings(**settings), checkpoint=checkpoint)
    found = [resources.contract(t).conform(rows).collect() for t, rows in ((DUPLICATES, duplicates), (REJECTS, rejects))]
    return sorted(found[0], key=lambda r: (r.method, r.doc_id)), sorted(found[1], key=lambda r: r.doc_id)


@pytest.fixture(scope="module")
def documents(spark: SparkSession) -> DataFrame:
    return hold(frame(spark, corpus()).coalesce(1))


@pytest.fixture(scope="module")
def result(documents: DataFrame, checkpoint: Checkpoint) -> Result:
    """With near clusters cut whole."""
    return run(documents, checkpoint, near="connected")


@pytest.fixture(scope="module")
def verified(documents: DataFrame, checkpoint: Checkpoint) -> Result:
    return run(documents, checkpoint)


def all_pairs(rows: list[Row], near: bool) -> dict[bytes, list[Row]]:
    """Clusters by smallest doc_id: documents of equal text, or joined by a chain of documents that share a band."""
    hashed = {}
    for row in rows:
        minima = signature_plainly(row.text, 112, 5)
        hashed[row.doc_id] = [] if minima is None else [tuple(minima[i : i + 8]) for i in range(0, 112, 8)]
    group = {row.doc_id: row.doc_id for row in rows}
    for one, other in combinations(rows, 2):
        close = near and any(a == b for a, b in zip(hashed[one.doc_id], hashed[other.doc_id], strict=False))
        if one.text == other.text or close:
            old, new = sorted((group[one.doc_id], group[other.doc_id]), reverse=True)
            group = {doc_id: new if label == old else label for doc_id, label in group.items()}
    members: dict[bytes, list[Row]] = {}
    for row in rows:
        members.setdefault(group[row.doc_id], []).append(row)
    return {label: sorted(cluster, key=lambda r: (-r.n_bytes, r.doc_id)) for label, cluster in members.items() if len(cluster) > 1}


def test_clusters_keepers_and_rejects_are_those_of_all_pairs(documents: DataFrame, result: Result) -> None:
    duplicates, rejects = result
    rows = documents.collect()
    copies = set()
    for method, version in (("exact", "exact@1"), ("near", "minhash-14x8-5@resonance-2")):
        expected = {
            (row.doc_id, label, len(cluster), cluster[0].doc_id, "global", version)
            for label, cluster in all_pairs(rows, method == "near").items()
            for row in cluster
        }
        found = [r for r in duplicates if r.method == method]
        assert {(r.doc_id, r.cluster_id, r.size, r.keeper, r.scope, r.version) for r in found} == expected
        assert len(found) == len(expected) > 0
        if method == "exact":
            copies = {r.doc_id: r for r in found if r.doc_id != r.keeper}
    near = {r.doc_id: r for r in duplicates if r.method == "near" and r.doc_id != r.keeper}
    assert copies.keys() < near.keys()
    by_id = {row.doc_id: row for row in rows}
    assert [r.doc_id for r in rejects] == sorted(near)
    for reject in rejects:
        reason, rule = (
            (copies[reject.doc_id], "exact_duplicate") if reject.doc_id in copies else (near[reject.doc_id], "near_duplicate")
        )
        of = by_id[reject.doc_id]
        assert (reject.step, reject.rule, reject.value, reject.threshold) == ("dedupe", rule, reason.size, None)
        assert (reject.detail, reject.version, reject.path) == (reason.keeper.hex(), reason.version, None)
        assert (reject.batch, reject.bucket, reject.source, reject.slice) == (of.batch, of.bucket, of.source, of.slice)


def test_documents_that_rules_cut_are_in_no_cluster(documents: DataFrame, result: Result, checkpoint: Checkpoint) -> None:
    """What the step itself cut when it last ran comes to it again."""
    keeper = next(row for row in result[0] if row.method == "near" and row.size > 2 and row.doc_id == row.keeper)
    ids = documents.withColumn("step", F.when(F.col("doc_id") == F.lit(keeper.keeper), "judge").otherwise("dedupe"))
    cut = ids.where("step = 'judge' OR bucket % 2 = 0").select(
        "doc_id", "batch", "step", F.explode(F.array(F.lit(1), F.lit(2))).alias("rank")
    )
    left = documents.where(F.col("doc_id") != F.lit(keeper.keeper))
    assert run(documents, checkpoint, cut) == run(left, checkpoint)
    assert run(documents, checkpoint, cut, near="connected") == run(left, checkpoint, near="connected")


def test_large_components_are_settled_in_rounds_as_in_one_task(
    documents: DataFrame, verified: Result, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where each pair is compared in a chunk of its own, and a document's first like one goes after a later one stays."""
    monkeypatch.setattr(large_components, "LARGE_BYTES", 1)
    monkeypatch.setattr(large_components, "CHUNK_BYTES", 2_000)
    assert run(documents, checkpoint) == verified


def draw_pairs(seed: int) -> list[tuple[int, int]]:
    """Random pairs among 30 documents, the later one first."""
    draw = random.Random(seed)
    return sorted({(later, draw.randrange(later)) for later in draw.choices(range(1, 30), k=60)})


# 0 stays, 1 goes for it; 3 is like 1, 2 and 4's keeper is 2, which stays only once 1 is gone; 5 waits for 4
BY_HAND = [(1, 0), (2, 1), (3, 1), (3, 2), (4, 2), (4, 3), (5, 4), (5, 1)]


@pytest.mark.parametrize("pairs", [BY_HAND, *map(draw_pairs, range(4))])
def test_rounds_settle_pairs_as_one_pass_in_order_does(
    spark: SparkSession, checkpoint: Checkpoint, pairs: list[tuple[int, int]]
) -> None:
    goes: set[int] = set()
    for document in sorted({later for later, _ in pairs}):
        if any(first not in goes for later, first in pairs if later == document):
            goes.add(document)
    found = large_components.settle_pairs(make_pairs(spark, pairs), checkpoint, 30)
    assert sorted(row.doc_id[0] for row in found.collect()) == sorted(goes)
    if pairs is BY_HAND:
        assert goes == {1, 3, 4}


def test_pairs_that_wait_after_the_last_round_are_an_error_that_says_what_to_raise(
    spark: SparkSession, checkpoint: Checkpoint
) -> None:
    with pytest.raises(ResonanceError, match=r"1 pairs .* after 1 rounds; raise dedupe\.max_rounds"):
        large_components.settle_pairs(make_pairs(spark, [(1, 0), (2, 1), (4, 2)]), checkpoint, 1)


def make_pairs(spark: SparkSession, pairs: list[tuple[int, int]]) -> DataFrame:
    return spark.createDataFrame(
        [(bytes([later]) * 16, bytes([first]) * 16) for later, first in pairs], "doc_id binary, other binary"
    )


def in_order(documents: DataFrame, priority: tuple[str, ...] = ()) -> tuple[dict[bytes, Row], dict[bytes, tuple[bytes, float]]]:
    """The first document of each text, and which of these go, for which one that stays, and how similar the two are."""
    places = {source: place for place, source in enumerate(priority)}
    rows = sorted(documents.collect(), key=lambda r: (places.get(r.source, len(places)), -r.n_bytes, r.doc_id))
    first = {row.content_hash: row for row in reversed(rows)}
    stays: list[Row] = []
    goes: dict[bytes, tuple[bytes, float]] = {}
    for row in (row for row in rows if first[row.content_hash] is row):
        for other in stays:
            alike = jaccard(row.text, other.text)
            if shared_band(row.text, other.text) and alike >= 0.7:
                goes[row.doc_id] = (other.doc_id, alike)
                break
        else:
            stays.append(row)
    return first, goes


def test_verified_cuts_are_those_of_going_through_all_pairs_in_order(documents: DataFrame, verified: Result) -> None:
    duplicates, rejects = verified
    _, goes = in_order(documents)
    found = {r.doc_id: r for r in duplicates if r.method == "verified"}
    assert {r.doc_id: (r.keeper, r.similarity) for r in found.values() if r.doc_id != r.keeper} == goes
    assert {r.doc_id for r in found.values() if r.doc_id == r.keeper} == {keeper for keeper, _ in goes.values()}
    for row in found.values():
        cluster = {row.keeper, *(doc_id for doc_id, (keeper, _) in goes.items() if keeper == row.keeper)}
        assert (row.cluster_id, row.size) == (min(cluster), len(cluster))
    near = {r.doc_id: (r.value, r.threshold, r.detail, r.version) for r in rejects if r.rule == "near_duplicate"}
    assert near == {d: (alike, 0.7, keeper.hex(), "verified-14x8-5@resonance-2") for d, (keeper, alike) in goes.items()}
    assert len(goes) > 5


def sourced(documents: DataFrame) -> DataFrame:
    """Documents of three sources and two batches, by hash."""
    sources = F.array(F.lit("web"), F.lit("books"), F.lit("notes"))
    source = F.get(sources, F.pmod(F.xxhash64("doc_id"), F.lit(3)))
    batch = F.when(F.pmod(F.xxhash64("doc_id", F.lit(1)), F.lit(2)) == 0, "early").otherwise("late")
    return hold(documents.withColumns({"source": source, "batch": batch}))


def test_sources_that_come_first_stay(documents: DataFrame, checkpoint: Checkpoint) -> None:
    """Before length and doc_id, for copies and for verified near duplicates."""
    rows = sourced(documents)
    first, goes = in_order(rows, ("notes", "books"))
    assert goes != in_order(rows)[1]
    duplicates, rejects = run(rows, checkpoint, priority=("notes", "books"))
    assert {r.doc_id: bytes.fromhex(r.detail) for r in rejects if r.rule == "near_duplicate"} == {
        d: k for d, (k, _) in goes.items()
    }
    hashed = {row.doc_id: row.content_hash for row in rows.collect()}
    copies = [r for r in duplicates if r.method == "exact"]
    assert all(r.keeper == first[hashed[r.doc_id]].doc_id for r in copies)
    assert [r for r in copies if r.doc_id != min(o.doc_id for o in copies if o.cluster_id == r.cluster_id) and r.doc_id == r.keeper]


@pytest.mark.parametrize("scope", ["source", "batch"])
def test_no_cluster_reaches_over_the_bounds_of_its_scope(documents: DataFrame, checkpoint: Checkpoint, scope: str) -> None:
    rows = sourced(documents)
    parts = [row[0] for row in rows.select(scope).distinct().collect()]
    duplicates, rejects = run(rows, checkpoint, scope=scope)
    alone = [run(rows.where(F.col(scope) == part), checkpoint) for part in parts]
    assert {tuple(r.asDict().items()) for r in duplicates} == {
        tuple((r.asDict() | {"scope": scope}).items()) for found, _ in alone for r in found
    }
    assert rejects == sorted((r for _, cut in alone for r in cut), key=lambda r: r.doc_id)
    assert {r.method for r in duplicates} == {"exact", "near", "verified"}


def shared_band(one: str, other: str) -> bool:
    minima = [signature_plainly(text, 112, 5) for text in (one, other)]
    if None in minima:
        return False
    return any(minima[0][i : i + 8] == minima[1][i : i + 8] for i in range(0, 112, 8))  # type: ignore[index]


def jaccard(one: str, other: str) -> float:
    a, b = set_plainly(one, 5), set_plainly(other, 5)
    return len(a & b) / len(a | b) if a | b else 0.0


def test_nothing_is_chained(spark: SparkSession, checkpoint: Checkpoint) -> None:
    """A is like B and B like C, but A is not like C: B goes, C stays; a near cluster holds all three."""
    words = [f"w{n:04}" for n in range(260)]
    documents = frame(spark, [" ".join(words[start : start + length]) for start, length in ((0, 202), (26, 201), (52, 200))])
    ids = [row.doc_id for row in documents.orderBy("source_key").collect()]
    texts = [row.text for row in documents.orderBy("source_key").collect()]
    assert jaccard(texts[0], texts[1]) > 0.7 < jaccard(texts[1], texts[2])
    assert jaccard(texts[0], texts[2]) < 0.65
    duplicates, rejects = run(documents, checkpoint, bands=60, rows=2)
    assert [(r.doc_id, r.detail) for r in rejects] == [(ids[1], ids[0].hex())]
    assert {r.doc_id for r in duplicates if r.method == "near"} == set(ids)
    assert {r.doc_id for r in run(documents, checkpoint, bands=60, rows=2, near="connected")[1]} == set(ids[1:])


def test_large_buckets_meet_their_first_members_only(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    members = {bytes([n]) * 16: (100 - n // 2, [1 if n < 6 else n, 7 if n < 3 else -n]) for n in range(9)}
    rows = [(doc_id, 0, size, bands) for doc_id, (size, bands) in members.items()]
    signatures = spark.createDataFrame(rows, "doc_id binary, priority int, n_bytes int, bands array<bigint>")
    order = sorted(members, key=lambda doc_id: (-members[doc_id][0], doc_id))
    expected = {(order[later], order[first]) for later in range(6) for first in range(min(later, 3))}
    found = [(bytes(r.doc_id), bytes(r.other)) for r in candidates(buckets(signatures)).collect()]
    assert len(found) == len(set(found))
    assert set(found) == expected
    columns = ["doc_id", "priority", "n_bytes", "band", "hash", "size", "first"]
    whole = sorted(map(tuple, buckets(signatures).select(columns).collect()))
    in_passes = buckets_in_passes(signatures, 20, 3, lambda rows, name: hold(rows), most=20)
    assert sorted(map(tuple, in_passes.select(columns).collect())) == whole, "the same from three passes of a band each"
    assert lost(buckets(signatures)) == 6 * 5 // 2 - len(expected)


def test_nothing_is_lost(result: Result) -> None:
    duplicates, rejects = result
    for method, cut in (("near", rejects), ("exact", [r for r in rejects if r.rule == "exact_duplicate"])):
        sizes = {r.cluster_id: r.size for r in duplicates if r.method == method}
        assert sum(size - 1 for size in sizes.values()) == len(cut) > 0


def test_texts_shorter_than_a_shingle_are_compared_exactly(spark: SparkSession, checkpoint: Checkpoint) -> None:
    duplicates, rejects = run(frame(spark, SHORT), checkpoint)
    assert sorted(r.size for r in duplicates if r.method == "near") == [2, 2, 2, 2]
    assert [r.rule for r in rejects] == ["exact_duplicate"] * 2


@pytest.mark.parametrize("partitions", [1, 2, 8, 64])
def test_the_same_result_for_any_partitioning(
    documents: DataFrame, verified: Result, checkpoint: Checkpoint, partitions: int
) -> None:
    spread = documents.repartition(partitions, F.xxhash64("doc_id", F.lit(partitions))).sortWithinPartitions(F.desc("text"))
    assert spread.select(F.spark_partition_id()).distinct().count() > min(partitions, 33) - 1
    assert run(spread, checkpoint) == verified


def test_exact_and_none(documents: DataFrame, result: Result, checkpoint: Checkpoint) -> None:
    duplicates, rejects = run(documents, checkpoint, method="exact")
    assert duplicates == [r for r in result[0] if r.method == "exact"]
    assert len(rejects) == sum(1 for r in duplicates if r.doc_id != r.keeper) > 0
    assert run(documents, checkpoint, method="none") == ([], [])


@pytest.mark.parametrize(
    "texts", [[], ["one text of more words than a shingle has"], [f"{n} is not like any other {n} at all" for n in range(9)]]
)
def test_no_duplicates(spark: SparkSession, checkpoint: Checkpoint, texts: list[str]) -> None:
    assert run(frame(spark, texts), checkpoint) == ([], [])


def test_all_duplicates(spark: SparkSession, checkpoint: Checkpoint) -> None:
    documents = hold(frame(spark, ["the same text of seven words again"] * 20))
    duplicates, rejects = run(documents, checkpoint)
    smallest = min(row.doc_id for row in documents.select("doc_id").collect())
    assert {(r.method, r.cluster_id, r.size, r.keeper) for r in duplicates} == {
        (m, smallest, 20, smallest) for m in ("exact", "near")
    }  # and none verified: copies of one text are one document there
    assert len(rejects) == 19


def test_the_longest_document_stays(spark: SparkSession, checkpoint: Checkpoint) -> None:
    text = " ".join(f"w{n}" for n in range(200))
    documents = frame(spark, [text, text, text + " end", text + " e"])
    _, rejects = run(documents, checkpoint)
    longest = documents.where("text LIKE '% end'").first().doc_id
    assert longest not in {r.doc_id for r in rejects}
    assert sorted(r.rule for r in rejects) == ["exact_duplicate", "near_duplicate", "near_duplicate"]
    assert {r.detail for r in rejects if r.rule == "near_duplicate"} == {longest.hex()}


def test_what_is_alike_depends_on_the_profile(spark: SparkSession, checkpoint: Checkpoint) -> None:
    traditional = [chr(code) for code in list(map_simplified())[:40]]
    simple = [chr(form) for form in list(map_simplified().values())[:40]]
    numbers = [" ".join(f"in {year} they wrote page {n}" for n in range(9)) for year in (1990, 2001)]
    documents = hold(frame(spark, ["".join(traditional), "".join(simple), *numbers]))
    texts = {row.doc_id: row.text for row in documents.collect()}
    for profile, alike in (("resonance", {"".join(traditional), "".join(simple)}), ("datatrove", set(numbers))):
        duplicates, _ = run(documents, checkpoint, profile=profile, near="connected")
        assert {texts[r.doc_id] for r in duplicates} == alike
        assert {r.version for r in duplicates} == {f"minhash-14x8-5@{profile}-{FORMS[profile]}"}


def test_shingles_longer_than_every_text_leave_exact_copies(documents: DataFrame, result: Result, checkpoint: Checkpoint) -> None:
    duplicates, rejects = run(documents, checkpoint, shingle_words=1_000)
    assert [r for r in duplicates if r.method == "exact"] == [r for r in result[0] if r.method == "exact"]
    assert {r.rule for r in rejects} == {"exact_duplicate"}


def test_too_few_rounds_are_an_error(spark: SparkSession, checkpoint: Checkpoint) -> None:
    chain = spark.createDataFrame([(bytes([n]) * 16, bytes([n + 1]) * 16) for n in range(9)], "doc_id binary, other binary")
    with pytest.raises(ResonanceError, match=r"raise dedupe\.max_rounds"):
        components(chain, checkpoint=checkpoint, max_rounds=1, few=0)


def test_signatures_of_a_frame(spark: SparkSession) -> None:
    texts = ["too short", "one two three four five six", "1 2 3 4 5 6 7", "ä ö ü ß é è"]
    documents = frame(spark, texts).select("doc_id", "batch", "text")
    found = {r.doc_id: r.bands for r in sign_documents(documents, bands=3, rows=2, shingle_words=5).collect()}
    ids = {r.text: r.doc_id for r in documents.collect()}
    expected = bands(signatures(pa.array(texts[1:]), 6, 5)[0], 2).tolist()
    assert found == {ids[text]: hashes for text, hashes in zip(texts, [[], *expected], strict=True)}
