"""Runs steps: hands a job its frames and tools, writes what comes back, checks that no row was lost, skips what is current."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ConservationError, ResonanceError
from resonance.core.job import Job, Step, Turn
from resonance.core.pool import kept
from resonance.core.settings import Config
from resonance.core.table import Catalog, Commit, Slice, Table
from resonance.runtime import inputs
from resonance.runtime.catalog import where
from resonance.runtime.conf import RESOURCES
from resonance.runtime.events import Events
from resonance.runtime.manifest import write_manifest
from resonance.tables import CHECKPOINTS, DOCUMENTS, RAW, REJECTS, SAMPLE_PLAN, SIGNAL_EVENT, STEPS

SECTIONS = {"cleaning": "clean", "drawing": "rebalance", "scoring": "score_model"}
"""Needs that are further sections of the configuration."""
SCOPED = frozenset({SIGNAL_EVENT, CHECKPOINTS})
"""Tables whose rows name the run that wrote them: a step sees only rows of runs that it builds on."""


@dataclass(frozen=True)
class Outcome:
    """What one step did: rows, versions, time; or why it was skipped."""

    step: Step
    run: str
    rows_in: int = 0
    rows_out: int = 0
    cut: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    read: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    skipped: str = ""
    waits: bool = False

    @property
    def rows_cut(self) -> int:
        """Rows that the step cut."""
        return sum(self.cut.values())


class Runner:
    """Executes steps of one workspace.

    Args:
        folder: local or shared folder for models, staging and scratch.
        launch: starts the processes that train and score.
    """

    def __init__(self, config: Config, spark: SparkSession, catalog: Catalog, folder: Path, launch: object, events: Events) -> None:
        self._config = config
        self._spark = spark
        self._catalog = catalog
        self._folder = folder
        self._launch = launch
        self._events = events

    def run(self, steps: Sequence[Step], only: Iterable[str] = ()) -> list[Outcome]:
        """Execute what is missing or stale, in order.

        Args:
            steps: the whole order, so that each step knows what it builds on.
            only: names of jobs to execute, where what they build on is up to date. Empty executes all.

        Raises:
            ResonanceError: everything asked for waits for a job that was not asked for, or a step failed.
        """
        wanted = set(only)
        identities = self.identities(steps)
        done = self._done(steps)
        outcomes: list[Outcome] = []
        for index, step in enumerate(steps):
            if wanted and step.job.name not in wanted:
                continue
            run = identities[step.place]
            missing = [e for e in upstream(step, steps[:index]) if done.get(self._key(e)) != identities[e.place]]
            if missing:
                outcome = Outcome(step, run, skipped=f"waits for {missing[0]}, which is missing or stale", waits=True)
            elif done.get(self._key(step)) == run:
                outcome = Outcome(step, run, skipped="up to date: same inputs, settings, seed and code as last time")
            else:
                outcome = self._execute(step, steps[:index], identities)
                done[self._key(step)] = run
            outcomes.append(outcome)
            self._events.finished(outcome)
            if step.job.closes_round and not outcome.waits:
                write_manifest(step.round, self._config, self._spark, self._catalog, steps, identities)
        if outcomes and all(outcome.waits for outcome in outcomes):
            first = outcomes[0]
            raise ResonanceError(f"{first.step}: {first.skipped}; run the jobs before it, or `resonance run` for all")
        return outcomes

    def identities(self, steps: Sequence[Step]) -> dict[str, str]:
        """The identity of each step by place: a hash over job, settings, seed and the identities that it builds on."""
        found: dict[str, str] = {}
        for index, step in enumerate(steps):
            described = {
                "job": [step.job.name, step.job.run.__name__, step.job.version],
                "place": [self._config.batch, step.round, step.arm],
                "settings": [self._stable(name) for name in self._sections(step.job)],
                "seed": self._config.seed,
                "upstream": [found[earlier.place] for earlier in upstream(step, steps[:index])],
                "inputs": inputs.fingerprint(self._config.ingest) if not step.job.reads else "",
            }
            text = json.dumps(described, sort_keys=True)
            found[step.place] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return found

    def _sections(self, job: Job) -> list[str]:
        return [job.section, *(SECTIONS[need] for need in job.needs if need in SECTIONS)]

    def _stable(self, section: str) -> dict[str, Any]:
        settings: dict[str, Any] = getattr(self._config, section).model_dump(mode="json")
        return {key: value for key, value in settings.items() if not (section == "train" and key in RESOURCES)}

    def _key(self, step: Step) -> tuple[str, str, int, str]:
        batch = self._config.batch if step.job.per == "batch" else ""
        return step.job.name, batch, step.round, step.arm

    def _done(self, steps: Sequence[Step]) -> dict[tuple[str, str, int, str], str]:
        """Identity of the newest finished execution of each step; a handful of rows for each round."""
        newest = (
            self._catalog.read(STEPS)
            .groupBy("job", "batch", "round", "arm")
            .agg(F.max("finished_at").alias("at"), F.max_by("run", "finished_at").alias("run"))
        )
        per_batch = {step.job.name for step in steps if step.job.per == "batch"}
        found: dict[tuple[str, str, int, str], str] = {}
        for row in newest.orderBy("at").collect():
            batch = row["batch"] if row["job"] in per_batch else ""
            found[row["job"], batch, row["round"], row["arm"]] = row["run"]
        return found

    def _execute(self, step: Step, before: Sequence[Step], identities: Mapping[str, str]) -> Outcome:
        job = step.job
        started = time.monotonic()
        self._events.started(step)
        on = {earlier.place: identities[earlier.place] for earlier in upstream(step, before)}
        turn = Turn(self._config.batch, step.round, step.arm, identities[step.place], on)
        scratch = Scratch(self._spark, self._folder / "scratch" / turn.run)
        versions = {table.name: self._catalog.version(table) for table in job.reads}
        frames = [self._frame(table, job, turn, versions[table.name]) for table in job.reads]
        try:
            result = job.run(*frames, settings=getattr(self._config, job.section), **self._needs(job, turn, scratch))
            results = () if result is None else result if isinstance(result, tuple) else (result,)
            commits = {
                table: self._catalog.write(table, rows, self._slice(table, step), self._note(step, turn, versions))
                for table, rows in zip(job.writes, results, strict=True)
            }
            outcome = self._account(step, turn, frames, commits, scratch, versions, started)
        finally:
            scratch.remove()
        self._record(outcome)
        return outcome

    def _frame(self, table: Table, job: Job, turn: Turn, version: int | None) -> DataFrame:
        frame = self._catalog.read(table, at=version)
        if job.per == "batch" and table in (RAW, DOCUMENTS):
            frame = frame.where(F.col("batch") == turn.batch)
        if table in SCOPED:
            frame = frame.where(F.col("run").isin(list(turn.runs.values())))
        return frame

    def _needs(self, job: Job, turn: Turn, scratch: Scratch) -> dict[str, Any]:
        tools: dict[str, Any] = {
            "turn": turn,
            "seed": self._config.seed,
            "spark": self._spark,
            "catalog": self._catalog,
            "folder": self._folder,
            "checkpoint": scratch,
            "launch": self._launch,
            **{need: getattr(self._config, section) for need, section in SECTIONS.items()},
        }
        return {need: tools[need] for need in job.needs}

    def _slice(self, table: Table, step: Step) -> Slice:
        values: dict[str, str | int | tuple[int, int] | tuple[str, ...]] = {
            "batch": self._config.batch,
            "round": step.round,
            "arm": step.arm,
            "step": step.job.name,
            "bucket": (0, 4095),
            **step.job.marks,
        }
        columns = [c for c in table.replaces if not (c == "batch" and step.job.per == "corpus")]
        return {column: values[column] for column in columns}

    def _note(self, step: Step, turn: Turn, versions: Mapping[str, int | None]) -> dict[str, object]:
        return {"job": step.job.name, "run": turn.run, "round": step.round, "arm": step.arm, "read": dict(versions)}

    def _account(
        self,
        step: Step,
        turn: Turn,
        frames: Sequence[DataFrame],
        commits: Mapping[Table, Commit],
        scratch: Scratch,
        versions: Mapping[str, int | None],
        started: float,
    ) -> Outcome:
        """Count rows in, out and cut, and hold them against each other.

        Raises:
            ConservationError: rows in are not rows out plus rows cut, or a draw is not the sum of its copies.
        """
        job = step.job
        cut: dict[str, int] = {}
        rows_in = rows_out = 0
        if job.cuts:
            rejects = self._catalog.read(REJECTS).where(where(self._slice(REJECTS, step)))
            cut = {row["rule"]: row["count"] for row in rejects.groupBy("rule").count().collect()}
            rows_in = frames[0].count() if frames else scratch.first_rows
            if DOCUMENTS in commits or RAW in commits:
                rows_out = commits[DOCUMENTS if DOCUMENTS in commits else RAW].rows
            else:
                rows_out = kept(frames[0], rejects).count()
            if rows_in != rows_out + sum(cut.values()):
                raise ConservationError(
                    f"{step}: {rows_in} rows in, but {rows_out} out and {sum(cut.values())} cut; tables {_names(commits)}"
                )
        elif SAMPLE_PLAN in commits:
            rows_out = self._check_plan(step, commits[SAMPLE_PLAN].rows)
        elif commits:
            rows_out = sum(commit.rows for commit in commits.values())
        else:
            rows_out = self._catalog.read(SIGNAL_EVENT).where(F.col("run") == turn.run).count()
        written = {table.name: self._catalog.version(table) or 0 for table in (*job.writes, *job.appends)}
        read = {name: version for name, version in versions.items() if version is not None}
        return Outcome(step, turn.run, rows_in, rows_out, cut, written, read, time.monotonic() - started)

    def _check_plan(self, step: Step, rows: int) -> int:
        drawn = self._catalog.read(SAMPLE_PLAN).where((F.col("round") == step.round) & (F.col("arm") == step.arm))
        per_document = drawn.groupBy("doc_id").agg((F.max("copy") + 1).alias("copies"))
        copies = per_document.agg(F.coalesce(F.sum("copies"), F.lit(0))).collect()[0][0]
        places = drawn.agg(F.countDistinct("epoch", "pos"), F.coalesce(F.max("pos") + 1, F.lit(0))).collect()[0]
        if not rows == copies == places[0] == places[1]:
            raise ConservationError(
                f"table sample_plan, {step}: {rows} rows, {copies} copies, {places[0]} places up to {places[1]}"
            )
        return rows

    def _record(self, outcome: Outcome) -> None:
        step = outcome.step
        row = {
            "run": outcome.run,
            "job": step.job.name,
            "batch": self._config.batch,
            "round": step.round,
            "arm": step.arm,
            "rows_in": outcome.rows_in,
            "rows_out": outcome.rows_out,
            "rows_cut": outcome.rows_cut,
            "cut_by_rule": dict(outcome.cut),
            "written": dict(outcome.written),
            "read": dict(outcome.read),
            "seconds": outcome.seconds,
            "finished_at": datetime.now(UTC),
        }
        frame = self._spark.createDataFrame([row], self._catalog.read(STEPS).schema)
        self._catalog.append(STEPS, frame, (f"steps/{outcome.run}", time.time_ns() // 1_000_000), {"job": step.job.name})


class Scratch:
    """Materialises frames as Parquet that lives as long as the step: cuts lineage, and is computed once."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark = spark
        self._folder = folder
        self.first_rows = 0
        shutil.rmtree(folder, ignore_errors=True)

    def __call__(self, rows: DataFrame, name: str) -> DataFrame:
        """The same rows, read back from files; writing under a used name replaces it."""
        first = not self._folder.exists()
        path = str(self._folder / name)
        rows.write.mode("overwrite").parquet(path)
        back = self._spark.read.schema(rows.schema).parquet(path)
        if first:
            self.first_rows = back.count()
        return back

    def remove(self) -> None:
        """Delete the files."""
        shutil.rmtree(self._folder, ignore_errors=True)


def upstream(step: Step, before: Sequence[Step]) -> tuple[Step, ...]:
    """The earlier steps that write a table which this step reads."""
    reads = set(step.job.reads)
    return tuple(earlier for earlier in before if reads & {*earlier.job.writes, *earlier.job.appends})


def _names(tables: Mapping[Table, Commit]) -> str:
    return ", ".join(table.name for table in tables)
