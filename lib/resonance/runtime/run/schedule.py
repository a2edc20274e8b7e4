"""What is stale and why: what each step leaves in tables, held against what finished steps left there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from resonance.core.job import Job, Step
from resonance.core.ledger import BEFORE_DOCUMENTS, INGEST, JUDGE
from resonance.core.printable import escape_hidden
from resonance.core.settings import Config
from resonance.core.table import Catalog, Family, Table, list_tables
from resonance.runtime import inputs
from resonance.runtime.run.origins import Origins, find_origins, identify
from resonance.tables import EVALUATION_ITEMS, REJECTS, STEPS, WRITING

UP_TO_DATE = "up to date: same inputs, settings, seed and code as last time"
UNKNOWN = "its settings, sources, seed or code, or steps that it builds on, are not those of its last run"
"""Why a step runs whose last run did not say what it was made of: an older version wrote it."""
SHORT = 40
"""Characters of a value that is shown as it was and as it is; longer ones are only named."""
FEW = 3
"""Inputs that are named where there may be many."""
BEFORE_CORPUS = (*BEFORE_DOCUMENTS, JUDGE)
"""Jobs that say what a batch brings to steps that work on all batches."""
MILLISECOND = timedelta(milliseconds=1)
Key = tuple[str, str, int, str]
"""Job, batch, round and arm of a step; the batch is empty where a job works on all batches."""


@dataclass(frozen=True)
class Forecast:
    """What a run makes of one step.

    Args:
        run: the identity of the step.
        why: why the step runs, or why it does not.
        due: whether it runs.
        waits: whether a step that it builds on is missing and does not run either.
        on: the runs that it builds on, by place.
        origins: the identity of what it leaves in each table.
        made_of: what these identities are hashes of, part by part, as JSON.
        seconds: how long it took last time, or its job did; None where it never ran.
        warning: what the user may not expect of it, in one sentence; empty where there is nothing.
    """

    step: Step
    run: str
    why: str
    due: bool = False
    waits: bool = False
    on: Mapping[str, str] = field(default_factory=dict)
    origins: Origins = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    warning: str = ""

    @property
    def does(self) -> str:
        """What a run does with the step, in two words."""
        return "waits" if self.waits else "run it" if self.due else "skip it"

    @property
    def because(self) -> str:
        """``why`` without what ``does`` says."""
        return self.why.removeprefix("waits for ").removeprefix("up to date: ")


class Schedule:
    """Steps of one workspace and configuration: which are up to date, and why the others are not. Needs tables alone, no engine."""

    def __init__(self, config: Config, catalog: Catalog) -> None:
        self._config = config
        self._catalog = catalog

    def foresee(self, steps: Sequence[Step], only: Iterable[str] = ()) -> Iterator[Forecast]:
        """A forecast for each step, in order; one that is due counts as done from then on.

        Args:
            steps: the whole order, so that each step knows what it builds on.
            only: names of the jobs that are asked for; all where there is none.
        """
        wanted, done, origins = set(only), self._find_finished(steps), self.origins(steps)
        for index, step in enumerate(steps):
            if wanted and step.job.name not in wanted:
                continue
            run, key, before = identify(origins[step.place]), self._key(step), upstream(step, steps[:index])
            missing = [e for e in before if not self._has_left(e, step, origins[e.place], done)]
            seconds = self._last_seconds(step)
            if missing:
                yield Forecast(step, run, f"waits for {missing[0]}, which is missing or stale", waits=True, seconds=seconds)
            elif key in done and done[key]["run"] == run:
                yield Forecast(step, run, UP_TO_DATE, seconds=seconds)
            else:
                left = {earlier.place: origins[earlier.place] for earlier in before}
                yield self._plan(step, left, {place: identify(found) for place, found in left.items()})
                done[key] = {"run": run, "origins": origins[step.place]}

    def foresee_again(self, step: Step, makers: Sequence[Step]) -> Forecast | None:
        """The forecast of a step on what these makers left, of its batch where it works on one; None where none did.

        Of each table that it reads, the newest maker that wrote it counts. The step is not due where its last run was the same on
        the same.
        """
        places = {maker.place for maker in makers}
        own = [row for row in self.finished if step.job.per != "batch" or row["batch"] == self._config.batch]
        rows = [row for row in own if _place(row) in places]
        newest = (
            max((r for r in rows if table.name in r["written"]), key=_finished_at, default=None)
            for table in self.list_read(step.job)
        )
        made = {_place(row): row for row in newest if row is not None}
        if not made:
            return None
        on = {place: row["run"] for place, row in made.items()}
        forecast, last = self._plan(step, {place: row["origins"] or {} for place, row in made.items()}, on), self.find_last(step)
        return replace(forecast, due=last is None or last["run"] != forecast.run)

    def origins(self, steps: Sequence[Step]) -> dict[str, Origins]:
        """The identities of what each step leaves in tables, by place; see ``find_origins``."""
        found: dict[str, Origins] = {}
        for index, step in enumerate(steps):
            found[step.place] = self._origins(step, [found[earlier.place] for earlier in upstream(step, steps[:index])])
        return found

    def identities(self, steps: Sequence[Step]) -> dict[str, str]:
        """The identity of each step by place: that of all that it leaves."""
        return {place: identify(origins) for place, origins in self.origins(steps).items()}

    def list_read(self, job: Job) -> tuple[Table, ...]:
        """The tables that a job reads under these settings."""
        return self._list_tables(job.reads, job)

    def stands(self, step: Step, made_of: Mapping[str, str]) -> bool:
        """Whether rows of the step's tables are those that its last run left, and it made them as it would today: by the same code,
        settings, seed and meaning of tables. Which inputs it was given is another question.
        """
        last, own = self.find_last(step), {table.name for table in list_tables(step.job.writes) if table is not REJECTS}
        wrote = [row for row in self.finished if row["batch"] == self._config.batch and own & row["written"].keys()]
        if last is None or not last["made_of"] or not wrote or max(wrote, key=_finished_at) is not last:
            return False
        filled = self._list_tables(step.job.writes, step.job)
        if not {table.name for table in filled} <= (last["origins"] or {}).keys():
            return False
        if any(table.name in last["written"] and not self._catalog.exists(table) for table in filled):
            return False
        if any((row["job"], row["batch"]) == (step.job.name, self._config.batch) for row in self._catalog.rows(WRITING)):
            return False  # a later run was cut off while it wrote
        then, now = (_leave_out_inputs(parts) for parts in (last["made_of"], made_of))
        return then == now

    def list_deliveries(self) -> tuple[str, ...]:
        """All batches in the order in which they first came; the one at hand is last where it is new."""
        rows = sorted((row for row in self.finished if row["job"] == INGEST), key=_finished_at)
        return tuple(dict.fromkeys([*(row["batch"] for row in rows), self._config.batch]))

    def find_moment(self, now: datetime) -> datetime:
        """When a step ends that ends now: a millisecond after all others at least, which a clock that was ahead may have timed."""
        free: list[datetime] = [row["finished_at"].astimezone(UTC) + MILLISECOND for row in self.finished]
        return max([now, *free])

    @cached_property
    def finished(self) -> list[dict[str, Any]]:
        """The rows of ``steps``, a handful for each round: read once; whoever adds a step adds it here too."""
        return self._catalog.rows(STEPS)

    @cached_property
    def _registered(self) -> list[str]:
        """Evaluation sets and their versions."""
        return sorted({f"{row['set']} {row['version']}" for row in self._catalog.rows(EVALUATION_ITEMS, ("set", "version"))})

    @cached_property
    def _sources(self) -> str:
        """The fingerprint of the inputs: every file is looked at, once."""
        return inputs.fingerprint(self._config.ingest)

    def _plan(self, step: Step, before: Mapping[str, Origins], on: Mapping[str, str]) -> Forecast:
        """The forecast of a step that is due, on what earlier steps leave and on their runs, both by place."""
        origins, made_of = self._origins(step, list(before.values())), self._parts(step, before)
        why = self._explain(step, made_of)
        return Forecast(step, identify(origins), why, True, False, on, origins, made_of, self._last_seconds(step), self._warn(step))

    def _origins(self, step: Step, before: Sequence[Origins]) -> Origins:
        registered = self._registered if EVALUATION_ITEMS in step.job.reads else []
        sources = "" if step.job.reads else self._sources
        return find_origins(step, self._config, before, registered, sources, self._list_others(step))

    def _parts(self, step: Step, before: Mapping[str, Origins]) -> dict[str, str]:
        job, read = step.job, [table.name for table in self.list_read(step.job)]
        made: dict[str, Any] = {"code": [job.run.__name__, job.version], "seed": self._config.seed}
        made |= {f"settings {name}": given for name, given in job.read_effective(self._config).items()}
        if not job.reads:
            made["sources"] = self._sources
        if EVALUATION_ITEMS in job.reads:
            made["evaluation sets"] = self._registered
        if others := self._list_others(step):
            made["other batches"] = others
        made["tables"] = {table.name: table.version for table in self._list_tables((*job.writes, *job.appends), job)}
        made["steps"] = {place: [left[name] for name in read if name in left] for place, left in before.items()}
        return {name: json.dumps(part) for name, part in made.items()}

    def _list_others(self, step: Step) -> list[str]:
        """What other batches hold, as the newest runs of their jobs; nothing for a step that sees one batch."""
        if step.job.per != "corpus":
            return []
        rows = sorted((row for row in self.finished if row["batch"] != self._config.batch), key=_finished_at)
        newest = {(row["batch"], row["job"]): row["run"] for row in rows if row["job"] in BEFORE_CORPUS}
        return [" ".join((*place, run)) for place, run in sorted(newest.items())]

    def _list_tables(self, entries: Iterable[Table | Family], job: Job) -> tuple[Table, ...]:
        return list_tables(entries, job.read_sections(self._config).values())

    def _has_left(self, earlier: Step, step: Step, origins: Origins, done: Mapping[Key, Mapping[str, Any]]) -> bool:
        """Whether what ``step`` reads of an earlier step is what that step leaves under these settings."""
        row = done.get(self._key(earlier))
        reads = (table.name for table in self.list_read(step.job) if table.name in origins)
        return row is not None and all((row["origins"] or {}).get(name) == origins[name] for name in reads)

    def _key(self, step: Step) -> Key:
        batch = self._config.batch if step.job.per == "batch" else ""
        return step.job.name, batch, step.round, step.arm

    def _find_finished(self, steps: Sequence[Step]) -> dict[Key, Mapping[str, Any]]:
        """The newest finished execution of each step."""
        per_batch = {step.job.name for step in steps if step.job.per == "batch"}
        rows = sorted(self.finished, key=_finished_at)
        return {(r["job"], r["batch"] if r["job"] in per_batch else "", r["round"], r["arm"]): r for r in rows}

    def _last_seconds(self, step: Step) -> float | None:
        """Seconds of the step's last run; where it has none, of the last run of its job."""
        rows = [row for row in self.finished if row["job"] == step.job.name]
        last = self.find_last(step) or max(rows, key=_finished_at, default=None)
        return last["seconds"] if last else None

    def find_last(self, step: Step) -> Mapping[str, Any] | None:
        """The newest finished run of a step; None where it never ran."""
        job, batch, round, arm = self._key(step)
        rows = (row for row in self.finished if (row["job"], row["round"], row["arm"]) == (job, round, arm))
        return max((row for row in rows if batch in ("", row["batch"])), key=_finished_at, default=None)

    def _explain(self, step: Step, made_of: Mapping[str, str]) -> str:
        """Why a step that is made of these parts is due."""
        last = self.find_last(step)
        if last is None:
            return "has not run yet"
        if last["batch"] != self._config.batch:
            return f"last ran with batch {last['batch']}"
        then = {name: json.loads(part) for name, part in (last["made_of"] or {}).items()}
        now = {name: json.loads(part) for name, part in made_of.items()}
        changes = [text for name in now if name in then for text in _compare(name, then[name], now[name])]
        return "; ".join(changes) or UNKNOWN

    def _warn(self, step: Step) -> str:
        """Says of a step that reads sources that its batch was read from other inputs, whose rows are replaced."""
        last = None if step.job.reads else self.find_last(step)
        then = json.loads((last and last["made_of"] or {}).get("settings ingest", "null"))
        now = self._config.ingest.effective()
        if then is None or all(then.get(name) == now[name] for name in ("inputs", "demo")):
            return ""
        return (
            f"batch {self._config.batch} stands already and was read from {_name_inputs(then)}: its rows are replaced by those of "
            f"{_name_inputs(now)}; --set batch=NAME adds them as a batch of their own instead"
        )


