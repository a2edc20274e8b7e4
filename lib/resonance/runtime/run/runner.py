"""Runs steps: hands a job its frames and tools, writes what comes back, checks that no row was lost, skips what is current."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ResonanceError
from resonance.core.job import Job, Site, Step, Turn
from resonance.core.launch import Launch
from resonance.core.ledger import drop_cut_before
from resonance.core.settings import Config
from resonance.core.table import Catalog, Commit, Family, Slice, Table, list_tables
from resonance.runtime import resources
from resonance.runtime.run.accounting import Outcome, count
from resonance.runtime.run.identity import Origins, find_origins, identify
from resonance.runtime.run.manifest import write_manifest
from resonance.runtime.run.progress import Events
from resonance.runtime.run.scratch import Scratch
from resonance.tables import DOCUMENTS, EVALUATION_ITEMS, RAW, REJECTS, STEPS, TABLES

Key = tuple[str, str, int, str]
"""Job, batch, round and arm of a step; the batch is empty where a job works on all batches."""
WRITERS = 2
"""Tables of one step that are written at a time."""


class Runner:
    """Executes steps of one workspace.

    Args:
        folder: local or shared folder for models, staging and scratch.
        launch: starts the processes that train and score; None where no such job runs.
    """

    def __init__(
        self, config: Config, spark: SparkSession, catalog: Catalog, folder: Path, launch: Launch | None, events: Events
    ) -> None:
        self._config = config
        self._spark = spark
        self._catalog = catalog
        self._folder = folder
        self._launch = launch
        self._events = events
        self._versions: dict[str, int | None] = {}
        self._steps: list[dict[str, Any]] | None = None

    def run(self, steps: Sequence[Step], only: Iterable[str] = ()) -> list[Outcome]:
        """Execute what is missing or stale, in order.

        Args:
            steps: the whole order, so that each step knows what it builds on.
            only: names of jobs to execute, where what they build on is up to date. Empty executes all.

        Raises:
            ResonanceError: everything asked for waits for a job that was not asked for, or a step failed.
        """
        wanted = set(only)
        origins = self.origins(steps)
        identities = {place: identify(found) for place, found in origins.items()}
        done = self._done(steps)
        outcomes: list[Outcome] = []
        for index, step in enumerate(steps):
            if wanted and step.job.name not in wanted:
                continue
            run, earlier = identities[step.place], upstream(step, steps[:index])
            missing = [e for e in earlier if not self._has_left(e, step, origins[e.place], done)]
            if missing:
                outcome = Outcome(step, run, skipped=f"waits for {missing[0]}, which is missing or stale", waits=True)
            elif self._key(step) in done and done[self._key(step)]["run"] == run:
                outcome = Outcome(step, run, skipped="up to date: same inputs, settings, seed and code as last time")
            else:
                outcome = self._execute(step, origins[step.place], {e.place: identities[e.place] for e in earlier})
                done[self._key(step)] = self._finished()[-1]
            outcomes.append(outcome)
            self._events.finished(outcome)
            if step.job.closes_round and not outcome.waits:
                versions = {table.name: self._version(table) for table in TABLES}
                write_manifest(step.round, self._config, self._spark, self._catalog, steps, identities, versions, self._finished())
        if outcomes and all(outcome.waits for outcome in outcomes):
            first = outcomes[0]
            raise ResonanceError(f"{first.step}: {first.skipped}; run the jobs before it, or `resonance run` for all")
        return outcomes

    def origins(self, steps: Sequence[Step]) -> dict[str, Origins]:
        """The identities of what each step leaves in tables, by place; see ``find_origins``."""
        found: dict[str, Origins] = {}
        for index, step in enumerate(steps):
            found[step.place] = self._origins(step, [found[earlier.place] for earlier in upstream(step, steps[:index])])
        return found

    def rerun(self, step: Step, makers: Sequence[Step], results: tuple[DataFrame, ...] | None = None) -> Outcome:
        """Execute one step on what stands in its tables, whatever settings made that; a later run that agrees finds it done.

        Args:
            step: the step to execute.
            makers: steps that may have written what it reads; the newest that did counts.
            results: what the step's job returns for these tables, where that is at hand.

        Raises:
            ResonanceError: none of them did, or the step failed.
        """
        made = self._newest_maker(step, makers)
        if made is None:
            raise ResonanceError(f"{step}: nothing stands in table {step.job.reads[0].name} of batch {self._config.batch} yet")
        on = {f"{made['job']}/{made['round']}/{made['arm']}": made["run"]}
        outcome = self._execute(step, self._origins(step, [made["origins"] or {}]), on, results)
        self._events.finished(outcome)
        return outcome

    def _newest_maker(self, step: Step, makers: Sequence[Step]) -> Mapping[str, Any] | None:
        names, read = {maker.job.name for maker in makers}, {table.name for table in self._tables(step.job, step.job.reads)}
        rows = [
            row
            for row in self._finished()
            if row["batch"] == self._config.batch and row["job"] in names and read & row["written"].keys()
        ]
        return max(rows, key=lambda row: (row["finished_at"], row["run"]), default=None)

    def _origins(self, step: Step, before: Sequence[Origins]) -> Origins:
        registered = self._registered() if EVALUATION_ITEMS in step.job.reads else []
        return find_origins(step, self._config, before, registered)

    def _has_left(self, earlier: Step, step: Step, origins: Origins, done: Mapping[Key, Mapping[str, Any]]) -> bool:
        """Whether what ``step`` reads of an earlier step is what that step leaves under these settings."""
        row = done.get(self._key(earlier))
        reads = (table.name for table in self._tables(step.job, step.job.reads) if table.name in origins)
        return row is not None and all((row["origins"] or {}).get(name) == origins[name] for name in reads)

    def _tables(self, job: Job, entries: Iterable[Table | Family]) -> tuple[Table, ...]:
        return list_tables(entries, [getattr(self._config, name) for name in job.wiring.sections.values()])

    def _registered(self) -> list[str]:
        """Evaluation sets and their versions."""
        if self._version(EVALUATION_ITEMS) is None:
            return []
        sets = self._catalog.read(EVALUATION_ITEMS).select("set", "version").distinct().collect()
        return sorted(f"{row['set']} {row['version']}" for row in sets)

    def _key(self, step: Step) -> Key:
        batch = self._config.batch if step.job.per == "batch" else ""
        return step.job.name, batch, step.round, step.arm

    def _done(self, steps: Sequence[Step]) -> dict[Key, Mapping[str, Any]]:
        """The newest finished execution of each step."""
        per_batch = {step.job.name for step in steps if step.job.per == "batch"}
        found: dict[Key, Mapping[str, Any]] = {}
        for row in sorted(self._finished(), key=lambda row: (row["finished_at"], row["run"])):
            batch = row["batch"] if row["job"] in per_batch else ""
            found[row["job"], batch, row["round"], row["arm"]] = row
        return found

    def _deliveries(self) -> tuple[str, ...]:
        """All batches in the order in which they first came; the one at hand is last where it is new."""
        rows = sorted((row for row in self._finished() if row["job"] == "ingest"), key=lambda row: (row["finished_at"], row["run"]))
        return tuple(dict.fromkeys([*(row["batch"] for row in rows), self._config.batch]))

    def _finished(self) -> list[dict[str, Any]]:
        """The rows of ``steps``, a handful for each round: read once, then this run's own added."""
        if self._steps is None:
            self._steps = self._catalog.rows(STEPS) if self._version(STEPS) is not None else []
        return self._steps

    def _execute(self, step: Step, origins: Origins, on: Mapping[str, str], results: tuple[Any, ...] | None = None) -> Outcome:
        job = step.job
        started = time.monotonic()
        self._events.started(step)
        turn = Turn(self._config.batch, step.round, step.arm, identify(origins), on, self._deliveries())
        scratch = Scratch(self._spark, self._folder / "scratch" / turn.run)
        versions = {table.name: self._version(table) for table in self._tables(job, job.reads)}
        frames = [self._read(entry, job, turn) for entry in job.reads]
        try:
            if results is None:
                result = job.run(*frames, **self._arguments(job, turn, scratch))
                results = () if result is None else result if isinstance(result, tuple) else (result,)
            note = self._note(step, turn, versions)

            def write(pair: tuple[Table, DataFrame]) -> tuple[Table, Commit]:
                table, rows = pair
                return table, self._catalog.write(table, rows, self._slice(table, step), note)

            with ThreadPoolExecutor(WRITERS) as pool:  # to plan and commit a small write takes one core and most of its time
                commits = dict(pool.map(write, self._spread(job, results)))
            first = frames[0] if frames else scratch.first_rows
            if REJECTS in job.writes and REJECTS in job.reads:
                first = drop_cut_before(job.name, frames[0], frames[job.reads.index(REJECTS)])
            rows = count(step, turn.run, self._catalog, first, self._slice(REJECTS, step), commits)
        finally:
            scratch.remove()
        self._versions |= {table.name: commit.version for table, commit in commits.items()}
        for table in job.appends:
            self._versions.pop(table.name, None)
        found = {table.name: self._version(table) for table in list_tables((*job.writes, *job.appends))}
        written = {name: version for name, version in found.items() if version is not None}
        read = {name: version for name, version in versions.items() if version is not None}
        seconds = time.monotonic() - started
        outcome = Outcome(step, turn.run, rows.rows_in, rows.rows_out, rows.cut, written, read, seconds)
        self._record(outcome, origins)
        return outcome

    def _version(self, table: Table) -> int | None:
        """The table's version as this run knows it: asked for once, then what its own commits made of it."""
        if table.name not in self._versions:
            self._versions[table.name] = self._catalog.version(table)
        return self._versions[table.name]

    def _read(self, entry: Table | Family, job: Job, turn: Turn) -> Any:
        """The frame of a table, or frames by member."""
        if isinstance(entry, Table):
            return self._frame(entry, job, turn)
        chosen = entry.choose(getattr(self._config, name) for name in job.wiring.sections.values())
        return {name: self._frame(table, job, turn) for name, table in chosen.items()}

    def _spread(self, job: Job, results: Sequence[Any]) -> Iterator[tuple[Table, DataFrame]]:
        """Tables and what they are to hold; where no frame is returned for a member of a family, nothing from now on."""
        for entry, result in zip(job.writes, results, strict=True):
            if isinstance(entry, Table):
                yield entry, result
                continue
            for name, table in entry.members:
                if name in result:
                    yield table, result[name]
                elif self._version(table) is not None:
                    yield table, self._spark.createDataFrame([], resources.contract(table).schema)

    def _frame(self, table: Table, job: Job, turn: Turn) -> DataFrame:
        frame = self._catalog.read(table, at=self._version(table))
        if job.per == "batch" and table in (RAW, DOCUMENTS):
            frame = frame.where(F.col("batch") == turn.batch)
        if table.by_run:
            frame = frame.where(F.col("run").isin(list(turn.runs.values())))
        return frame

    def _arguments(self, job: Job, turn: Turn, scratch: Scratch) -> dict[str, Any]:
        """What the job's function takes by keyword."""
        tools: dict[str, Any] = {
            "turn": turn,
            "seed": self._config.seed,
            "spark": self._spark,
            "catalog": self._catalog,
            "folder": self._folder,
            "checkpoint": scratch,
        }
        if job.starts_ranks:
            assert self._launch is not None
            tools["site"] = Site(turn, self._config.seed, self._spark, self._catalog, self._folder, self._launch)
        settings = {name: getattr(self._config, section) for name, section in job.wiring.sections.items()}
        return settings | {name: tools[name] for name in job.wiring.tools}

    def _slice(self, table: Table, step: Step) -> Slice:
        values: dict[str, str | int | tuple[int, int] | tuple[str, ...]] = {
            "batch": self._config.batch,
            "round": step.round,
            "arm": step.arm,
            "step": step.job.name,
            "bucket": (0, 4095),
            **step.job.owns,
        }
        columns = [c for c in table.replaces if not (c == "batch" and step.job.per == "corpus")]
        return {column: values[column] for column in columns}

    def _note(self, step: Step, turn: Turn, versions: Mapping[str, int | None]) -> dict[str, object]:
        return {"job": step.job.name, "run": turn.run, "round": step.round, "arm": step.arm, "read": dict(versions)}

    def _record(self, outcome: Outcome, origins: Origins) -> None:
        step = outcome.step
        row: dict[str, Any] = {
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
            "origins": dict(origins),
        }
        frame = self._spark.createDataFrame([row], resources.contract(STEPS).schema)
        transaction = (f"steps/{outcome.run}", time.time_ns() // 1_000_000)
        self._versions[STEPS.name] = self._catalog.append(STEPS, frame, transaction, {"job": step.job.name}).version
        self._finished().append(row)


def upstream(step: Step, before: Sequence[Step]) -> tuple[Step, ...]:
    """The earlier steps that write a table which this step reads."""
    reads = set(step.job.reads)
    return tuple(earlier for earlier in before if reads & {*earlier.job.writes, *earlier.job.appends})
