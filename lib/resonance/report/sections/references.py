"""What is left to learn from each slice: the round's model compared with models that never saw the texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resonance.report.draw.dots import Mark, Row, draw_dots
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.turns import name_others, split_largest
from resonance.report.wording import amount, bits, count, difference, join_sentences, name
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
    """Bits per byte of each slice by the round's model and by its references; None where no reference was trained."""
    newest = max((row["round"] for row in facts.excess), default=0)
    found = {row["slice"]: row for row in facts.excess if row["round"] == newest}
    if not found:
        return None
    top, rest = split_largest({label: row["n_bytes"] for label, row in found.items()}, settings.top_slices)
    shown = sorted((found[label] for label in top), key=lambda row: (-row["excess"], row["slice"]))
    documents = sum(row["n_docs"] for row in found.values())
    text = say(
        "Models that never saw the text scored {documents} of round {number}. Where the round's model does worse than they do, "
        "there is something left to learn; where both do badly, the text is hard, or noise.",
        documents=amount(documents, "document"),
        number=newest,
    )
    note = say("{others} not listed.", others=name_others(rest)) if rest else ""
    return Block(say("Against models that never saw the text"), (text,), (_draw_slices(shown),), (_list_slices(shown, note),))


def _draw_slices(shown: list[Found]) -> Chart:
    rows = [
        Row(row["slice"], (Mark(row["reference_bpb"], "grey", shape="ring"), Mark(row["bpb"], "blue")), difference(row["excess"]))
        for row in shown
    ]
    picture = draw_dots(rows, say("Bits per byte by slice, at the round's model and its references"), say("bits per byte"))
    keys = (Key(say("reference models"), "grey", "ring"), Key(say("the round's model"), "blue", "dot"))
    return Chart(say("By slice"), picture, say("Most left to learn first; beside each row its excess."), keys)


def _list_slices(shown: list[Found], note: str) -> Grid:
    tuned = any(row["target_gain"] is not None for row in shown)
    rows = tuple(
        (
            name(row["slice"]),
            count(row["n_docs"]),
            bits(row["bpb"]),
            bits(row["reference_bpb"]),
            bits(row["excess"]),
            *((difference(row["target_gain"]),) if tuned else ()),
        )
        for row in shown
    )
    columns: tuple[str, ...] = (say("slice"), say("documents"), say("bits per byte"), say("reference"), say("excess"))
    means = [say("Excess: by how much texts are above their reference, on average; texts below it count as zero.")]
    if tuned:
        columns += (say("target gain"),)
        means.append(say("Target gain: what tuning the reference models on the slices in `tune.slices` takes off their loss."))
    return Grid(say("What is left to learn"), columns, rows, frozenset(columns[1:]), note=join_sentences((*means, note)))


SECTION = Section("references", gather_references, draw_references, reads=(SLICE_EXCESS,))
