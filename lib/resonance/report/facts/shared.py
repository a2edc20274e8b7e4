"""The facts that several sections share, as plain small values, and how they are gathered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resonance.core.expression import NO_MORE, Hidden
from resonance.core.turns import HELDOUT, PLAN
from resonance.report.facts.counts import TEXT_BYTES, Cut, SliceCount, count_cuts, count_slices, sum_bytes
from resonance.report.facts.looks import Looks, count_looks
from resonance.report.facts.losses import Losses, sum_losses
from resonance.report.facts.steps import find_hidden, find_latest

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame, Row


SMALL = {
    "rules": ("batch", "position"),
    "plans": ("round", "slice"),
    "evaluations": ("round", "arm", "slice"),
    "steps": ("finished_at", "run"),
    "checkpoints": ("round", "arm", "step"),
}
"""Tables with a row for each slice, round or step that are read as they are, and the order in which they are read."""


@dataclass(frozen=True)
class Facts:
    """What more than one section or the head of the page is written from; all of it is small.

    Args:
        rows: the number of rows of every table.
        texts_shown: whether the corpus is small enough to read a few of its texts.
        hidden: what the user had texts searched for: no page shows it.
        steps: the newest run of each step.
    """

    rows: Mapping[str, int]
    texts_shown: bool = True
    hidden: Hidden = NO_MORE
    steps: tuple[Row, ...] = ()
    slices: tuple[SliceCount, ...] = ()
    cuts: tuple[Cut, ...] = ()
    losses: tuple[Losses, ...] = ()
    rules: tuple[Row, ...] = ()
    plans: tuple[Row, ...] = ()
    evaluations: tuple[Row, ...] = ()
    checkpoints: tuple[Row, ...] = ()
    looks: Looks = Looks()

    def find_part(self, part: str, round: int = 0, arm: str = "") -> dict[str, SliceCount]:
        """Counts by slice of one part."""
        return {c.slice: c for c in self.slices if (c.part, c.round, c.arm) == (part, round, arm)}

    def find_draws(self) -> list[tuple[int, str]]:
        """Each (round, arm) that documents were drawn for, in order; the plan before its control."""
        found = {(c.round, c.arm) for c in self.slices if c.part == "draw" and c.arm != HELDOUT}
        return sorted(found, key=lambda turn: (turn[0], turn[1] != PLAN, turn[1]))

    def find_models(self) -> dict[tuple[int, str], Row]:
        """The last checkpoint of each (round, arm), by the newest run that trained it to the end."""
        runs = {step["run"] for step in self.steps}
        return {(row["round"], row["arm"]): row for row in self.checkpoints if row["final"] and row["run"] in runs}

    @property
    def finished_at(self) -> datetime | None:
        """When the newest step ended."""
        return max((step["finished_at"] for step in self.steps), default=None)


def gather_facts(
    frames: Mapping[str, DataFrame], counts: Mapping[str, int] | None, per_batch: Collection[str], pool: Executor
) -> Facts:
    """The shared facts, from sums and from small tables.

    Args:
        frames: every table by name.
        counts: the rows of every table, where they are known; else they are counted.
        per_batch: jobs that work on one batch.
        pool: where queries run side by side.
    """
    rows = dict(counts or zip(frames, pool.map(lambda table: frames[table].count(), frames), strict=True))

    def ask(table: str, find: Callable[..., Any], *of: Any) -> Future[Any]:
        """What a query finds, later; an empty tuple if the table is empty."""
        return pool.submit(find, *of) if rows[table] else pool.submit(tuple)

    def read(table: str) -> tuple[Row, ...]:
        return tuple(frames[table].orderBy(*SMALL[table]).collect())

    small = {table: ask(table, read, table) for table in SMALL}
    slices = ask("raw" if rows["raw"] else "documents", count_slices, frames)
    looked = (frames[table] for table in ("sample_weights", "signal_event", "sample_plan"))
    looks = pool.submit(count_looks, *looked) if rows["signal_event"] else None
    cuts = ask("rejects", count_cuts, frames["rejects"])
    held = ask("documents", sum_bytes, frames["documents"])
    steps = find_latest(small["steps"].result(), per_batch)
    losses = ask("signal_event", sum_losses, frames["signal_event"], steps, slices.result())
    return Facts(
        rows=rows,
        texts_shown=(held.result() or 0) <= TEXT_BYTES,
        hidden=find_hidden(steps),
        steps=steps,
        slices=slices.result(),
        cuts=cuts.result(),
        losses=losses.result(),
        looks=looks.result() if looks else Looks(),
        **{table: asked.result() for table, asked in small.items() if table != "steps"},
    )
