"""What is left to learn from each slice, held against models that never saw its texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resonance.report.draw.dots import Mark, Row, draw_dots
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.turns import largest, others
from resonance.report.wording import bits, count, counted, name, signed
from resonance.tables import SLICE_EXCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame
    from pyspark.sql import Row as Found

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts


@dataclass(frozen=True)
class References:
    """Rows of ``slice_excess`` of all rounds."""

    excess: tuple[Found, ...] = ()


def gather_references(frames: Mapping[str, DataFrame], shared: Facts) -> References:
    """All rows of the table, which has one for each slice and round."""
    if not shared.rows["slice_excess"]:
        return References()
    return References(tuple(frames["slice_excess"].orderBy("round", "slice").collect()))


def draw_references(facts: References, settings: ReportSettings) -> Block | None:
    """Each slice at the round's model and at its references; None where no reference was trained."""
    newest = max((row["round"] for row in facts.excess), default=0)
    found = {row["slice"]: row for row in facts.excess if row["round"] == newest}
    if not found:
        return None
    top, rest = largest({label: row["n_bytes"] for label, row in found.items()}, settings.top_slices)
    shown = sorted((found[label] for label in top), key=lambda row: (-row["excess"], row["slice"]))
    documents = sum(row["n_docs"] for row in found.values())
    text = (
        f"Models that never saw the text scored {counted(documents, 'document')} of round {newest}. Where the round's model does "
        "worse than they do, there is something left to learn; where both do badly, the text is hard, or noise."
    )
    note = others(rest).capitalize() + " not listed." if rest else ""
    return Block("Against models that never saw the text", (text,), (_chart(shown),), (_grid(shown, note),))


def _chart(shown: list[Found]) -> Chart:
    rows = [
        Row(row["slice"], (Mark(row["reference_bpb"], "grey", shape="ring"), Mark(row["bpb"], "blue")), signed(row["excess"]))
        for row in shown
    ]
    picture = draw_dots(rows, "Bits per byte by slice, at the round's model and its references", "bits per byte")
    keys = (Key("reference models", "grey", "ring"), Key("the round's model", "blue", "dot"))
    return Chart("By slice", picture, "Most left to learn first; beside each row its excess.", keys)


def _grid(shown: list[Found], note: str) -> Grid:
    tuned = any(row["target_gain"] is not None for row in shown)
    rows = tuple(
        (
            name(row["slice"]),
            count(row["n_docs"]),
            bits(row["bpb"]),
            bits(row["reference_bpb"]),
            bits(row["excess"]),
            *((signed(row["target_gain"]),) if tuned else ()),
        )
        for row in shown
    )
    columns = ("slice", "documents", "bits per byte", "reference", "excess", *(("target gain",) if tuned else ()))
    means = "Excess: how far texts stand above their reference, on average; those that stand below count as zero."
    if tuned:
        means += " Target gain: what tuning the reference models on the slices in `tune.slices` takes off their loss."
    return Grid("What is left to learn", columns, rows, frozenset(columns[1:]), note=f"{means} {note}".strip())


SECTION = Section("references", gather_references, draw_references, reads=(SLICE_EXCESS,))
