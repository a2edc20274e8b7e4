"""Shared facts of a loop of two rounds with as many slices as asked for: sections are tested without Spark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import Row

from resonance.report.facts.counts import Cut, SliceCount
from resonance.report.facts.losses import Losses
from resonance.report.facts.shared import Facts

START = datetime(2030, 1, 1, tzinfo=UTC)
TURNS = ((1, "plan"), (2, "plan"), (2, "control"))
NAMES = ("one", "two")


def make_step(
    job: str, came: int, cut: dict[str, int], written: dict[str, int], turn: tuple[int, str] = (0, "plan"), **read: int
) -> Row:
    gone = sum(cut.values())
    return Row(
        run=f"{job}{turn[0]}{turn[1]}", job=job, batch="main", round=turn[0], arm=turn[1], rows_in=came, rows_out=came - gone,
        rows_cut=gone, cut_by_rule=cut, written=written, read=read, made_of=None,
        seconds=12.5, finished_at=START + timedelta(minutes=turn[0]),
    )  # fmt: skip


def loop_facts(names: tuple[str, ...] = NAMES, **other: Any) -> Facts:
    size = len(names)
    parts = [("read", 0, "", 20, 20), ("kept", 0, "", 15, 15)]
    parts += [("draw", round_, arm, 5, 6) for round_, arm in ((0, "heldout"), *TURNS)]
    steps = (
        make_step("ingest", 20 * size, {}, {"raw": 0, "rejects": 0}),
        make_step("clean", 20 * size, {}, {"documents": 0, "rejects": 1}),
        make_step("judge", 20 * size, {"gopher_short_doc": size}, {"rejects": 2, "rules": 0}),
        make_step("dedupe", 19 * size, {"exact_duplicate": 4 * size}, {"rejects": 2}),
        make_step("decontaminate", 15 * size, {}, {"contamination": 0, "rejects": 3}, evaluation_items=1),
        *(make_step("train", 0, {}, {"signal_event": turn[0]}, turn) for turn in TURNS),
    )
    facts: dict[str, Any] = {
        "rows": {"raw": 20 * size, "documents": 19 * size, "plans": 3 * size},
        "steps": steps,
        "slices": tuple(SliceCount(*part[:3], name, *part[3:], 1_000 * part[3]) for name in names for part in parts),
        "cuts": (Cut("judge", "gopher_short_doc", names[0], size), Cut("dedupe", "exact_duplicate", names[0], 4 * size)),
        "losses": tuple(
            Losses(*turn, "train", stretch, 3 * size, 2_000.0 * size, 300 * size, 1_000 * size)
            for turn in TURNS
            for stretch in (0, 1)
        ),
        "checkpoints": tuple(
            Row(
                run=f"train{round_}{arm}",
                round=round_,
                arm=arm,
                final=True,
                parameters=461_280,
                tokens=40_000 if arm == "plan" else 40_100,
                published_at=START,
            )
            for round_, arm in TURNS
        ),
    }
    return Facts(**{**facts, **other})


def change_rows(rows: tuple[Row, ...], **values: Any) -> tuple[Row, ...]:
    """The rows with some values replaced in each."""
    return tuple(Row(**{**row.asDict(), **values}) for row in rows)
