"""Verdicts of a trial are those of `resonance judge --policy` of its file, row by row, and come from numbers alone."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.frames import make_frame
from resonance.core.job import Turn
from resonance.core.ledger import DEDUPE, make_rejects
from resonance.core.policy import Policy, write_policy
from resonance.core.search import Search, Values, apply_values, parse_search
from resonance.core.settings import JudgeSettings, RebalanceSettings
from resonance.curate.judge import propose_verdicts
from resonance.curate.trials import draw_trial, find_alike, find_batches, judge_again, measure_kept, read_gains
from resonance.runtime.policies import parse_policy
from resonance.tables import SIGNAL_SETS
from resonance.testing import documents_frame, find_scans

MANY = 60
INCUMBENT = parse_policy(
    {
        "name": "mine",
        "version": 1,
        "rules": [
            {"rule": "short", "signal": "n_words", "below": 50},
            {"rule": "twice", "signal": "dup_line_frac", "above": 0.3},
            {"rule": "grams", "signal": "top_2_gram", "above": 0.2},
        ],
    },
    "mine",
)
SEARCH: Search = parse_search(
    {
        "search": {"name": "s", "incumbent": "mine@1", "tokens": 9, "seed": 7, "budget": {"tokens": 1, "seconds": 1}},
        "space": [
            {"rule": "short", "below": {"quniform": [10, 100, 5]}},
            {"rule": "twice", "above": {"uniform": [0.05, 0.5]}},
            {"rule": "grams", "use": [True, False]},
        ],
    },
    INCUMBENT,
    "s",
)
TRIALS: tuple[Values, ...] = (
    {"short.below": 20.0, "twice.above": 0.3123456789012345, "grams.use": 1.0},
    {"short.below": 85.0, "twice.above": 0.4, "grams.use": 0.0},
)
NUMBERS = {
    at: {"n_words": r.randrange(5, 120), "dup_line_frac": r.random() / 2, "top_2_gram": r.choice([None, 0.1, 0.3])}
    for at in range(MANY)
    for r in [Random(at)]
}


class World:
    """Sixty documents in two slices with their signals, as files; one is a copy and one is held out."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        rows = documents_frame(spark, [(str(at), "even" if at % 2 == 0 else "odd", f"text {at}") for at in range(MANY)])
        ids = {row["source_key"]: row for row in rows.collect()}
        self.keys = {bytes(row["doc_id"]): int(key) for key, row in ids.items()}
        types = SIGNAL_SETS["datatrove"].types
        schema = ", ".join(f"{name} {kind}" for name, kind in types.items())
        held = [
            (ids[str(at)]["doc_id"], "main", ids[str(at)]["content_hash"], *(found.get(s) for s in types))
            for at, found in NUMBERS.items()
        ]
        numbers = spark.createDataFrame(held, f"doc_id binary, batch string, content_hash binary, {schema}")
        self.documents = self._keep(rows, folder / "documents")
        self.signals = {"datatrove": self._keep(numbers.withColumn("version", F.lit(1)), folder / "signals")}
        self.plan = spark.createDataFrame([(ids["0"]["doc_id"], "heldout", 0)], "doc_id binary, arm string, round int")
        copy = self.documents.where("source_key = '1'")
        self.cut = make_rejects(copy, DEDUPE, "near@1", rule=F.lit("near_duplicate"), value=F.lit(1.0))
        stale = make_rejects(self.documents, "judge", "old@1", rule=F.lit("old"), value=F.lit(1.0))
        self.rejects = self.cut.unionByName(stale)

    @staticmethod
    def _keep(rows: DataFrame, folder: Path) -> DataFrame:
        rows.write.parquet(str(folder))
        return rows.sparkSession.read.parquet(str(folder))


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(spark, tmp_path_factory.mktemp("trials"))


