"""The driver's side of ranks: takes each finished boundary into tables once, in order, whatever died in between."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.chance import is_logged
from resonance.core.drafts import open_draft
from resonance.core.errors import ConservationError
from resonance.core.job import Site
from resonance.core.objects import bring_folder, is_elsewhere, spell_address
from resonance.core.turns import TRAINING, UNDRAWN, PhaseName
from resonance.tables import CHECKPOINTS, SIGNAL_EVENT, SLICE_SUMS
from resonance.train import checkpoint
from resonance.train.export import write_shards
from resonance.train.spec import CHECKPOINT, DONE, Boundary, Phase, ordinal
from resonance.train.tokenizer import TOKENIZER, fingerprint

KEYS = ("epoch", "pos", "copy", "doc_id")


@dataclass(frozen=True)
class Desk:
    """Where one training or scoring stands: what it shares with ranks, its checkpoints, and its rows in the site's catalog.

    Args:
        log_share: share of drawn documents whose events are kept; those of others all are.
        attempt: names this start of ranks, so that those of a killed driver cannot write among ours while they die.
    """

    site: Site
    log_share: float = 1.0
    attempt: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def attempts(self) -> str:
        """What ranks of all attempts left."""
        return f"staging/{self.site.turn.run}"

    @property
    def staging(self) -> str:
        """What ranks leave, until it is taken."""
        return f"{self.attempts}/{self.attempt}"

    @property
    def shards(self) -> str:
        """What ranks read."""
        return f"shards/{self.site.turn.run}"

    def transaction(self, phase: PhaseName) -> str:
        """The name under which events of a phase are appended once."""
        return f"{self.site.turn.run}/{self.site.turn.arm}/{phase}"

    def committed(self, phase: PhaseName) -> int:
        """How far the phase's events are in the table: a step where it trains, a place where it scores."""
        return self.site.catalog.committed(SIGNAL_EVENT, self.transaction(phase)) or 0

    def recover(self) -> None:
        """After a crash: publish what was appended, drop what was not, and what outlived its events."""
        for phase in TRAINING:
            for done in self.site.staging.find(self.attempts, f"/{DONE}"):
                boundary = done.removesuffix(f"/{DONE}")
                if f"/{phase}/" in boundary and self.committed(phase) >= self._read_boundary(boundary).step:
                    self._publish(boundary)
        self._clear()
        folders = self._list_published()
        if not folders:
            return
        rows = self.site.catalog.read(CHECKPOINTS).where(F.col("run") == self.site.turn.run).select("step").collect()
        recorded = {row["step"] for row in rows}
        last = max(*map(self.committed, TRAINING), *recorded)
        for folder in folders:
            step = checkpoint.state_of(self.site.checkpoints.locate(folder)).step
            if step > last:
                self._remove([folder])
            elif step not in recorded:
                self._record(folder)

    def last_checkpoint(self) -> str | None:
        """Where the newest published checkpoint of this run lies."""
        return next(map(self.site.checkpoints.locate, reversed(self._list_published())), None)

    def write_shards(self, phase: PhaseName, draws: DataFrame, samples: DataFrame, first: int = 0) -> Phase:
        """Leave what a phase reads to ranks; see ``export.write_shards``."""
        return write_shards(phase, draws, samples, self.site.staging, f"{self.shards}/{phase}", first)

    def offer_checkpoint(self, place: str, *, resumed: bool = False) -> str:
        """Where ranks find a checkpoint, with the optimizer's memory where it is ``resumed``."""
        return self.offer_folder(place, lambda name: resumed or name != checkpoint.OPTIMIZER)

    def offer_file(self, place: str) -> str:
        """Where ranks find a file."""
        folder, _, name = place.rpartition("/")
        return f"{self.offer_folder(folder, lambda found: found == name)}/{name}"

    def offer_folder(self, place: str, wanted: Callable[[str], bool] = lambda name: True) -> str:
        """Where ranks find the files of a folder whose names are ``wanted``.

        That is where they lie, but for an address where ranks share a folder, into which its files are brought, and for a folder of
        this machine where they share an address, below which its files are put.
        """
        folder = f"{self.shards}/{self.attempt}/{uuid.uuid4().hex}"
        there = self.site.staging.locate(folder)
        if not is_elsewhere(there):
            return str(bring_folder(place, Path(there), wanted))
        if is_elsewhere(place):
            return place
        for file in Path(place).rglob("*"):
            name = file.relative_to(place).as_posix()
            if file.is_file() and wanted(name):
                self.site.staging.put(f"{folder}/{name}", file)
        return there

    def finished(self, phase: PhaseName) -> list[str]:
        """Boundaries that all ranks have reached and that are still to be taken, in order."""
        end = f"/{DONE}"
        return [path.removesuffix(end) for path in self.site.staging.find(f"{self.staging}/{phase}", end)]

    def take(self, phase: Phase, boundary: str) -> None:
        """Append the events staged at a boundary, then publish its checkpoint.

        Joins the staged rows with their part of the plan; reads no text.

        Raises:
            ConservationError: staged events are not one for each draw; nothing is appended.
        """
        state = self._read_boundary(boundary)
        if self.committed(phase.name) < ordinal(phase.name, state):
            place = F.col("place")
            draws = self._read_rows(f"{self.shards}/{phase.name}").where((place >= state.first) & (place < state.last))
            self._append(phase.name, state, draws, self._read_rows(boundary).drop("place"))
        if phase.name in TRAINING:
            self._publish(boundary)
        self.site.staging.remove([boundary])

    def verify(self, phase: PhaseName, draws: DataFrame) -> None:
        """Hold all events of this run's phase against the plan.

        Raises:
            ConservationError: a draw has no event, or an event no draw, or more than one.
        """
        self._compare(phase, draws.where(is_logged(self._share(phase))), self._events(phase))

    def clean(self) -> None:
        """Delete what only ranks needed."""
        self._clear()
        self.site.staging.remove([self.shards])

    def discard(self) -> None:
        """Delete the checkpoints of this run, from which nothing starts; its events and their rows stay."""
        self._remove(self._list_published())
        self.site.checkpoints.remove([self.site.turn.run])

    def _clear(self) -> None:
        """Delete what ranks left, and what was kept of their output."""
        self.site.staging.remove([self.attempts])
        shutil.rmtree(self.site.folder / self.attempts, ignore_errors=True)

    def _read_rows(self, folder: str) -> DataFrame:
        """The rows of the Parquet files below a folder. Each is named: engines read more than a name in some of them."""
        files = self.site.staging
        return self.site.spark.read.parquet(*(spell_address(files.name(path)) for path in files.find(folder, ".parquet")))

    def _read_boundary(self, folder: str) -> Boundary:
        return Boundary.model_validate_json(self.site.staging.read(f"{folder}/{DONE}"))

    def _events(self, phase: PhaseName) -> DataFrame:
        turn = self.site.turn
        mine = (F.col("run") == turn.run) & (F.col("arm") == turn.arm) & (F.col("phase") == phase)
        return self.site.catalog.read(SIGNAL_EVENT).where(mine)

    def _append(self, phase: PhaseName, state: Boundary, draws: DataFrame, staged: DataFrame) -> None:
        rows = self._compare(phase, draws, staged)
        turn = self.site.turn
        known = draws.select(*KEYS, "bucket", "content_hash", "slice", "exposure", "pi", "weight")
        marks = {"run": turn.run, "round": turn.round, "arm": turn.arm, "phase": phase, "step": state.step}
        events = staged.join(known, list(KEYS)).withColumns({name: F.lit(value) for name, value in marks.items()})
        if phase in UNDRAWN:
            events = events.withColumn("pi", F.lit(None))
        share = self._share(phase)
        kept = events.withColumn("log_pi", F.lit(share)).where(is_logged(share))
        due = rows if share == 1 else kept.count()
        transaction = (self.transaction(phase), ordinal(phase, state))
        note = {"job": self.site.job, **marks, "rows_in": rows, "rows_out": due, "rows_cut": rows - due}
        if share < 1:
            sums = _sums(events, marks | {"place": state.last})
            self.site.catalog.append(SLICE_SUMS, sums, transaction, {"job": self.site.job, **marks})
        commit = self.site.catalog.append(SIGNAL_EVENT, kept, transaction, note)
        if commit.skipped or commit.rows != due:
            raise ConservationError(
                f"table signal_event: appended {commit.rows} of {due} events for {transaction[0]} up to {transaction[1]}"
            )

    def _share(self, phase: PhaseName) -> float:
        return 1.0 if phase in UNDRAWN else self.log_share

    def _compare(self, phase: PhaseName, draws: DataFrame, events: DataFrame) -> int:
        """The number of draws, each of which has one event. One full outer join by draw, ids only."""
        both = draws.select(*KEYS, F.lit(1).alias("drawn")).join(events.select(*KEYS, F.lit(1).alias("seen")), list(KEYS), "full")
        drawn, seen = F.col("drawn"), F.col("seen")
        per_draw = both.groupBy(*KEYS).agg(F.count(drawn).alias("drawn"), F.count(seen).alias("seen"))
        found = per_draw.agg(
            F.count_if(drawn > 0).alias("draws"),
            F.count_if(seen == 0).alias("missing"),
            F.count_if(drawn == 0).alias("foreign"),
            F.count_if((drawn > 0) & (seen > 1)).alias("doubled"),
        ).collect()[0]
        if found["missing"] or found["foreign"] or found["doubled"]:
            raise ConservationError(
                f"table signal_event, {self.transaction(phase)}: of {found['draws']} draws {found['missing']} have no event and "
                f"{found['doubled']} more than one; {found['foreign']} events belong to no draw"
            )
        return int(found["draws"])

    def _publish(self, boundary: str) -> None:
        """Let the checkpoint of a boundary be one that tables tell of; it comes through this machine where it lies elsewhere."""
        target = f"{self.site.turn.run}/{PurePosixPath(boundary).name}"
        if not self.site.checkpoints.find(target, checkpoint.STATE):
            with open_draft() as copies:
                source = bring_folder(self.site.staging.locate(f"{boundary}/{CHECKPOINT}"), copies)
                self.site.checkpoints.publish(source, target, checkpoint.STATE)
        self._record(target)

    def _list_published(self) -> list[str]:
        """The folders of checkpoints whose events are committed, below where checkpoints lie, in the order of their steps."""
        end = f"/{checkpoint.STATE}"
        return [path.removesuffix(end) for path in self.site.checkpoints.find(self.site.turn.run, end)]

    def _remove(self, folders: Sequence[str]) -> None:
        """Remove checkpoints; what is left of one where that breaks off is none."""
        self.site.checkpoints.remove([f"{folder}/{checkpoint.STATE}" for folder in folders])
        self.site.checkpoints.remove(folders)

    def _record(self, folder: str) -> None:
        place = self.site.checkpoints.locate(folder)
        state = checkpoint.state_of(place)
        turn = self.site.turn
        row = {
            "run": turn.run,
            "step": state.step,
            "round": turn.round,
            "arm": turn.arm,
            "uri": place,
            "final": state.final,
            "tokens": state.tokens,
            "parameters": state.parameters,
            "tokenizer": fingerprint(f"{place}/{TOKENIZER}"),
            "skipped_steps": state.skipped,
            "published_at": datetime.now(UTC),
        }
        frame = self.site.spark.range(1).select(*(F.lit(value).alias(name) for name, value in row.items()))
        note = {"job": self.site.job, "run": turn.run, "round": turn.round, "arm": turn.arm, "step": state.step}
        self.site.catalog.write(CHECKPOINTS, frame, {"run": turn.run, "step": state.step}, note)


def _sums(events: DataFrame, marks: Mapping[str, object]) -> DataFrame:
    """Sums by slice. Those of a boundary that is taken again after a crash are skipped: they stand already."""
    finite = F.col("loss_sum").isNotNull()
    sizes = (F.coalesce(F.sum(F.when(finite, F.col(name)).cast("bigint")), F.lit(0)).alias(name) for name in ("n_tok", "n_bytes"))
    nats = F.coalesce(F.sum("loss_sum"), F.lit(0.0)).alias("nats")
    told = events.withColumns({name: F.lit(value) for name, value in marks.items()})
    return told.groupBy(*marks, "slice").agg(F.count(F.lit(1)).alias("n_events"), *sizes, nats)
