"""Writes the report of an assessment as a page, as Markdown or as JSON, in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from resonance.core.expression import NO_MORE, Hidden
from resonance.core.quality import Quality
from resonance.report.assessment.card import write_card
from resonance.report.assessment.findings import draw_findings, draw_missing
from resonance.report.assessment.groups import draw_groups
from resonance.report.assessment.head import describe_identity, list_figures, list_gates, list_sentences
from resonance.report.assessment.hide import Hide
from resonance.report.assessment.history import draw_history
from resonance.report.assessment.operators import draw_identity, draw_operators
from resonance.report.assessment.strata import draw_strata
from resonance.report.assessment.values import write_json
from resonance.report.files import write_file
from resonance.report.language import Language, say, speak
from resonance.report.markdown import write_markdown
from resonance.report.page import render
from resonance.report.parts import Block

SECTIONS: Mapping[str, Callable[[Quality], Block | None]] = {
    "findings": draw_findings,
    "groups": draw_groups,
    "missing": draw_missing,
    "strata": draw_strata,
    "history": draw_history,
    "operators": draw_operators,
    "identity": draw_identity,
}
CARD = ".jsonld"
"""How the name of a card ends."""
NAMES = {
    "findings": "Findings",
    "groups": "Groups",
    "missing": "Not measured",
    "strata": "Strata",
    "history": "Versions",
    "operators": "Operators",
    "identity": "Identity",
}


def write_report(quality: Quality, file: Path, language: Language = "en", hidden: Hidden = NO_MORE) -> None:
    """Write the report to a file that ``check_file`` let through; what is ``hidden`` is so in it.

    Raises:
        InputError: the file cannot be written.
    """
    with speak(language):
        content = FORMATS[file.suffix.lower()](Hide(hidden)(quality))
    write_file(content, file, "assess")


def write_page(quality: Quality) -> str:
    """The report as one HTML page that fetches nothing."""
    blocks = _draw_blocks(quality)
    return render(
        "assessment.html.j2",
        quality.table,
        list_sentences(quality),
        blocks,
        {name: say(NAMES[name]) for name in blocks},
        when=describe_identity(quality),
        letter=quality.letter,
        figures=list_figures(quality),
        gates=list_gates(quality),
    )


def write_text(quality: Quality) -> str:
    """The report as Markdown; what a picture shows stands in a table too."""
    gates = [say("{name}: {words}", name=gate.title, words=gate.words) for gate in list_gates(quality)]
    figures = [
        say("{name}: {words}", name=key, words=say("{figure} ({note})", figure=figure, note=note))
        for key, figure, note in list_figures(quality)
    ]
    title = f"{quality.table} {say('quality report')}"
    lead = (describe_identity(quality), *figures, *gates)
    return write_markdown(title, lead, {say("In short"): list_sentences(quality)}, _draw_blocks(quality).values())


def _draw_blocks(quality: Quality) -> dict[str, Block]:
    drawn = {name: draw(quality) for name, draw in SECTIONS.items()}
    return {name: block for name, block in drawn.items() if block is not None}


FORMATS: Mapping[str, Callable[[Quality], str]] = {
    ".html": write_page,
    ".md": write_text,
    ".json": write_json,
    CARD: write_card,
}
"""How a report is written, by the end of its file's name."""
