"""The job that turns verdicts into work: for each slice whose cause is known, what to do first, whose work it is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.causes import ABSTAIN, CAUSES
from resonance.core.frames import make_frame, parse_schema
from resonance.core.hashes import hash_text
from resonance.core.job import Turn
from resonance.core.moves import Moves, find_metric, parse_moves
from resonance.core.settings import ProposeSettings, TaskSettings

COLUMNS = parse_schema(
    "round int, item string, kind string, slice string, cause string, act string, move string, role string, evidence string, "
    "confidence double, low double, high double"
)


def propose_work(verdicts: DataFrame, *, settings: ProposeSettings, task: TaskSettings, turn: Turn) -> DataFrame:
    """Rows of ``work_items`` for ``turn.round``: one for each verdict that names a cause; abstentions ask for no work.

    The driver sees one row for each slice.
    """
    moves = parse_moves(settings.moves, "of propose.moves")
    mine = verdicts.where((F.col("round") == turn.round) & (F.col("cause") != ABSTAIN)).orderBy("slice").collect()
    rows = [_make_item(row.asDict(), moves, find_metric(task), turn.round) for row in mine]
    return make_frame(verdicts.sparkSession, rows, COLUMNS)


def name_item(slice: str, cause: str) -> str:
    """What an item is called in every round in which its slice is weak for the same cause."""
    return hash_text(f"{slice}\0{cause}")


def _make_item(row: Mapping[str, Any], moves: Moves, metric: str, round: int) -> tuple[object, ...]:
    move = moves.find(row["cause"], metric)
    known = (row["slice"], row["cause"], move.act, move.move, move.role, row["reason"], row["confidence"], row["low"], row["high"])
    return (round, name_item(row["slice"], row["cause"]), CAUSES[row["cause"]].kind, *known)
