"""Which samples a model learns easily, late or never, and which labels are suspect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from resonance.report.draw.points import Point, draw_map
from resonance.report.parts import Chart, Grid, Key, Section
from resonance.report.wording import count, counted, name, share, start

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Facts
    from resonance.report.labels import Labels, Mapped

COLUMNS = 200
PREFIX = "cartography"
ROLES = {"always": "blue", "sometimes": "teal", "never": "orange"}


def labels(facts: Facts, settings: ReportSettings) -> Section | None:
    """The map of samples and the grid of suspected labels; None where samples have no labels."""
    found = facts.labels
    if not found.current and not found.scored:
        return None
    text = []
    if found.current:
        text.append(f"{counted(found.current, 'sample')} with a label were trained on.")
    if found.scored:
        text.append(
            f"Models that never saw the sample scored {counted(found.scored, 'label')} of round {found.round}: "
            f"{count(found.issues)} ({share(found.issues, found.scored)}) are suspect."
        )
    charts = (_map(found),) if found.mapped else ()
    return Section("labels", "Labels", tuple(text), charts, (_grid(found),) if found.suspects else ())


def _map(found: Labels) -> Chart:
    points = [
        Point(one.variability, one.confidence, ROLES[_learnt(one)], href=f"#{PREFIX}-text-{at}")
        for at, one in enumerate(found.mapped)
    ]
    picture = draw_map(points, "Samples by variability and confidence")
    note = (
        "Each point is one sample: the mean probability of its label over its exposures in training, and how much it moved. Above: "
        "learnt at once. Right: learnt late, or forgotten. Below: never, as wrong labels are. A point leads to its text."
    )
    if found.current > len(found.mapped):
        note += f" {count(len(found.mapped))} of {counted(found.current, 'sample')}, chosen by hash."
    keys = tuple(Key(f"{word} right", role, "dot") for word, role in ROLES.items())
    return Chart("Confidence and variability", Markup("<div>{}{}</div>").format(picture, _texts(found.mapped)), note, keys)


def _learnt(one: Mapped) -> str:
    return "always" if one.right == one.exposures else "sometimes" if one.right else "never"


def _texts(mapped: tuple[Mapped, ...]) -> Markup:
    """The texts behind the points, lowest confidence first, folded; following a link unfolds them."""
    rows = Markup("").join(
        Markup('<p id="{}-text-{}"><b>{:.2f}</b> ± {:.2f} · {} of {} right · <code>{}</code> {}</p>').format(
            PREFIX, place, one.confidence, one.variability, one.right, one.exposures, one.document[:8], _start(one.text)
        )
        for place, one in enumerate(mapped)
    )
    return Markup("<details><summary>{}</summary>{}</details>").format(f"Texts of the {len(mapped)} points", rows)


def _grid(found: Labels) -> Grid:
    rows = tuple(
        (
            one.document[:8],
            name(one.slice),
            name(one.label),
            f"{one.p_label:.3f}",
            name(one.suggested),
            f"{one.p_suggested:.3f}",
            _start(one.text),
        )
        for one in found.suspects
    )
    columns = ("document", "slice", "label", "p", "suggested", "p suggested", "text")
    note = "Least plausible first. A suspicion is no proof: look before you relabel. `resonance explain --sample` tells more."
    return Grid(
        "Suspected labels", columns, rows, frozenset({"p", "p suggested"}), cards=True, note=note, prose=frozenset({"text"})
    )


def _start(text: str | None) -> str:
    return "(not read)" if text is None else start(text, COLUMNS)
