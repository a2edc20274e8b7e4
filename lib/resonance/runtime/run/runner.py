"""Runs steps: hands a job its frames and tools, writes what comes back, checks that no row was lost, skips what is current."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import GateError, ResonanceError
from resonance.core.gates import explain_gate, find_closed
from resonance.core.job import Job, Left, Site, Step, Turn
from resonance.core.launch import Launch
from resonance.core.ledger import drop_cut_before
from resonance.core.places import open_named
from resonance.core.settings import Config
from resonance.core.table import Catalog, Commit, Family, Slice, Table, list_tables
from resonance.runtime.lineage import name_input, name_table, tell_run
from resonance.runtime.run.accounting import Outcome, count, count_files
from resonance.runtime.run.manifest import write_manifest
from resonance.runtime.run.progress import Events
from resonance.runtime.run.records import gather_records
from resonance.runtime.run.schedule import MILLISECOND, UP_TO_DATE, Forecast, Schedule
from resonance.runtime.run.scratch import Scratch
from resonance.runtime.storage.conditions import where
from resonance.tables import APPROVALS, DOCUMENTS, FILES, QUALITY_GATE, RAW, REJECTS, STEPS, TABLES, WRITING

if TYPE_CHECKING:
    from resonance.core.table import Rows

WRITERS = 2
"""Tables of one step that are written at a time."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Runner:
    """Executes steps of one workspace.

    Args:
        folder: local or shared folder for models, staging and scratch, where settings name no address for them.
        launch: starts the processes that train and score; None where no such job runs.
    """

    def __init__(
        self, config: Config, spark: SparkSession, catalog: Catalog, folder: Path, launch: Launch | None, events: Events
    ) -> None:
        self._config = config
        self._spark = spark
        self._catalog = catalog
        self._folder = folder
        self._checkpoints = open_named("checkpoints", config.checkpoints, folder / "checkpoints")
        self._staging = open_named("staging", config.staging, folder)
        self._launch = launch
        self._events = events
        self._versions: dict[str, int | None] = {}
        self._schedule = Schedule(config, catalog)
        self._told: set[str] = set()

    def run(self, steps: Sequence[Step], only: Iterable[str] = ()) -> list[Outcome]:
        """Execute what is missing or stale, in order.

        Args:
            steps: the whole order, so that each step knows what it builds on.
            only: names of jobs to execute, where what they build on is up to date. Empty executes all.

        Raises:
            ResonanceError: everything asked for waits for a job that was not asked for, or a step failed.
        """
        outcomes: list[Outcome] = []
        for forecast in self._schedule.foresee(steps, only):
            step = forecast.step
            if forecast.due:
                self._events.warn(forecast.warning)
                self._hold_gates(step)
                outcome = self._execute(forecast)
            else:
                outcome = Outcome(step, forecast.run, skipped=forecast.why, waits=forecast.waits)
            outcomes.append(outcome)
            self._events.finished(outcome)
            if step.job.closes_round and not outcome.waits:
                identities, finished = self._schedule.identities(steps), self._schedule.finished
                versions = {table.name: self._version(table) for table in TABLES}
                write_manifest(step.round, self._config, self._catalog, steps, identities, versions, finished)
        if outcomes and all(outcome.waits for outcome in outcomes):
            first = outcomes[0]
            raise ResonanceError(f"{first.step}: {first.skipped}; run the jobs before it, or `resonance run` for all")
        return outcomes

    def rerun(self, step: Step, makers: Sequence[Step], results: tuple[DataFrame, ...] | None = None) -> Outcome:
        """Execute one step on what stands in its tables, whatever settings made that; a later run that agrees finds it done.

        Args:
            step: the step to execute.
            makers: steps that may have written what it reads; the newest that did counts.
            results: what the step's job returns for these tables, where that is at hand.

        Raises:
            ResonanceError: none of them did, or the step failed.
        """
        outcome = self._execute(self._foresee_again(step, makers), results)
        self._events.finished(outcome)
        return outcome

    def update(self, step: Step, makers: Sequence[Step]) -> Outcome:
        """Execute one step on what stands in its tables, as ``rerun`` does, unless its last run was the same on the same.

        Raises:
            ResonanceError: none of the makers wrote what it reads, or the step failed.
        """
        forecast = self._foresee_again(step, makers)
        if not forecast.due:
            return Outcome(step, forecast.run, skipped=UP_TO_DATE)
        outcome = self._execute(forecast)
        self._events.finished(outcome)
        return outcome

    def _foresee_again(self, step: Step, makers: Sequence[Step]) -> Forecast:
        forecast = self._schedule.foresee_again(step, makers)
        if forecast is None:
            of = f" of batch {self._config.batch}" if step.job.per == "batch" else ""
            raise ResonanceError(f"{step}: nothing stands in table {step.job.reads[0].name}{of} yet")
        return forecast

    def _hold_gates(self, step: Step) -> None:
        """Say which gates before a step are not passed, each once.

        Raises:
            GateError: there is one, and settings say that it stops the run.
        """
        if not step.job.behind:
            return
        gates, approvals = (self._catalog.rows(table) for table in (QUALITY_GATE, APPROVALS))
        for row in find_closed(gates, approvals, step.job.behind, step.round):
            if row["assessment"] not in self._told:
                self._told.add(row["assessment"])
                self._events.warn(f"{step}: {explain_gate(row)}")
            if self._config.assess.gate == "stop":
                raise GateError(f"{step}: gate {row['gate']} of {row['dataset']} is not passed, and assess.gate is stop")

    def _execute(self, forecast: Forecast, results: tuple[Any, ...] | None = None) -> Outcome:
        """Execute one step, and tell of it wherever somebody listens."""
        step = forecast.step
        self._events.started(step)
        versions = {table.name: self._version(table) for table in self._schedule.list_read(step.job)}
        read = [name_table(self._config, name, version) for name, version in versions.items() if version is not None]
        inputs = read if step.job.reads else list(map(name_input, self._config.ingest.inputs))
        asked = {"batch": self._config.batch, "round": str(step.round), "arm": step.arm, "run": forecast.run, "why": forecast.why}
        with tell_run(self._config.lineage, step.job.name, inputs, asked) as told:
            outcome = self._perform(forecast, versions, results)
            for name, version in outcome.written.items():
                told.outputs.append(replace(name_table(self._config, name, version), rows=outcome.filled.get(name)))
        return outcome

    def _perform(self, forecast: Forecast, versions: Mapping[str, int | None], results: tuple[Any, ...] | None) -> Outcome:
        step, job = forecast.step, forecast.step.job
        started = time.monotonic()
        turn = Turn(self._config.batch, step.round, step.arm, forecast.run, forecast.on, self._schedule.list_deliveries())
        scratch = Scratch(self._spark, self._folder / "scratch" / turn.run, job.counts)
        frames = [self._read(entry, job, turn) for entry in job.reads]
        try:
            if results is None:
                left = self._find_left(step, forecast) if "left" in job.wiring.tools else None
                result = job.run(*frames, **self._arguments(job, turn, scratch, left))
                results = () if result is None else result if isinstance(result, tuple) else (result,)
            note = self._note(forecast, turn, versions)
            self._mark(step, turn.run)

            commits = self._write(step, results, note)
            first = scratch.rows[job.counts] if job.counts else frames[0]
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
        files = count_files(self._catalog, self._slice(FILES, step), commits)
        filled = {table.name: commit.rows for table, commit in commits.items()}
        outcome = Outcome(step, turn.run, rows.rows_in, rows.rows_out, rows.cut, written, read, seconds, files=files, filled=filled)
        self._record(outcome, forecast)
        self._mark(step, None)
        return outcome

    def _write(self, step: Step, results: Sequence[Any], note: Mapping[str, object]) -> dict[Table, Commit]:
        """Write what a job returned into its tables, two at a time: to plan and commit a small write takes one core."""
        lost: list[str] = []

        def write(pair: tuple[Table, Rows]) -> tuple[Table, Commit]:
            table, rows = pair
            try:
                return table, self._catalog.write(table, rows, self._slice(table, step), note)
            except BaseException:
                lost.append(table.name)
                raise

        try:
            with ThreadPoolExecutor(WRITERS) as pool:
                return dict(pool.map(write, self._spread(step.job, results)))
        except BaseException:
            for name in lost[:1]:  # told by the thread of the step: others may run beside it
                self._events.lost(name)
            raise

    def _find_left(self, step: Step, forecast: Forecast) -> Left | None:
        """What the last run of the step left in its tables, where it made that as it would today; none where it did not."""
        if not self._schedule.stands(step, forecast.made_of):
            return None
        tables = list_tables(step.job.writes, step.job.read_sections(self._config).values())
        found = {table: self._catalog.read(table, at=self._version(table)) for table in tables}
        return {table.name: rows.where(where(self._slice(table, step))) for table, rows in found.items()}

    def _mark(self, step: Step, run: str | None) -> None:
        """Note that a step whose next run may take over rows begins to replace them, or where there is no run that it ended."""
        if "left" in step.job.wiring.tools:
            place = {"job": step.job.name, "batch": self._config.batch}
            rows = [] if run is None else [{**place, "run": run}]
            self._versions[WRITING.name] = self._catalog.write(WRITING, rows, place, {"job": step.job.name}).version

    def _version(self, table: Table) -> int | None:
        """The table's version as this run knows it: asked for once, then what its own commits made of it."""
        if table.name not in self._versions:
            self._versions[table.name] = self._catalog.version(table)
        return self._versions[table.name]

    def _read(self, entry: Table | Family, job: Job, turn: Turn) -> Any:
        """The frame of a table, or frames by member."""
        if isinstance(entry, Table):
            return self._frame(entry, job, turn)
        chosen = entry.choose(job.read_sections(self._config).values())
        return {name: self._frame(table, job, turn) for name, table in chosen.items()}

    def _spread(self, job: Job, results: Sequence[Any]) -> Iterator[tuple[Table, Rows]]:
        """Tables and what they are to hold; where no frame is returned for a member of a family, nothing from now on."""
        for entry, result in zip(job.writes, results, strict=True):
            if isinstance(entry, Table):
                yield entry, result
                continue
            for name, table in entry.members:
                if name in result:
                    yield table, result[name]
                elif self._version(table) is not None:
                    yield table, ()

    def _frame(self, table: Table, job: Job, turn: Turn) -> DataFrame:
        frame = self._catalog.read(table, at=self._version(table))
        if job.per == "batch" and table in (RAW, DOCUMENTS):
            frame = frame.where(F.col("batch") == turn.batch)
        if table.by_run:
            frame = frame.where(F.col("run").isin(list(turn.runs.values())))
        return frame

    def _arguments(self, job: Job, turn: Turn, scratch: Scratch, left: Left | None) -> dict[str, Any]:
        """What the job's function takes by keyword."""
        tools: dict[str, Any] = {
            "turn": turn,
            "seed": self._config.seed,
            "spark": self._spark,
            "catalog": self._catalog,
            "folder": self._folder,
            "checkpoint": scratch,
            "left": left,
        }
        if "records" in job.wiring.tools:
            tools["records"] = gather_records(self._catalog, self._schedule.finished)
        if job.starts_ranks:
            assert self._launch is not None
            given = self._config.seed, self._spark, self._catalog, self._folder, self._launch
            tools["site"] = Site(job.name, turn, *given, self._checkpoints, self._staging)
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

    def _note(self, forecast: Forecast, turn: Turn, versions: Mapping[str, int | None]) -> dict[str, object]:
        step, why = forecast.step, f"{forecast.step}: {forecast.why}"
        return {"job": step.job.name, "run": turn.run, "round": step.round, "arm": step.arm, "reason": why, "read": dict(versions)}

    def _record(self, outcome: Outcome, forecast: Forecast) -> None:
        step, ended = outcome.step, self._schedule.find_moment(datetime.now(UTC))
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
            "finished_at": ended,
            "origins": dict(forecast.origins),
            "made_of": dict(forecast.made_of),
        }
        transaction = (f"steps/{outcome.run}", (ended - EPOCH) // MILLISECOND)
        self._versions[STEPS.name] = self._catalog.append(STEPS, [row], transaction, {"job": step.job.name}).version
        self._schedule.finished.append(row)
