"""Builds the report: facts from tables, blocks from facts, and from blocks a page, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from resonance.core.table import list_tables
from resonance.report.facts.shared import Facts, gather_facts
from resonance.report.language import say, speak
from resonance.report.markdown import write_markdown
from resonance.report.page import render
from resonance.report.sections import SECTIONS
from resonance.report.summary import draw_summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.parts import Block

AT_A_TIME = 2
"""Queries that are planned side by side: most of a small one's time is planning, which takes one core."""


@dataclass(frozen=True)
class Gathered:
    """All facts of a report: the shared ones, and each section's own by its name."""

    shared: Facts
    sections: Mapping[str, Any]


def gather(frames: Mapping[str, DataFrame], counts: Mapping[str, int] | None = None, per_batch: Collection[str] = ()) -> Gathered:
    """All facts, by some thirty small queries: each scans some columns of a table and returns sums.

    Only sums, quantiles, a few texts and the rows of small tables (one for each slice, round or step) reach the driver.

    Args:
        frames: every table by name.
        counts: the rows of every table, where they are known; else they are counted.
        per_batch: jobs that work on one batch: their newest run of each batch counts, of all others the newest run.

    Shuffles partial sums by slice, rule or bucket, and document ids: to find which documents were kept, the languages of those
    that were cut, and the sources of copies and of what they copy.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        shared = gather_facts(frames, counts, per_batch, pool)
        asked = {}
        for section in SECTIONS:
            own = {table.name: frames[table.name] for table in list_tables(section.reads)}
            asked[section.name] = pool.submit(section.gather, own, shared)
        return Gathered(shared, {name: found.result() for name, found in asked.items()})


def compose(facts: Gathered, settings: ReportSettings) -> str:
    """One HTML page without outside links that shows these facts in the language of the settings; equal facts give an equal one."""
    with speak(settings.language):
        return _draw_page(facts, settings)


def _draw_page(facts: Gathered, settings: ReportSettings) -> str:
    blocks = _draw_blocks(facts, settings)
    head = draw_summary(facts.shared, blocks)
    names = {section: say(section).capitalize() for section in blocks}
    finished = facts.shared.finished_at
    ended = finished.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if finished else ""
    return render("report.html.j2", settings.title, head.sentences, blocks, names, stops=head.stops, ended=ended)


def write_text(facts: Gathered, settings: ReportSettings) -> str:
    """The same as Markdown, without pictures."""
    with speak(settings.language):
        blocks = _draw_blocks(facts, settings)
        return write_markdown(settings.title, draw_summary(facts.shared, blocks).sentences, {}, blocks.values())


def write_json(facts: Gathered, settings: ReportSettings) -> str:
    """The same as JSON: sentences, and by section its sentences and its grids, each cell as the page writes it."""
    with speak(settings.language):
        blocks = _draw_blocks(facts, settings)
        sentences = draw_summary(facts.shared, blocks).sentences
    sections = {
        name: {
            "title": block.title,
            "sentences": block.text,
            "grids": [{"title": grid.title, "columns": grid.columns, "rows": grid.rows, "note": grid.note} for grid in block.grids],
        }
        for name, block in blocks.items()
    }
    return json.dumps({"title": settings.title, "sentences": sentences, "sections": sections}, ensure_ascii=False, indent=1) + "\n"


def _draw_blocks(facts: Gathered, settings: ReportSettings) -> dict[str, Block]:
    """The sections that have something to show, by name."""
    drawn = {section.name: section.draw(facts.sections[section.name], settings) for section in SECTIONS}
    return {name: block for name, block in drawn.items() if block is not None}


FORMATS: Mapping[str, Callable[[Gathered, ReportSettings], str]] = {".html": compose, ".md": write_text, ".json": write_json}
"""How a report is written, by the end of its file's name."""
