"""What commands print of verdicts: those of a round, and all that is known of one slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.core.causes import ABSTAIN
from resonance.core.errors import ResonanceError
from resonance.core.printable import escape_hidden
from resonance.core.turns import PLAN
from resonance.core.work import Work

Frames = Mapping[str, DataFrame]
BETWEEN = " = "
"""Stands in every predicate of a slice, and in no doc_id."""


def list_verdicts(frames: Frames, number: int | None) -> list[str | Table]:
    """The verdicts of one round (the newest by default), the weakest slice first; what was abstained on stands below, with the run
    that would settle it.

    Raises:
        ResonanceError: slices of that round were not looked at.
    """
    rows = frames["verdicts"].collect()
    chosen = choose_round(frames, rows, number)
    mine = sorted((row for row in rows if row["round"] == chosen), key=lambda row: (-row["score"], row["slice"]))
    if not mine:
        return [f"round {chosen}: no slice stands out as weak among the held-out documents"]
    judged, unknown = ([row for row in mine if (row["cause"] == ABSTAIN) == abstained] for abstained in (False, True))
    parts: list[str | Table] = []
    for title, some in (("Verdicts of round {}: why slices are weak", judged), ("Slices of round {} whose cause is open", unknown)):
        if some:
            parts += [_draw_table(title.format(chosen), some), *(_tell_verdict(row) for row in some)]
    return parts


def list_work(work: Sequence[Work]) -> list[str | Table]:
    """What is to be done about weak slices, and what was closed, with the reason."""
    table = Table(title="Open work", title_justify="left")
    for name in ("item", "since round", "kind", "role", "slice", "cause", "first move"):
        table.add_column(name, justify="right" if name == "since round" else "left", overflow="fold")
    for one in work:
        if not one.closed:
            told = (one.row[name] for name in ("kind", "role", "slice", "cause", "move"))
            table.add_row(one.row["item"], str(one.since), *(escape(escape_hidden(value)) for value in told))
    closed = [f"closed: {one.row['item']}, {one.row['slice']}, {one.row['cause']}: {one.closed}" for one in work if one.closed]
    return [*([table] if table.row_count else []), *map(escape_hidden, closed)]


def describe_slice(frames: Frames, asked: str) -> list[str] | None:
    """What is known of one slice, line by line; None where ``asked`` names none.

    Args:
        frames: all tables.
        asked: predicates as table verdicts has them, or the name of a slice of the plan.

    Raises:
        ResonanceError: it names predicates, and no such slice was weak in any round.
    """
    name = " & ".join(part.strip() for part in asked.split("&"))
    own = name.removeprefix(f"slice{BETWEEN}") if "&" not in name else ""
    verdicts = frames["verdicts"].where(F.col("slice").isin(name, f"slice{BETWEEN}{own}")).orderBy("round").collect()
    plan = frames["plans"].where(F.col("slice") == own).orderBy("round").collect() if own else []
    if not verdicts and not plan:
        if BETWEEN not in name:
            return None
        known = sorted({row["slice"] for row in frames["verdicts"].select("slice").distinct().collect()})
        there = f"table verdicts has {', '.join(known)}" if known else "`resonance attribute` looks for weak slices"
        raise ResonanceError(f"no verdict on slice {name!r}: {there}")
    lines = [f"slice     {verdicts[0]['slice'] if verdicts else own}"]
    lines += [f"plan      round {row['round']}: {row['weight']:.2%} of the budget: {row['reason']}" for row in plan]
    held = frames["evaluations"].where((F.col("slice") == own) & (F.col("arm") == PLAN)).orderBy("round").collect() if own else []
    lines += [
        f"held out  round {row['round']}: {row['bpb']:.3f} bits per byte ({row['low']:.3f} to {row['high']:.3f}) over "
        f"{row['n_docs']:,} documents"
        for row in held
    ]
    lines += [line for row in verdicts for line in _describe_verdict(row)]
    lines += [] if verdicts else ["verdict   none: no round found it weak"]
    return [escape_hidden(line) for line in lines]


def choose_round(frames: Frames, verdicts: Sequence[Row | Mapping[str, Any]], number: int | None) -> int:
    """The round that is asked for, or the newest whose slices were looked at.

    Raises:
        ResonanceError: those of that round were not.
    """
    steps = frames["steps"].where(F.col("job") == "attribute").select("round").distinct().collect()
    rounds = sorted({row["round"] for row in (*verdicts, *steps)})
    if not rounds:
        raise ResonanceError("table verdicts is empty: run `resonance attribute` first")
    if number is not None and number not in rounds:
        raise ResonanceError(f"no verdicts on round {number}: there are verdicts on rounds {rounds}")
    return int(rounds[-1] if number is None else number)


def _draw_table(title: str, rows: list[Row]) -> Table:
    """One line for each slice: losses are bits per byte, on the half of the held-out documents that confirms."""
    table = Table(title=title, title_justify="left")
    for name in ("slice", "documents", "inside", "outside", "effect", "cause", "confidence"):
        table.add_column(name, justify="left" if name in ("slice", "cause") else "right", overflow="fold")
    for row in rows:
        table.add_row(
            escape(escape_hidden(row["slice"])),
            f"{row['n_checked']:,}",
            f"{row['inside']:.3f}",
            f"{row['outside']:.3f}",
            f"{row['effect']:.2f}",
            row["cause"],
            "" if row["confidence"] is None else f"{row['confidence']:.1%}",
        )
    return table


def _tell_verdict(row: Row) -> str:
    """What to do first, or which run would settle it; and why."""
    what = row["move"] if row["settle"] is None else f"settled by {row['settle']}"
    return escape_hidden(f"{row['slice']}: {what}: {row['reason']}")


def _describe_verdict(row: Row) -> list[str]:
    """Lines on one verdict: what was found, each test, and what to do."""
    chance = "" if row["adjusted_p"] is None else f", adjusted p {row['adjusted_p']:.2g}"
    lines = [
        f"weak      round {row['round']}: {row['inside']:.3f} bits per byte inside, {row['outside']:.3f} outside, over "
        f"{row['n_checked']:,} held-out documents (effect {row['effect']:.2f}{chance})",
        f"verdict   round {row['round']}: {row['cause']}: {row['reason']}",
    ]
    lines += [f"test      {name}: {state}" for name, state in sorted((row["tests"] or {}).items())]
    lines += [f"measured  {name} {value:.4g}" for name, value in sorted((row["statistics"] or {}).items()) if value is not None]
    return [*lines, f"move      {row['move']}" if row["settle"] is None else f"settled by {row['settle']}"]
