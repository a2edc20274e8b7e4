"""Builds the report: facts from tables, sections from facts, one page from sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from resonance.report.gather import gather
from resonance.report.page import render
from resonance.report.sections import SECTIONS
from resonance.report.summary import summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Facts


def build_report(
    frames: Mapping[str, DataFrame],
    *,
    settings: ReportSettings,
    counts: Mapping[str, int] | None = None,
    meanings: Mapping[str, str] | None = None,
) -> str:
    """One HTML page without outside links, from every table by name; empty tables leave their section out.

    Only sums, quantiles and the rows of small tables (one for each slice, round or step) reach the driver: see ``gather``.
    """
    return compose(gather(frames, counts, meanings), settings)


def compose(facts: Facts, settings: ReportSettings) -> str:
    """The page that tells these facts; equal facts, equal page."""
    found = [section(facts, settings) for section in SECTIONS]
    return render(settings.title, facts.finished_at, summary(facts), [section for section in found if section is not None])