def upstream(step: Step, before: Sequence[Step]) -> tuple[Step, ...]:
    """The earlier steps that write a table, or members of a family, which this step reads."""
    reads = {entry.name for entry in step.job.reads}
    return tuple(e for e in before if reads & {entry.name for entry in (*e.job.writes, *e.job.appends)})


def _place(row: Mapping[str, Any]) -> str:
    """Where in the loop a finished step stood, as ``job/round/arm``."""
    return f"{row['job']}/{row['round']}/{row['arm']}"


def _leave_out_inputs(made_of: Mapping[str, str]) -> dict[str, Any]:
    """What a step is made of, without what was given to it."""
    parts = {name: json.loads(part) for name, part in made_of.items() if name not in ("sources", "steps")}
    if "settings ingest" in parts:
        parts["settings ingest"].pop("inputs")
    return parts


def _finished_at(row: Mapping[str, Any]) -> tuple[Any, str]:
    return row["finished_at"], row["run"]


def _compare(name: str, then: Any, now: Any) -> Iterator[str]:
    """What changed in one part of an identity, in words."""
    if then == now:
        return
    kind, _, section = name.partition(" ")
    if kind == "settings":
        yield from (_describe(f"{section}.{key}", then.get(key), now[key]) for key in now if then.get(key) != now[key])
    elif name == "steps":
        jobs = dict.fromkeys(place.partition("/")[0] for place in now if then.get(place) != now[place])
        yield f"builds on {', '.join(jobs)}, which changed"
    elif name == "tables":
        if newer := [table for table, version in now.items() if then.get(table, version) != version]:
            yield f"what it writes in {', '.join(newer)} means something else now"
    elif name == "seed":
        yield _describe(name, then, now)
    else:
        yield f"its {name} changed"


def _name_inputs(ingest: Mapping[str, Any]) -> str:
    """The inputs that these settings name, the first few of them."""
    inputs = [escape_hidden(given) for given in ingest.get("inputs") or ()]
    if ingest.get("demo") or not inputs:
        return "the demo source"
    more = f" and {len(inputs) - FEW} more" if len(inputs) > FEW else ""
    return ", ".join(inputs[:FEW]) + more


def _describe(name: str, then: Any, now: Any) -> str:
    before, after = (json.dumps(value, ensure_ascii=False) for value in (then, now))
    return f"{name} changed" if max(len(before), len(after)) > SHORT else f"{name} was {before}, is {after}"