def passes(at: int, policy: Policy) -> bool:
    """The verdict of a policy on a document, in plain Python; what is not known fails."""
    for rule in policy.rules:
        value = NUMBERS[at][rule.signal]
        if value is None or (rule.below is not None and value < rule.below) or (rule.above is not None and value > rule.above):
            return False
    return True


def list_rows(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in frame.collect()), key=repr)


@pytest.mark.parametrize("values", TRIALS, ids=["loose", "strict"])
def test_verdicts_are_those_of_judge_with_the_trials_file(world: World, values: Values) -> None:
    policy = apply_values(INCUMBENT, SEARCH, values)
    file = parse_policy(yaml.safe_load(write_policy(policy)), "a file")
    settings, turn = JudgeSettings(policy=file), Turn("main")
    _, _, judged = propose_verdicts(world.documents, world.signals, world.rejects, settings=settings, turn=turn)
    again = judge_again(world.documents, world.signals, world.rejects, policy, ["main"])
    assert list_rows(again.where("step = 'judge'")) == list_rows(judged)
    assert list_rows(again.where("step = 'dedupe'")) == list_rows(world.cut)
    cut = {world.keys[bytes(row["doc_id"])] for row in judged.select("doc_id").distinct().collect()}
    assert cut == {at for at in NUMBERS if not passes(at, policy)}
    assert 0 < len(cut) < MANY


@pytest.mark.parametrize("values", TRIALS, ids=["loose", "strict"])
def test_what_stays_is_counted_by_slice(world: World, values: Values) -> None:
    policy = apply_values(INCUMBENT, SEARCH, values)
    gains = world.documents.where("source_key < '3'").select("doc_id", "content_hash", (F.col("n_bytes") / 10).alias("gain"))
    found = measure_kept(world.documents, world.signals, world.rejects, world.plan, gains, policy, ["main"]).collect()
    for row in found:
        kept = [at for at in range(2, MANY) if passes(at, policy) and (at % 2 == 0) == (row["slice"] == "even")]
        sizes = [len(f"text {at}") for at in kept]
        told = [size for at, size in zip(kept, sizes, strict=True) if str(at) < "3"]
        assert (row["docs"], row["bytes"], row["scored"]) == (len(kept), sum(sizes), len(told))
        assert (row["gain"] or 0.0) == pytest.approx(sum(told) / 10)
    assert {row["slice"] for row in found} == {"even", "odd"}


def test_batches_of_other_policies_keep_their_verdicts(world: World, spark: SparkSession) -> None:
    policy = apply_values(INCUMBENT, SEARCH, TRIALS[0])
    rules = make_frame(spark, [("main", policy.title), ("else", "other@1")], "batch string, policy string")
    assert find_batches(rules, policy) == ["main"]
    again = judge_again(world.documents, world.signals, world.rejects, policy, [])
    assert list_rows(again) == list_rows(world.rejects)


def draw(world: World, spark: SparkSession, values: Values, seed: int, arm: str = "rule-select-a-1-1-0") -> list[dict[str, Any]]:
    """What a trial draws of the world's documents, 600 bytes in all: three of four of slice `even`."""
    policy = apply_values(INCUMBENT, SEARCH, values)
    rules = make_frame(spark, [("main", policy.title)], "batch string, policy string")
    plans = make_frame(spark, [(2, "even", 0.75), (2, "odd", 0.25), (1, "even", 1.0)], "round int, slice string, weight double")
    held = world.documents.where("source_key = '0'").select("doc_id", "batch", "content_hash")
    plan = held.withColumns({"arm": F.lit("heldout"), "round": F.lit(0)})
    none = make_frame(spark, [], "doc_id binary, batch string, bands array<bigint>")
    settings = RebalanceSettings(tokens=200, bytes_per_token=3.0, sampler="fixed")
    frames = (world.documents, world.signals, world.rejects, rules, plan, plans, none)
    rows = draw_trial(*frames, settings=settings, judging=JudgeSettings(policy=policy), turn=Turn("main", 2, arm), seed=seed)
    return [row.asDict() for row in rows.collect()]


