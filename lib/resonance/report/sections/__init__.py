"""The sections of the page, in the order in which they are read; a section that has nothing to say is left out."""

from __future__ import annotations

from collections.abc import Callable

from resonance.core.settings import ReportSettings
from resonance.report.facts import Facts
from resonance.report.parts import Section
from resonance.report.sections.contamination import contamination
from resonance.report.sections.duplicates import duplicates
from resonance.report.sections.funnel import funnel
from resonance.report.sections.heldout import heldout
from resonance.report.sections.labels import labels
from resonance.report.sections.plan import plan
from resonance.report.sections.record import record
from resonance.report.sections.references import references
from resonance.report.sections.rules import rules
from resonance.report.sections.signals import signals
from resonance.report.sections.slices import slices
from resonance.report.sections.training import training

SECTIONS: tuple[Callable[[Facts, ReportSettings], Section | None], ...] = (
    funnel,
    rules,
    slices,
    duplicates,
    contamination,
    signals,
    training,
    labels,
    references,
    heldout,
    plan,
    record,
)
