"""A workspace is the same whoever makes it, from however many parts; each engine goes on with what the other left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from resonance.runtime import resources
from resonance.tables import SIGNALS, STEPS, TABLES
from tests.conformance.commands import Runner, digests, told
from tests.conformance.corpora import MEASURED, SETTINGS, write_delta, write_first, write_items, write_second

FILLED = {
    *("raw", "documents", "edits", "rules", "rejects", "duplicates", "evaluation_items", "contamination", "signatures"),
    *("compared", "steps", "files", "unused_rows", "writing", *(SIGNALS.tables[name].name for name in MEASURED)),
    *("signals_quality", "privacy_spans"),
}
RAW = (
    "ingest.keep_raw=true",
    "dedupe.near=connected",
    "dedupe.scope=source",
    "clean.sets=[basics,dclm]",
    "ingest.source_field=source",
)
"""Another way: raw texts are kept, near clusters are cut whole."""
Told = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Sources:
    """Two deliveries, and the items of an evaluation set."""

    first: Path
    second: Path
    items: Path


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    home = tmp_path_factory.mktemp("sources")
    return Sources(write_first(home / "first"), write_second(home / "second"), write_items(home / "items.jsonl"))


@pytest.fixture(scope="module")
def runner(spark: SparkSession, engine_name: str) -> Runner:
    return Runner(engine_name)


def register(runner: Runner, engine: str, sources: Sources, workspace: Path, **environment: str) -> None:
    runner.run(engine, "register", "exam", str(sources.items), "--workspace", str(workspace), **environment)


def curate(runner: Runner, engine: str, given: Path, workspace: Path, *settings: str, **environment: str) -> None:
    sets = [f"--set={setting}" for setting in (settings or SETTINGS)]
    runner.run(engine, "curate", str(given), "--workspace", str(workspace), *sets, **environment)


def add(runner: Runner, engine: str, sources: Sources, workspace: Path) -> None:
    curate(runner, engine, sources.second, workspace, *SETTINGS, "batch=two")


def judge(runner: Runner, engine: str, workspace: Path) -> None:
    runner.run(engine, "judge", "--policy", "fineweb", "--workspace", str(workspace), "--apply")


def maintain(runner: Runner, engine: str, workspace: Path) -> None:
    runner.run(engine, "maintain", "--workspace", str(workspace))


@dataclass(frozen=True)
class Stages:
    """A workspace of the embedded engine alone after each command, and what its tables hold then."""

    home: Path
    made: Told
    added: Told
    judged: Told

    def copy(self, stage: str, target: Path) -> Path:
        """A copy of the workspace as it was after a stage."""
        shutil.copytree(self.home / stage, target)
        return target


@pytest.fixture(scope="module")
def alone(runner: Runner, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """Made, a batch added, judged again: all by the embedded engine."""
    home = tmp_path_factory.mktemp("alone")
    found = []
    workspace = home / "made"
    register(runner, "embedded", sources, workspace)
    curate(runner, "embedded", sources.first, workspace)
    found.append(told(workspace))
    workspace = Path(shutil.copytree(workspace, home / "added"))
    add(runner, "embedded", sources, workspace)
    found.append(told(workspace))
    workspace = Path(shutil.copytree(workspace, home / "judged"))
    judge(runner, "embedded", workspace)
    found.append(told(workspace))
    return Stages(home, *found)


def test_each_step_finds_something(alone: Stages) -> None:
    """The corpora are worth the name."""
    assert {name for name, (rows, _) in alone.made.items() if rows[0].isdigit()} == FILLED
    rules = {row["rule"] for row in DeltaTable(alone.home / "made" / "tables" / "rejects").to_pyarrow_table().to_pylist()}
    assert {"empty", "missing_text", "invalid_json", "invalid_utf8", "too_long", "broken_file", "unknown_format"} <= rules
    assert {"exact_duplicate", "near_duplicate", "contaminated", "duplicate_key", "gopher.short_doc"} <= rules
    assert alone.added["retractions"][0] != "not written yet"
    assert alone.judged["rejects"] != alone.added["rejects"]
    changed = {name for name in alone.made if alone.judged[name] != alone.added[name]}
    assert changed == {"rejects", "rules", "steps"}


def test_no_row_is_lost(alone: Stages) -> None:
    steps = DeltaTable(alone.home / "judged" / "tables" / "steps").to_pyarrow_table().to_pylist()
    cutting = [row for row in steps if row["job"] in ("ingest", "judge", "dedupe", "decontaminate")]
    assert len(cutting) == 9
    for row in cutting:
        assert row["rows_in"] == row["rows_out"] + row["rows_cut"]
        assert row["rows_cut"] == sum(count for _, count in row["cut_by_rule"])


@pytest.mark.engine("embedded")
@pytest.mark.parametrize("parts", ["1", "8"])
def test_tables_do_not_depend_on_the_number_of_parts(
    runner: Runner, sources: Sources, alone: Stages, tmp_path: Path, parts: str
) -> None:
    register(runner, "embedded", sources, tmp_path)
    curate(runner, "embedded", sources.first, tmp_path, SAIL_EXECUTION__DEFAULT_PARALLELISM=parts, SAIL_EXECUTION__BATCH_SIZE="7")
    assert told(tmp_path) == alone.made


@pytest.mark.engine("embedded")
def test_a_rerun_changes_nothing(runner: Runner, sources: Sources, alone: Stages, tmp_path: Path) -> None:
    workspace = alone.copy("made", tmp_path / "w")
    versions = {path.parent.parent.name: path.name for path in sorted(workspace.glob("tables/*/_delta_log/*.json"))}
    curate(runner, "embedded", sources.first, workspace)
    assert {path.parent.parent.name: path.name for path in sorted(workspace.glob("tables/*/_delta_log/*.json"))} == versions


@pytest.fixture(scope="module")
def by_spark(runner: Runner, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("spark")
    register(runner, "spark", sources, workspace)
    curate(runner, "spark", sources.first, workspace)
    return workspace


@pytest.mark.engine("spark")
def test_both_engines_make_the_same_tables(alone: Stages, by_spark: Path) -> None:
    assert told(by_spark) == alone.made
    assert digests(by_spark) == {name: digest for name, (_, digest) in alone.made.items()}, "and Spark hashes them alike"


@pytest.mark.engine("spark")
def test_made_by_spark_added_to_embedded_judged_by_spark_maintained_embedded(
    runner: Runner, sources: Sources, alone: Stages, by_spark: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(by_spark, tmp_path / "w"))
    add(runner, "embedded", sources, workspace)
    assert told(workspace) == alone.added
    judge(runner, "spark", workspace)
    assert told(workspace) == alone.judged
    maintain(runner, "embedded", workspace)
    assert told(workspace) == alone.judged
    assert digests(workspace) == {name: digest for name, (_, digest) in alone.judged.items()}


@pytest.mark.slow
@pytest.mark.engine("spark")
def test_made_embedded_added_to_by_spark_judged_embedded_maintained_by_spark(
    runner: Runner, sources: Sources, alone: Stages, tmp_path: Path
) -> None:
    workspace = alone.copy("made", tmp_path / "w")
    add(runner, "spark", sources, workspace)
    assert told(workspace) == alone.added
    judge(runner, "embedded", workspace)
    assert told(workspace) == alone.judged
    maintain(runner, "spark", workspace)
    assert told(workspace) == alone.judged
    curate(runner, "spark", sources.first, workspace)
    assert told(workspace)["rejects"] == alone.added["rejects"], "the first rules again"


@pytest.mark.slow
@pytest.mark.engine("spark")
@pytest.mark.parametrize("parts", [1, 8])
def test_nor_on_spark_do_they_depend_on_the_number_of_parts(
    runner: Runner, sources: Sources, alone: Stages, tmp_path: Path, parts: int
) -> None:
    register(runner, "embedded", sources, tmp_path)
    settings = (f"spark.master=local[{parts}]", f"spark.shuffle_partitions={parts}", "spark.driver_memory=2g")
    curate(runner, "spark", sources.first, tmp_path, *SETTINGS, *settings, PYTHONWARNINGS="ignore")
    assert told(tmp_path) == alone.made


@pytest.mark.slow
@pytest.mark.engine("spark")
def test_both_make_the_same_tables_another_way(runner: Runner, sources: Sources, tmp_path: Path) -> None:
    for engine in ("embedded", "spark"):
        curate(runner, engine, sources.first, tmp_path / engine, *RAW)
        curate(runner, engine, sources.second, tmp_path / engine, *RAW, "batch=two")
    assert told(tmp_path / "embedded") == told(tmp_path / "spark")


@pytest.mark.slow
@pytest.mark.engine("spark")
def test_both_make_the_same_of_a_delta_table(runner: Runner, tmp_path: Path) -> None:
    source = write_delta(tmp_path / "source")
    for engine in ("embedded", "spark"):
        curate(runner, engine, source, tmp_path / engine, "ingest.id_field=id", "ingest.keep_raw=true", "tracking.enabled=false")
    assert told(tmp_path / "embedded") == told(tmp_path / "spark")


def make_older(spark: SparkSession, workspace: Path) -> None:
    """Put tables in place of these as the version of resonance that wrote by delta-spark left them: clustered, with old times."""
    from delta.tables import DeltaTable as SparkTable

    kind = "spark.sql.parquet.outputTimestampType"
    before = spark.conf.get(kind)
    spark.conf.set(kind, "INT96")
    for table in TABLES:
        contract, place = resources.contract(table), workspace / "tables" / table.name
        if not place.exists() or (contract.cluster_by is None and table is not STEPS):
            continue
        source = place.rename(workspace / f"{table.name}-now")
        builder = SparkTable.createIfNotExists(spark).location(str(place)).comment(contract.meaning)
        for column in contract.columns:
            builder = builder.addColumn(column.name, column.type, nullable=not column.required, comment=column.meaning)
        if contract.cluster_by:
            builder = builder.clusterBy(contract.cluster_by)
        for rule in contract.rules:
            builder = builder.property(f"delta.constraints.{rule.name}", rule.expression)
        builder.property("resonance.contract", contract.version).execute()
        spark.read.format("delta").load(str(source)).write.format("delta").mode("append").save(str(place))
        shutil.rmtree(source)
    spark.conf.set(kind, before)


@pytest.mark.engine("spark")
def test_a_workspace_of_an_older_version_is_read_refused_converted_and_continued(
    spark: SparkSession, runner: Runner, sources: Sources, alone: Stages, tmp_path: Path
) -> None:
    workspace = alone.copy("made", tmp_path / "w")
    make_older(spark, workspace)
    protocol = DeltaTable(workspace / "tables" / "documents").protocol()
    assert protocol.min_writer_version == 7
    assert told(workspace) == alone.made, "it is read as it is"

    arguments = ("curate", str(sources.second), "--workspace", str(workspace), *(f"--set={s}" for s in (*SETTINGS, "batch=two")))
    for engine in ("embedded", "spark"):
        said = " ".join(runner.refused(engine, *arguments).split())
        assert "an older version of resonance clustered it: run `resonance maintain` once: it keeps the rows, and drops the" in said
        assert "Traceback" not in said
    assert told(workspace) == alone.made, "nothing was written"

    maintain(runner, "embedded", workspace)
    assert told(workspace) == alone.made
    assert DeltaTable(workspace / "tables" / "documents").protocol().min_writer_version == 3
    steps = (
        json.loads(line) for line in (workspace / "tables" / "steps" / "_delta_log" / f"{0:020d}.json").read_text().splitlines()
    )
    assert any("protocol" in action for action in steps)
    add(runner, "embedded", sources, workspace)
    assert same_but_versions(told(workspace), alone.added)
    judge(runner, "spark", workspace)
    assert same_but_versions(told(workspace), alone.judged)


def same_but_versions(one: Told, other: Told) -> bool:
    """Whether tables are the same; retractions name the version of ``duplicates`` before, and a converted table begins anew."""
    assert one["retractions"][0] == other["retractions"][0]
    return {**one, "retractions": ()} == {**other, "retractions": ()}
