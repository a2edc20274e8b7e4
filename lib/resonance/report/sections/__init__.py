"""The sections of the page, in the order in which they are read; a section that has nothing to show is left out."""

from __future__ import annotations

from typing import Any

from resonance.report.section import Section
from resonance.report.sections import (
    campaigns,
    contamination,
    duplicates,
    effects,
    funnel,
    heldout,
    labels,
    plan,
    record,
    references,
    rules,
    signals,
    slices,
    suspects,
    texts,
    training,
    verdicts,
    versions,
)

SECTIONS: tuple[Section[Any], ...] = (
    funnel.SECTION,
    rules.SECTION,
    effects.SECTION,
    campaigns.SECTION,
    versions.SECTION,
    slices.SECTION,
    duplicates.SECTION,
    contamination.SECTION,
    signals.SECTION,
    training.SECTION,
    texts.SECTION,
    labels.SECTION,
    references.SECTION,
    suspects.SECTION,
    heldout.SECTION,
    verdicts.SECTION,
    plan.SECTION,
    record.SECTION,
)
