"""Which samples a model learns at once, late or never, and which labels are suspect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup
from pyspark.sql import functions as F

from resonance.report.draw.points import Point, draw_map
from resonance.report.facts.texts import read_starts
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.wording import amount, count, excerpt, join_sentences, name, share
from resonance.tables import DOCUMENTS, LABEL_QUALITY, SIGNAL_STATE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

POINTS = 300
SUSPECTS = 20
PREFIX = "cartography"
ROLES = {"always": "blue", "sometimes": "teal", "never": "orange"}
RATES = {"always": "always right", "sometimes": "sometimes right", "never": "never right"}


@dataclass(frozen=True)
class Mapped:
    """One sample on the map; ``text`` where texts were read."""

    document: str
    confidence: float
    variability: float
    right: int
    exposures: int
    text: str | None


@dataclass(frozen=True)
class Suspect:
    """A label that models which never saw the sample find implausible."""

    document: str
    slice: str
    label: str
    suggested: str
    p_label: float
    p_suggested: float
    text: str | None


@dataclass(frozen=True)
class Labels:
    """What is shown of labels: ``current`` counts samples with states, ``scored`` and ``issues`` labels."""

    current: int = 0
    mapped: tuple[Mapped, ...] = ()
    round: int | None = None
    scored: int = 0
    issues: int = 0
    suspects: tuple[Suspect, ...] = ()


def gather_labels(frames: Mapping[str, DataFrame], shared: Facts) -> Labels:
    """A sample of ``POINTS`` states, chosen by hash, and the ``SUSPECTS`` lowest of the newest round's suspected labels.

    Two scans of states and of label qualities; where texts are shown one of documents, which brings the starts of these texts.
    """
    if not shared.rows["signal_state"]:
        return Labels()
    states = frames["signal_state"].where("confidence IS NOT NULL AND current")
    current = states.count()
    chosen = states.orderBy(F.xxhash64("doc_id")).limit(POINTS).collect() if current else []
    newest = frames["label_quality"].agg(F.max("round")).collect()[0][0]
    quality = frames["label_quality"].where(F.col("round") == newest)
    sums = quality.agg(F.count(F.lit(1)).alias("scored"), F.count_if("issue").alias("issues")).collect()[0]
    worst = quality.where("issue").orderBy("quality", "doc_id").limit(SUSPECTS).collect() if sums["issues"] else []
    ids = {bytes(row["doc_id"]) for row in (*chosen, *worst)}
    texts = read_starts(frames["documents"], ids, shared)
    return Labels(
        current=current,
        mapped=tuple(_read_sample(row, texts) for row in sorted(chosen, key=lambda row: (row["confidence"], bytes(row["doc_id"])))),
        round=newest,
        scored=sums["scored"],
        issues=sums["issues"],
        suspects=tuple(_read_suspect(row, texts) for row in worst),
    )


def _read_sample(row: Row, texts: Mapping[bytes, str]) -> Mapped:
    id = bytes(row["doc_id"])
    return Mapped(id.hex(), row["confidence"], row["variability"], row["n_correct"], row["n_labelled"], texts.get(id))


def _read_suspect(row: Row, texts: Mapping[bytes, str]) -> Suspect:
    id = bytes(row["doc_id"])
    figures = (row["slice"], row["label"], row["suggested"], row["p_label"], row["p_suggested"])
    return Suspect(id.hex(), *figures, texts.get(id))


def draw_labels(found: Labels, settings: ReportSettings) -> Block | None:
    """The map of samples and the grid of suspected labels; None where samples have no labels."""
    if not found.current and not found.scored:
        return None
    text = []
    if found.current:
        text.append(say("{samples} with a label were trained on.", samples=amount(found.current, "sample")))
    if found.scored:
        text.append(
            say(
                "Models that never saw the sample scored {labels} of round {number}: {issues} ({share}) are suspect.",
                labels=amount(found.scored, "label"),
                number=found.round,
                issues=count(found.issues),
                share=share(found.issues, found.scored),
            )
        )
    charts = (_draw_samples(found),) if found.mapped else ()
    return Block(say("Labels"), tuple(text), charts, (_list_suspects(found),) if found.suspects else ())


def _draw_samples(found: Labels) -> Chart:
    points = [
        Point(one.variability, one.confidence, ROLES[_rate_learning(one)], href=f"#{PREFIX}-text-{at}")
        for at, one in enumerate(found.mapped)
    ]
    picture = draw_map(points, say("Samples by variability and confidence"))
    note = [
        say(
            "Each point is one sample: the mean probability of its label over its exposures in training, and how much it moved. "
            "Above: learnt at once. Right: learnt late, or forgotten. Below: never, as wrong labels are. A point leads to its text."
        )
    ]
    if found.current > len(found.mapped):
        shown, samples = count(len(found.mapped)), amount(found.current, "sample")
        note.append(say("{shown} of {samples}, chosen by hash.", shown=shown, samples=samples))
    keys = tuple(Key(say(RATES[rate]), role, "dot") for rate, role in ROLES.items())
    picture = Markup("<div>{}{}</div>").format(picture, _list_texts(found.mapped))
    return Chart(say("Confidence and variability"), picture, join_sentences(note), keys)


def _rate_learning(one: Mapped) -> str:
    return "always" if one.right == one.exposures else "sometimes" if one.right else "never"


def _list_texts(mapped: tuple[Mapped, ...]) -> Markup:
    """The texts behind the points, lowest confidence first, folded; following a link unfolds them."""
    rows = Markup("").join(
        Markup('<p id="{}-text-{}"><b>{:.2f}</b> ± {:.2f} · {} · <code>{}</code> {}</p>').format(
            PREFIX,
            place,
            one.confidence,
            one.variability,
            say("{right} of {exposures} right", right=one.right, exposures=one.exposures),
            one.document[:8],
            excerpt(one.text),
        )
        for place, one in enumerate(mapped)
    )
    title = say("Texts of the {number} points", number=len(mapped))
    return Markup("<details><summary>{}</summary>{}</details>").format(title, rows)


def _list_suspects(found: Labels) -> Grid:
    rows = tuple(
        (
            one.document[:8],
            name(one.slice),
            name(one.label),
            f"{one.p_label:.3f}",
            name(one.suggested),
            f"{one.p_suggested:.3f}",
            excerpt(one.text),
        )
        for one in found.suspects
    )
    columns = (say("document"), say("slice"), say("label"), "p", say("suggested"), say("p suggested"), say("text"))
    note = say("Least plausible first. A suspicion is no proof: look before you relabel. `resonance explain --sample` shows more.")
    numbers, prose = frozenset((columns[3], columns[5])), frozenset(columns[6:])
    return Grid(say("Suspected labels"), columns, rows, numbers, cards=True, note=note, prose=prose)


SECTION = Section("labels", gather_labels, draw_labels, reads=(SIGNAL_STATE, LABEL_QUALITY, DOCUMENTS))
