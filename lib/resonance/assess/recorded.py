"""What a workspace keeps of the assessments of a dataset: earlier ones, as far as a new one is held against them, and its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.assess import Assessment, assess
from resonance.assess.gates import judge_people, judge_rules
from resonance.assess.history import Comparison, Distribution, compare, read_past
from resonance.assess.history import Past as Baseline
from resonance.assess.operators import OPERATORS
from resonance.assess.pieces import Gathered, Piece, describe
from resonance.assess.record import (
    ALL_ROWS,
    GATE_COLUMNS,
    MADE_BY,
    METRIC_COLUMNS,
    REPORT_COLUMNS,
    RESULT_COLUMNS,
    STATE_COLUMNS,
    list_metric_rows,
    list_result_rows,
    list_state_rows,
    make_gate_row,
    make_report_row,
    read_pieces,
)
from resonance.core.dataset import DatasetContract
from resonance.core.frames import make_frame
from resonance.core.gates import GATES, PEOPLE, RULES, Gate, find_approval, find_gate
from resonance.core.hashes import hash_text
from resonance.core.profile import Profile
from resonance.core.quality import Past, Unusual
from resonance.core.records import Records
from resonance.core.table import Catalog, Slice, Table
from resonance.tables import APPROVALS, QUALITY_GATE, QUALITY_METRIC, QUALITY_REPORT, QUALITY_RESULT, QUALITY_STATE

Row = Mapping[str, Any]
Frames = tuple[DataFrame, DataFrame, DataFrame, DataFrame, DataFrame]


@dataclass(frozen=True)
class Kept:
    """Rows of tables about one dataset; none where it was never assessed.

    Args:
        results: of the first gate, over all rows.
        metrics: totals and groups, over all rows.
    """

    dataset: str
    states: Sequence[Row] = ()
    results: Sequence[Row] = ()
    metrics: Sequence[Row] = ()
    reports: Sequence[Row] = ()
    gates: Sequence[Row] = ()
    approvals: Sequence[Row] = ()

    @cached_property
    def pieces(self) -> list[Gathered]:
        """What was gathered over pieces of the dataset."""
        return read_pieces(self.states, self.dataset)

    def find_round(self, id: str) -> int:
        """The number of an assessment: that of the newest one where it is the same, else the next."""
        newest = max(self.reports, key=lambda row: int(row["round"]), default=None)
        return 1 if newest is None else int(newest["round"]) + (newest["assessment"] != id)

    def find_baseline(self, before: int) -> Baseline:
        """What accepted assessments before this one found."""
        return read_past(self.results, list_accepted(self.gates, self.approvals, before))

    def list_past(self, before: int | None = None) -> tuple[Past, ...]:
        """Assessments before this one, or all of them, oldest first, as reports tell them."""
        own = sorted((row for row in self.reports if before is None or row["round"] < before), key=lambda row: int(row["round"]))
        return tuple(self._tell(row) for row in own)

    def _tell(self, report: Row) -> Past:
        groups = {row["number"]: row["score"] for row in self.metrics if _is_of(row, report) and row["level"] == "group"}
        scores = {row["operator"]: row["score"] for row in self.results if _is_of(row, report)}
        made = report["as_of"]
        return Past(
            report["version"],
            made.replace(tzinfo=made.tzinfo or UTC) if made else None,
            report["grade"],
            report["score"],
            {number: score for number, score in groups.items() if score is not None},
            {operator: score for operator, score in scores.items() if score is not None},
        )

    def list_gates(self) -> tuple[Gate, ...]:
        """Where the dataset stands at each gate that is on record, in its newest round."""
        rows = [row for name in GATES if (row := find_gate(self.gates, name, self.dataset))]
        return tuple(read_gate(row, self.approvals) for row in rows)


def recall(catalog: Catalog, dataset: str) -> Kept:
    """What the tables of a workspace hold about a dataset."""

    def find(table: Table, condition: str = "true") -> list[dict[str, Any]]:
        return collect(catalog.read(table).where(condition), dataset)

    whole = f"stratum = '{ALL_ROWS}'"  # in words: no session need be there yet for them
    if not catalog.exists(QUALITY_REPORT):
        return Kept(dataset)
    return Kept(
        dataset,
        find(QUALITY_STATE),
        find(QUALITY_RESULT, f"gate = '{RULES}' AND {whole}"),
        find(QUALITY_METRIC, whole),
        find(QUALITY_REPORT),
        find(QUALITY_GATE),
        find(APPROVALS),
    )


def assess_again(
    kept: Kept,
    rows: DataFrame,
    pieces: Sequence[Piece],
    version: str,
    contract: DatasetContract,
    profile: Profile,
    now: datetime,
    records: Records,
) -> Rows:
    """An assessment of a dataset of which earlier ones are kept: of pieces that are known, only ages at another moment are read.

    Args:
        kept: what tables hold of it.
        rows: all rows of the dataset.
        pieces: the same in pieces.
        version: that of the dataset.
        contract: what it promises.
        profile: what counts how much.
        now: the moment at which ages are taken.
        records: what is known beside the rows.
    """
    found = assess(rows, contract, profile, now, records, pieces=pieces, known=kept.pieces)
    id = identify_dataset((version, *(piece.mark for piece in pieces)), contract, profile, records.books)
    round = kept.find_round(id)
    baseline = kept.find_baseline(round)
    return Rows(found, kept.dataset, round, id, version, contract, profile, found.distributions, baseline, now)


def collect(rows: DataFrame, dataset: str) -> list[dict[str, Any]]:
    """The rows of a small table about a dataset."""
    return [row.asDict() for row in rows.where(F.col("dataset") == dataset).collect()]


def list_accepted(gates: Iterable[Row], approvals: Iterable[Row], before: int) -> list[int]:
    """Rounds before this one whose rows passed the first gate, or were let through."""
    own, given = [row for row in gates if row["gate"] == RULES and row["round"] < before], list(approvals)
    return sorted(row["round"] for row in own if row["state"] == "passed" or find_approval(given, row))


def identify_dataset(version: Sequence[str], contract: DatasetContract, profile: Profile, books: Mapping[str, Any]) -> str:
    """The identity of an assessment of a dataset outside of the workspace: rows, promises, records, and what measures them."""
    operators = [(operator.id, operator.version) for operator in OPERATORS]
    said = describe([version, contract, profile, dict(books), operators, MADE_BY])
    return hash_text(json.dumps(said, sort_keys=True, ensure_ascii=False, default=str))


@dataclass(frozen=True)
class Rows:
    """An assessment and all that its rows say."""

    found: Assessment
    dataset: str
    round: int
    id: str
    version: str
    contract: DatasetContract
    profile: Profile
    distributions: Mapping[str, Distribution]
    baseline: Baseline
    as_of: datetime | None = None

    @cached_property
    def compared(self) -> dict[str, Comparison]:
        """How each operator stands to its past."""
        whole = (result for result in self.found.results if not result.stratum)
        return {r.operator: compare(r.operator, r.score, self.distributions.get(r.operator, {}), self.baseline) for r in whole}

    def list_unusual(self) -> Iterator[Unusual]:
        """Operators that stand apart from their past."""
        scores = {result.operator: result.score for result in self.found.results if not result.stratum}
        for operator, one in self.compared.items():
            if one.stands_apart:
                yield Unusual(operator, scores[operator], one.usual, one.deviation, one.shift)

    def judge_gates(self) -> tuple[Gate, Gate]:
        """The first two gates."""
        return judge_rules(self.found, self.dataset), judge_people()

    def list_gates(self, kept: Kept) -> tuple[Gate, ...]:
        """The same with what somebody let through."""
        rows = [make_gate_row(gate, self.dataset, self.round, self.id) for gate in self.judge_gates()]
        return tuple(read_gate(row, kept.approvals) for row in rows)

    def make_frames(self, like: DataFrame) -> Frames:
        """The rows as frames of the session of ``like``."""
        own, found = (self.dataset, self.round), self.found
        made = (
            (list_state_rows(self.dataset, found.pieces), STATE_COLUMNS),
            (list_result_rows(found, *own, self.distributions, self.compared), RESULT_COLUMNS),
            (list_metric_rows(found, *own, self.profile, self.contract.strata), METRIC_COLUMNS),
            ([make_report_row(found, *own, self.id, self.version, self.contract, self.as_of)], REPORT_COLUMNS),
            ([make_gate_row(gate, *own, self.id) for gate in self.judge_gates()], GATE_COLUMNS),
        )
        states, results, metrics, report, stands = (make_frame(like.sparkSession, list(rows), kind) for rows, kind in made)
        return states, results, metrics, report, stands

    def list_writes(self, like: DataFrame) -> list[tuple[Table, DataFrame, Slice]]:
        """Each table with its rows, and the slice that they replace."""
        whole: Slice = {"dataset": self.dataset}
        one: Slice = {**whole, "round": self.round}
        slices = (whole, {**one, "gate": RULES}, one, one, {**one, "gate": (RULES, PEOPLE)})
        tables = (QUALITY_STATE, QUALITY_RESULT, QUALITY_METRIC, QUALITY_REPORT, QUALITY_GATE)
        return list(zip(tables, self.make_frames(like), slices, strict=True))


def _is_of(row: Row, report: Row) -> bool:
    return bool(row["round"] == report["round"])


def read_gate(row: Row, approvals: Iterable[Row]) -> Gate:
    """A row of ``quality_gate`` as reports tell it: a gate that somebody let the dataset through is waived, by whom and why."""
    given = find_approval(approvals, row) if row["state"] == "failed" else None
    if given is not None:
        return Gate(row["gate"], "waived", (f"{given['name']}: {given['reason']}",))
    return Gate(row["gate"], row["state"], tuple(row["reasons"]), tuple(row["mend"]))
