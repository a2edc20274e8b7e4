"""A place with tables in it: opens session, catalog and runner from one configuration."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from resonance.core.errors import ResonanceError
from resonance.core.files import named_folder, refuse_escaped
from resonance.core.job import Checkpoint, Step
from resonance.core.objects import is_on_hdfs
from resonance.core.places import open_named, open_tables
from resonance.core.settings import Config
from resonance.core.sources import refuse_workspace
from resonance.core.table import Catalog, Commit, Slice, Table
from resonance.core.turns import PLAN
from resonance.runtime import resources
from resonance.runtime.engines.session import choose_engine, is_kept_by_spark, open_engine, reads_slowly, refuse_places
from resonance.runtime.storage.folder import FolderCatalog
from resonance.runtime.storage.leftovers import remove_shared
from resonance.runtime.storage.lock import lock_workspace
from resonance.runtime.storage.retention import LEAST_HOURS
from resonance.runtime.storage.table_names import choose_names
from resonance.tables import APPROVALS, CHECKPOINTS, EVALUATION_ITEMS, SIGNALS, TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession
    from rich.console import Console

    from resonance.core.status import Status
    from resonance.core.table import Rows
    from resonance.core.work import Work
    from resonance.runtime.engines.engine import Engine
    from resonance.runtime.run.accounting import Outcome
    from resonance.runtime.run.progress import Events
    from resonance.runtime.run.runner import Runner
    from resonance.runtime.run.schedule import Forecast
    from resonance.runtime.run.scratch import Scratch

LOG = "events.jsonl"
"""The file of a workspace that runs tell their steps to."""
UNCHECKED = (
    "train: no evaluation set is registered in this workspace, so that nothing keeps its items from training; register one with "
    "`resonance register NAME FILE`, or train without a check by --unchecked"
)


class Frames(Mapping[str, "DataFrame"]):
    """Tables of a catalog by name, each looked up once, when it is first asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tables = {table.name: table for table in TABLES}
        self._known: dict[str, DataFrame] = {}

    def __getitem__(self, name: str) -> DataFrame:
        if name not in self._known:
            self._known[name] = self._catalog.read(self._tables[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


class Workspace:
    """Engine, tables and folders of one configuration. The engine starts when a row is first asked for.

    Args:
        create: whether a workspace that does not exist yet is made; readers refuse it instead.
        reads: whether rows are only looked at: tables in folders and buckets then need no Spark, whatever engine wrote them.
        command: what a person gave to have this done, for the log.

    Attributes:
        reads_slowly: whether a process of the embedded engine reads these tables sooner.
    """

    def __init__(
        self, config: Config, *, create: bool = False, reads: bool = False, debug: bool = False, command: str = ""
    ) -> None:
        self.config = config
        self.folder = named_folder(config.workspace, "workspace")
        if config.catalog is None:
            refuse_escaped(self.folder, "workspace")
        if not create and config.catalog is None and not config.tables and not (self.folder / "tables").is_dir():
            raise ResonanceError(f"no tables in workspace {config.workspace}: run `resonance demo` or `resonance curate` first")
        if create:
            refuse_workspace(config.ingest.inputs, self.folder)
        self._debug, self._command = debug, command
        self._name = choose_engine(config)
        if reads and not is_kept_by_spark(config) and find_spec("pysail"):
            self._name = "embedded"
        refuse_places(self._name, config)
        self._names = choose_names(config) if is_kept_by_spark(config) else None
        self.reads_slowly = reads_slowly(self._name, config)

    def under(self, config: Config) -> Workspace:
        """The same engine, tables and folders; steps run under other settings."""
        _ = self.catalog, self.engine
        other = copy(self)
        other.config = config
        return other

    @property
    def started(self) -> bool:
        """Whether the engine was asked for."""
        return "engine" in vars(self)

    def close(self) -> None:
        """Stop the engine, where it was started."""
        if self.started:
            self.engine.stop()

    @cached_property
    def engine(self) -> Engine:
        """What computes."""
        from resonance.runtime.run.scratch import spill_folder

        kept = (self.config.checkpoints,) if is_on_hdfs(self.config.checkpoints) else ()  # in buckets Python alone meets them
        places = (self.config.tables, self.config.staging, *kept, *self.config.ingest.inputs)
        return open_engine(self._name, self.config.spark, spill_folder(self.folder / "scratch"), places=places, debug=self._debug)

    @property
    def spark(self) -> SparkSession:
        """The engine's session."""
        return self.engine.session

    @cached_property
    def catalog(self) -> Catalog:
        """The tables."""
        if self._names is None:
            return FolderCatalog(open_tables(self.config.tables, self.folder / "tables"), lambda: self.engine)
        from resonance.runtime.storage.spark_catalog import SparkCatalog

        return SparkCatalog(self.spark, self._names)

    def frames(self) -> Mapping[str, DataFrame]:
        """Every table by name, looked up when it is asked for; empty frames for those that were not written yet."""
        _ = self.engine  # a session makes functions of columns mean those of its engine
        return Frames(self.catalog)

    def signals(self) -> dict[str, DataFrame]:
        """The table of each set of signals, by the set's name."""
        frames = self.frames()
        return {name: frames[table.name] for name, table in SIGNALS.members}

    def versions(self) -> dict[str, int | None]:
        """The current version of every table; None for those that were not written yet."""
        return {table.name: self.catalog.version(table) for table in TABLES}

    def counts(self) -> dict[str, int]:
        """The rows of every table, as logs say where they do."""
        return {table.name: self.catalog.count(table) for table in TABLES}

    def digests(self) -> dict[str, str]:
        """A hash of every table's content without volatile columns: equal input, configuration and seed, equal hash."""
        from resonance.runtime.storage.digest import EMPTY, digest

        written = (table for table in TABLES if self.catalog.exists(table))
        return dict.fromkeys((table.name for table in TABLES), EMPTY) | {
            table.name: digest(self.catalog.read(table), resources.contract(table)) for table in written
        }

    def run(self, steps: Sequence[Step], only: Sequence[str], events: Events) -> list[Outcome]:
        """Execute steps on these tables; see ``Runner.run``."""
        if not self.config.unchecked and trains(steps, only) and not self.catalog.exists(EVALUATION_ITEMS):
            raise ResonanceError(UNCHECKED)
        with lock_workspace(self.folder), self._telling(events), self._ranks() as launch:
            return self._runner(launch, events).run(steps, only)

    def list_rounds(self) -> list[int]:
        """The rounds whose plan was trained on to its end."""
        rows = self.catalog.rows(CHECKPOINTS, ("round", "arm", "final"))
        return sorted({row["round"] for row in rows if row["arm"] == PLAN and row["final"]})

    def find_round(self) -> int:
        """The newest of these; 0 where there is none."""
        return max(self.list_rounds(), default=0)

    def recall(self, step: Step) -> Config:
        """The configuration, with those settings of a step's job that its newest run was made with."""
        from resonance.runtime.run.schedule import Schedule

        last = Schedule(self.config, self.catalog).find_last(step)
        made = {} if last is None else dict(last["made_of"] or {})
        found = {}
        for name, own in step.job.read_sections(self.config).items():
            given = json.loads(made.get(f"settings {name}", "{}"))
            found[name] = type(own).model_validate({**own.model_dump(), **given})
        return self.config.model_copy(update=found)

    def foresee(self, steps: Sequence[Step], only: Sequence[str]) -> list[Forecast]:
        """What ``run`` would do with these steps; needs no engine where tables lie in a folder."""
        from resonance.runtime.run.schedule import Schedule

        return list(Schedule(self.config, self.catalog).foresee(steps, only))

    def fill(self, table: Table, slice: Slice, make: Callable[[Checkpoint], DataFrame]) -> Commit:
        """Replace one slice of a table that no step writes by the rows that ``make`` gives."""
        with lock_workspace(self.folder), self.scratch(table.name) as scratch:
            return self.catalog.write(table, make(scratch), slice, {"job": "register"})

    def add(self, table: Table, row: Mapping[str, Any], note: Mapping[str, object]) -> Commit:
        """Append one row to a table that no step writes."""
        with lock_workspace(self.folder):
            last = self.catalog.committed(table, table.name) or 0  # by a clock that was ahead, it may be of a time to come
            return self.catalog.append(table, [row], (table.name, max(last + 1, time.time_ns() // 1_000_000)), note)

    def sign(self, decided: tuple[str, str, str], name: str, reason: str, job: str) -> None:
        """Keep in table ``approvals`` who decided, and why.

        Args:
            decided: the dataset, gate and assessment that the decision is about.
            name: who decides.
            reason: why.
            job: the command that takes the decision.
        """
        key = dict(zip(("dataset", "gate", "assessment"), decided, strict=True))
        self.add(APPROVALS, {**key, "name": name, "reason": reason, "approved_at": datetime.now(UTC)}, {"job": job})

    def replace(self, writes: Iterable[tuple[Table, Rows, Slice]], note: Mapping[str, object]) -> None:
        """Replace one slice of each of these tables by rows that no step makes."""
        with lock_workspace(self.folder):
            for table, rows, slice in writes:
                self.catalog.write(table, rows, slice, note)

    @contextmanager
    def scratch(self, name: str) -> Iterator[Scratch]:
        """What materialises frames until the end of the ``with`` statement."""
        from resonance.runtime.run.scratch import Scratch, own_name

        scratch = Scratch(self.spark, self.folder / "scratch" / own_name(name))
        try:
            yield scratch
        finally:
            scratch.remove()

    def rerun(self, step: Step, makers: Sequence[Step], events: Events, results: tuple[DataFrame, ...] | None = None) -> Outcome:
        """Execute one step on what stands in its tables; see ``Runner.rerun``. No rank can be started by it."""
        with lock_workspace(self.folder), self._telling(events):
            return self._runner(None, events).rerun(step, makers, results)

    def update(self, step: Step, makers: Sequence[Step], events: Events) -> Outcome:
        """Execute one step on what stands in its tables, unless its last run did so on the same; see ``Runner.update``."""
        ranks = self._ranks() if step.job.starts_ranks else nullcontext()
        with lock_workspace(self.folder), self._telling(events), ranks as launch:
            return self._runner(launch, events).update(step, makers)

    def find_room(self) -> int:
        """How many steps that start ranks may run side by side."""
        with self._ranks() as launch:
            return int(launch.room)

    def hold(self) -> AbstractContextManager[None]:
        """Hold the workspace until the end of the ``with`` statement, for steps that run side by side: each finds it held."""
        return lock_workspace(self.folder)

    def stands(self, step: Step, makers: Sequence[Step]) -> bool:
        """Whether the last run of a step was on what stands in the tables that it reads; see ``Schedule.foresee_again``."""
        from resonance.runtime.run.schedule import Schedule

        forecast = Schedule(self.config, self.catalog).foresee_again(step, makers)
        return forecast is not None and not forecast.due

    def find_basis(self, step: Step, makers: Sequence[Step]) -> Mapping[str, str]:
        """The runs that made what a step would read, by place; see ``Schedule.foresee_again``."""
        from resonance.runtime.run.schedule import Schedule

        forecast = Schedule(self.config, self.catalog).foresee_again(step, makers)
        return {} if forecast is None else forecast.on

    def look(self) -> Status:
        """What goes on here, as tables and the log of runs tell; needs no engine where tables lie in a folder."""
        from resonance.runtime.run.status import gather_status
        from resonance.runtime.storage.lock import find_writer

        return gather_status(self.catalog, self.folder / LOG, find_writer(self.folder))

    def follow_work(self) -> list[Work]:
        """The work that verdicts asked for in any round: open, or closed and why."""
        from resonance.runtime.run.status import gather_work

        return gather_work(self.catalog)

    @contextmanager
    def _telling(self, events: Events) -> Iterator[None]:
        """Have the log say why what is done within it broke off."""
        from resonance.runtime.engines.explain import name_cause

        try:
            yield
        except BaseException as error:
            events.failed(name_cause(error, [self.folder]))
            raise

    @contextmanager
    def _ranks(self) -> Iterator[Any]:
        """What starts ranks, until the end of the ``with`` statement."""
        from resonance.runtime.ranks.launch import open_launch

        launch = open_launch(self.config.train, self.engine)
        try:
            yield launch
        finally:
            launch.close()

    def _runner(self, launch: Any, events: Events) -> Runner:
        from resonance.runtime.run.runner import Runner

        return Runner(self.config, self.spark, self.catalog, self.folder, launch, events)

    def track(self) -> int:
        """Record new rounds in MLflow, where tracking is on; how many."""
        if not self.config.tracking.enabled:
            return 0
        from resonance.runtime.tracking import record_rounds

        return record_rounds(self.config, self.catalog, self.folder, self.folder / "report.html")

    def track_scorer(self, name: str, scorer: Path, about: Mapping[str, object], measures: Mapping[str, float]) -> int:
        """Record a fitted scorer in MLflow, where tracking is on and MLflow is there; 1 where it was."""
        if not self.config.tracking.enabled:
            return 0
        from resonance.runtime.tracking import record_scorer

        return record_scorer(self.config, self.folder, name, scorer, about, measures)

    def track_campaign(
        self, campaign: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], looks: Sequence[Mapping[str, Any]]
    ) -> str:
        """Record a campaign and its trials in MLflow, where tracking is on and it is there; the campaign's run, else nothing."""
        if not self.config.tracking.enabled:
            return ""
        from resonance.runtime.tracking import record_campaign

        return record_campaign(self.config, self.folder, campaign, trials, looks)

    def events(self, console: Console, total: int) -> Events:
        """The log of this workspace, shown on ``console``."""
        from resonance.runtime.run.progress import Events

        return Events(self.folder / LOG, console, total, self.config.batch, self._command)

    def maintain(self, since: datetime | None) -> list[str]:
        """Merge and sort tables, remove files that no version since then needs, and what killed steps left; the tables' names."""
        from resonance.runtime.run.scratch import remove_dead

        with lock_workspace(self.folder):
            remove_dead(self.folder / "scratch")
            remove_shared(open_named("staging", self.config.staging, self.folder), LEAST_HOURS)
            for table in TABLES:
                self.catalog.maintain(table, since)
            return [table.name for table in TABLES if self.catalog.exists(table)]


def trains(steps: Sequence[Step], only: Sequence[str]) -> bool:
    """Whether these jobs of the steps, or all where none is named, train a model."""
    return any(CHECKPOINTS in step.job.appends and (not only or step.job.name in only) for step in steps)


def refuse_unchecked(config: Config, steps: Sequence[Step], only: Sequence[str]) -> None:
    """Look in folders alone whether training may start, which needs no engine; ``Workspace.run`` looks again.

    Raises:
        ResonanceError: training is asked for, and no evaluation set is registered.
    """
    if not trains(steps, only) or config.unchecked or is_kept_by_spark(config):
        return
    files = open_tables(config.tables, named_folder(config.workspace, "workspace") / "tables")
    if not files.holds(f"{EVALUATION_ITEMS.name}/_delta_log", ".json"):
        raise ResonanceError(UNCHECKED)
