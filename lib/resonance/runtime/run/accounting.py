"""Counts what a step read, wrote and cut, and stops the run where rows are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import ConservationError
from resonance.core.job import Step
from resonance.core.ledger import mark_cut
from resonance.core.table import Catalog, Commit, Slice, Table
from resonance.runtime.storage.conditions import is_inside, where
from resonance.tables import DOCUMENTS, FILES, RAW, REJECTS, SAMPLE_PLAN, SIGNAL_EVENT

FEW = 100_000
"""Rows of a table that are counted without an engine."""


class Files(NamedTuple):
    """How many files a step read, and how many there are: it took over the rows of the others."""

    opened: int
    present: int


@dataclass(frozen=True)
class Outcome:
    """What one step did: rows, versions, time, files that it opened, rows of the tables that it filled; or why it was skipped."""

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
    files: Files | None = None
    filled: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows_cut(self) -> int:
        """Rows that the step cut, each counted at the first rule that it failed."""
        return sum(self.cut.values())


@dataclass(frozen=True)
class Count:
    """Rows of one step."""

    rows_in: int
    rows_out: int
    cut: Mapping[str, int] = field(default_factory=dict)


def count(
    step: Step, run: str, catalog: Catalog, first: DataFrame | int, rejected: Slice, commits: Mapping[Table, Commit]
) -> Count:
    """The rows of a finished step, held against each other.

    ``first`` is the frame that the step cuts, or the number of rows that it read from sources; ``rejected`` is the slice of
    ``rejects`` that it wrote.

    Raises:
        ConservationError: rows in are not rows out plus rows cut, or a draw is not the sum of its copies.
    """
    if REJECTS in step.job.writes:
        return _count_cuts(step, catalog, first, rejected, commits)
    if SAMPLE_PLAN in commits:
        return Count(0, _count_draws(step, catalog, commits[SAMPLE_PLAN].rows))
    if commits:
        return Count(0, sum(commit.rows for commit in commits.values()))
    return Count(0, catalog.read(SIGNAL_EVENT).where(F.col("run") == run).count())


def _count_cuts(step: Step, catalog: Catalog, first: DataFrame | int, rejected: Slice, commits: Mapping[Table, Commit]) -> Count:
    rejects = catalog.read(REJECTS).where(where(rejected))
    cut = _count_by_rule(catalog, rejects, rejected) if commits[REJECTS].rows else {}
    if DOCUMENTS in commits or RAW in commits:
        rows_in = first if isinstance(first, int) else first.count()
        rows_out = commits[DOCUMENTS if DOCUMENTS in commits else RAW].rows
    else:
        assert not isinstance(first, int)
        rows_in, rows_out = _count_kept(step, mark_cut(first, rejects))
    if rows_in != rows_out + sum(cut.values()):
        names = ", ".join(table.name for table in commits)
        raise ConservationError(f"{step}: {rows_in} rows in, but {rows_out} out and {sum(cut.values())} cut; tables {names}")
    return Count(rows_in, rows_out, cut)


def _count_by_rule(catalog: Catalog, rejects: DataFrame, rejected: Slice) -> dict[str, int]:
    """Rows of a slice of ``rejects`` by the first rule that they failed."""
    few = _read_few(catalog, REJECTS, ("rank", "rule"), rejected)
    if few is not None:
        return dict(Counter(row["rule"] for row in few if row["rank"] == 1))
    return {row["rule"]: row["count"] for row in rejects.where("rank = 1").groupBy("rule").count().collect()}


def count_files(catalog: Catalog, files: Slice, commits: Mapping[Table, Commit]) -> Files | None:
    """The files of a step that wrote some into table ``files``. None where it did not."""
    if FILES not in commits or not commits[FILES].rows:
        return None
    few = _read_few(catalog, FILES, ("state", "opened"), files)
    if few is not None:
        present = [row for row in few if row["state"] == "present"]
        return Files(sum(bool(row["opened"]) for row in present), len(present))
    there = catalog.read(FILES).where(where(files)).where("state = 'present'")
    row = there.agg(F.count_if("opened").alias("opened"), F.count(F.lit(1)).alias("present")).collect()[0]
    return Files(row["opened"], row["present"])


def _read_few(catalog: Catalog, table: Table, columns: tuple[str, ...], slice: Slice) -> list[dict[str, Any]] | None:
    """Rows of a slice of a small table: no engine plans a query for them. None where it is large."""
    if catalog.count(table) > FEW:
        return None
    return [row for row in catalog.rows(table, (*columns, *slice)) if is_inside(row, slice)]


def _count_kept(step: Step, marked: DataFrame) -> tuple[int, int]:
    """How many documents there are, and how many of them no step cut: one scan of ids.

    Raises:
        ConservationError: two of them have one doc_id, where the step looks at the whole corpus.
    """
    stays = ~F.col("cut")
    ids = F.countDistinct(F.when(stays, F.col("doc_id"))) if step.job.per == "corpus" else F.count_if(stays)
    row = marked.agg(F.count(F.lit(1)).alias("came"), F.count_if(stays).alias("rows"), ids.alias("ids")).collect()[0]
    if row["rows"] != row["ids"]:
        raise ConservationError(f"{step}: {row['rows']} documents stay, with {row['ids']} ids; run ingest again for all batches")
    return int(row["came"]), int(row["rows"])


def _count_draws(step: Step, catalog: Catalog, rows: int) -> int:
    drawn = catalog.read(SAMPLE_PLAN).where((F.col("round") == step.round) & (F.col("arm") == step.arm))
    per_document = drawn.groupBy("epoch", "doc_id").agg((F.max("copy") + 1).alias("copies"))
    copies = per_document.agg(F.coalesce(F.sum("copies"), F.lit(0))).collect()[0][0]
    passes = drawn.groupBy("epoch").agg(F.countDistinct("pos").alias("places"), (F.max("pos") + 1).alias("last"))
    found = passes.agg(*(F.coalesce(F.sum(name), F.lit(0)) for name in ("places", "last"))).collect()[0]
    if not rows == copies == found[0] == found[1]:
        raise ConservationError(f"table sample_plan, {step}: {rows} rows, {copies} copies, {found[0]} places up to {found[1]}")
    return rows
