"""Builds the report: facts from tables, blocks from facts, one page from blocks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from resonance.core.table import list_tables
from resonance.report.facts.shared import Facts, gather_facts
from resonance.report.language import say, speak
from resonance.report.page import render
from resonance.report.sections import SECTIONS
from resonance.report.summary import draw_summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings

AT_A_TIME = 2
"""Queries that are planned side by side: most of a small one's time is planning, which takes one core."""


@dataclass(frozen=True)
class Gathered:
    """All facts of a report: the shared ones, and each section's own by its name."""

    shared: Facts
    sections: Mapping[str, Any]


def build_report(
    frames: Mapping[str, DataFrame],
    *,
    settings: ReportSettings,
    per_batch: Collection[str],
    counts: Mapping[str, int] | None = None,
) -> str:
    """One HTML page without outside links, from every table by name; empty tables leave their section out.

    Only sums, quantiles, a few texts and the rows of small tables (one for each slice, round or step) reach the driver.
    """
    return compose(gather(frames, counts, per_batch), settings)


def gather(frames: Mapping[str, DataFrame], counts: Mapping[str, int] | None = None, per_batch: Collection[str] = ()) -> Gathered:
    """All facts, by some thirty small queries: each scans some columns of a table and returns sums.

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
    """The page that shows these facts, in the language of the settings; equal facts give an equal page."""
    with speak(settings.language):
        return _draw_page(facts, settings)


def _draw_page(facts: Gathered, settings: ReportSettings) -> str:
    drawn = {section.name: section.draw(facts.sections[section.name], settings) for section in SECTIONS}
    blocks = {name: block for name, block in drawn.items() if block is not None}
    head = draw_summary(facts.shared, blocks)
    names = {section: say(section).capitalize() for section in blocks}
    finished = facts.shared.finished_at
    ended = finished.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if finished else ""
    return render("report.html.j2", settings.title, head.sentences, blocks, names, stops=head.stops, ended=ended)
