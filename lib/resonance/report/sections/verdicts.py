"""Why slices are weak: a card for each verdict with its evidence and first move; what is open, and which run settles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.causes import ABSTAIN, CAPACITY, CAUSES, CONTAMINATION, COVERAGE, LABEL_NOISE, NOISE_CEILING, SHIFT
from resonance.report.draw.dots import Mark, draw_dots
from resonance.report.draw.dots import Row as Marks
from resonance.report.language import restate, say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.wording import amount, count, difference, name, plain, share
from resonance.tables import VERDICTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

CALLED = {
    CONTAMINATION: "copies or evaluation items",
    LABEL_NOISE: "wrong labels or answers",
    COVERAGE: "too little data",
    SHIFT: "data drawn otherwise than it is used",
    CAPACITY: "a model that is too small",
    NOISE_CEILING: "noise that nothing learns",
}
"""Causes as people say them."""
WHOSE = {"data": "the data", "model": "the model", "annotation": "those who label"}
"""Whose work a cause is."""


@dataclass(frozen=True)
class Judged:
    """Verdicts of the newest round that was looked at, the weakest slice first.

    Args:
        rows: rows of ``verdicts``.
        round: the round; 0 where none was looked at.
    """

    rows: tuple[Row, ...] = ()
    round: int = 0


def gather_verdicts(frames: Mapping[str, DataFrame], shared: Facts) -> Judged:
    """Rows of the newest round on which there is a verdict or a finished attribution; one for each weak slice."""
    looked = max((step["round"] for step in shared.steps if step["job"] == "attribute"), default=0)
    if not looked:
        return Judged()
    rows = frames["verdicts"].where(F.col("round") == looked).orderBy(F.desc("score"), "slice").collect()
    return Judged(tuple(rows), looked)


def draw_verdicts(facts: Judged, settings: ReportSettings) -> Block | None:
    """Verdicts and abstentions of a round; None where slices were not looked at."""
    if not facts.round:
        return None
    judged = [row for row in facts.rows if row["cause"] != ABSTAIN]
    unknown = [row for row in facts.rows if row["cause"] == ABSTAIN]
    text = [
        say(
            "Slices are found on one half of the held-out documents of round {number} and confirmed on the other. Each cause has a "
            "test of its own, and a verdict is given only where one of them is certain; else it abstains.",
            number=facts.round,
        ),
        _describe_count(judged, unknown),
    ]
    charts = (_draw_losses(facts.rows[: settings.top_slices]),) if facts.rows else ()
    grids = [*([_list_verdicts(judged)] if judged else []), *([_list_unknown(unknown)] if unknown else [])]
    return Block(say("Whose fault weak slices are"), tuple(text), charts, tuple(grids))


def _describe_count(judged: list[Row], unknown: list[Row]) -> str:
    if not judged and not unknown:
        return say("No slice stands out: none is weaker than the others by more than chance and size allow.")
    of_data = sum(CAUSES[row["cause"]].kind == "data" for row in judged)
    of_model = sum(CAUSES[row["cause"]].kind == "model" for row in judged)
    return say(
        "Found weak: {slices}. The data is at fault in {data}, the model in {model}, nobody in {others}; {unknown} are open.",
        slices=amount(len(judged) + len(unknown), "slice"),
        data=of_data,
        model=of_model,
        others=len(judged) - of_data - of_model,
        unknown=len(unknown),
    )


def _draw_losses(rows: tuple[Row, ...]) -> Chart:
    marks = [
        Marks(
            row["slice"],
            (Mark(row["outside"], "grey", shape="ring"), Mark(row["inside"], "orange" if row["cause"] != ABSTAIN else "blue")),
            difference(row["inside"] - row["outside"]),
        )
        for row in rows
    ]
    title = say("Loss inside and outside of each slice")
    keys = (
        Key(say("outside"), "grey", "ring"),
        Key(say("inside, cause known"), "orange", "dot"),
        Key(say("inside, open"), "blue", "dot"),
    )
    note = say("Held-out documents of the half that confirms; weakest slice first.")
    return Chart(title, draw_dots(marks, title, say("bits per byte")), note, keys)


def _list_verdicts(judged: list[Row]) -> Grid:
    rows = tuple(
        (
            name(row["slice"]),
            say(CALLED[row["cause"]]),
            say(WHOSE[row["kind"]]),
            share(row["confidence"]),
            plain(restate(row["move"])),
            plain(restate(row["reason"])),
        )
        for row in judged
    )
    columns = (
        *(say("slice"), say("cause"), say("whose work"), say("confidence")),
        *(say("first move"), say("evidence")),
    )
    note = say("A verdict on the model or on noise asks for no data, and moves no draw.")
    return Grid(
        say("Verdicts"), columns, rows, frozenset(columns[3:4]), cards=True, note=note, prose=frozenset(columns[4:]), whole=True
    )


def _list_unknown(unknown: list[Row]) -> Grid:
    rows = tuple((name(row["slice"]), count(row["n_checked"]), _say_all(row["settle"]), _say_all(row["reason"])) for row in unknown)
    columns = (say("slice"), say("documents"), say("what would settle it"), say("why it is open"))
    note = say("No verdict is forced: where no test is certain, the run that would decide is named.")
    return Grid(say("Open"), columns, rows, frozenset(columns[1:2]), cards=True, note=note, prose=frozenset(columns[2:]))


def _say_all(text: str) -> str:
    """Several reasons or runs, in the language that is spoken now."""
    return say("; ").join(plain(restate(part)) for part in text.split("; "))


SECTION = Section("verdicts", gather_verdicts, draw_verdicts, reads=(VERDICTS,))