@pytest.mark.parametrize("values", TRIALS, ids=["loose", "strict"])
def test_slices_have_the_shares_of_the_plan_whatever_a_policy_leaves(world: World, spark: SparkSession, values: Values) -> None:
    rows = draw(world, spark, values, 5)
    policy = apply_values(INCUMBENT, SEARCH, values)
    found = {name: sum(row["n_bytes"] for row in rows if row["slice"] == name) for name in ("even", "odd")}
    assert found["even"] == pytest.approx(450, abs=8), "to within a document of seven bytes"
    assert found["odd"] == pytest.approx(150, abs=8)
    keys = {world.keys[bytes(row["doc_id"])] for row in rows}
    assert all(passes(at, policy) for at in keys)
    assert not keys & {0, 1}, "neither what is held out nor what another step cut"
    assert {(row["round"], row["arm"], row["weight"]) for row in rows} == {(2, "rule-select-a-1-1-0", 1.0)}
    assert sorted(row["pos"] for row in rows) == list(range(len(rows)))


def test_arms_of_one_seed_share_their_random_numbers(world: World, spark: SparkSession) -> None:
    def order(seed: int, arm: str = "rule-select-a-1-1-0") -> list[tuple[int, int]]:
        return sorted((row["pos"], world.keys[bytes(row["doc_id"])]) for row in draw(world, spark, TRIALS[1], seed, arm))

    assert order(5) == order(5, "rule-verify-b-candidate-0")
    assert order(5) != order(6)


def test_a_policy_that_leaves_nothing_of_the_plan_is_refused(world: World, spark: SparkSession) -> None:
    with pytest.raises(InputError, match="policy mine@1: nothing that it keeps is in the plan of round 2"):
        draw(world, spark, {"short.below": 1_000.0, "twice.above": 0.4, "grams.use": 0.0}, 5)


def test_a_trial_reads_no_text(world: World) -> None:
    policy = apply_values(INCUMBENT, SEARCH, TRIALS[0])
    gains = world.documents.select("doc_id", "content_hash", F.lit(0.1).alias("gain"))
    scans = find_scans(measure_kept(world.documents, world.signals, world.rejects, world.plan, gains, policy, ["main"]))
    assert any("n_words" in columns for columns in scans)
    assert not any("text" in columns for columns in scans)
    assert any("text" in columns for columns in find_scans(world.documents.select("text"))), "the look at plans sees texts"


def test_what_may_be_a_copy_of_what_stands_is_found(spark: SparkSession) -> None:
    rows = documents_frame(spark, [("held", "s", "one"), ("same", "s", "one"), ("near", "s", "two"), ("other", "s", "three")])
    bands = spark.createDataFrame(
        [("held", [1, 2]), ("same", [1, 2]), ("near", [2, 9]), ("other", [7, 8])], "source_key string, bands array<bigint>"
    )
    signatures = rows.select("doc_id", "batch", "source_key").join(bands, "source_key")
    standing, new = rows.where("source_key = 'held'"), rows.where("source_key != 'held'")

    def name(found: DataFrame) -> set[str]:
        return {row["source_key"] for row in rows.join(found, ["doc_id", "batch"], "left_semi").collect()}

    assert name(find_alike(new, standing, signatures)) == {"same", "near"}
    assert name(find_alike(new, standing, signatures.where("false"))) == {"same"}, "equal texts, without bands"


def test_the_newest_gain_counts(spark: SparkSession) -> None:
    rows = [(b"a", b"x", 1, 0.1), (b"a", b"x", 2, 0.3), (b"b", b"y", 1, None)]
    held = spark.createDataFrame(rows, "doc_id binary, content_hash binary, round int, target_gain double")
    assert [(bytes(row["doc_id"]), row["gain"]) for row in read_gains(held).collect()] == [(b"a", 0.3)]
