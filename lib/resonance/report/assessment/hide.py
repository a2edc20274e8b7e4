"""Hides persons and secrets in whatever of an assessment comes from data, before any of it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resonance.core.operator import Result
from resonance.core.quality import Missing, Quality, Stratum
from resonance.report.facts.texts import hide_persons
from resonance.report.wording import plain


def hide_quality(quality: Quality) -> Quality:
    """The assessment with names of rows, values of strata, thresholds and reasons as they may be shown, each on one line."""
    return replace(
        quality,
        table=hide_text(quality.table),
        version=hide_text(quality.version),
        contract=hide_text(quality.contract),
        vetoes=tuple(map(hide_text, quality.vetoes)),
        gates=tuple(replace(gate, reasons=tuple(map(hide_text, gate.reasons))) for gate in quality.gates),
        results=tuple(map(hide_result, quality.results)),
        missing=tuple(Missing(one.operator, hide_text(one.reason), one.weight) for one in quality.missing),
        strata=tuple(Stratum(hide_values(one.values), one.rows, one.total, one.groups) for one in quality.strata),
        past=tuple(replace(one, version=hide_text(one.version)) for one in quality.past),
    )


def hide_result(result: Result) -> Result:
    """A result as it may be shown."""
    return replace(
        result,
        params=hide_values(result.params),
        reason=hide_text(result.reason),
        evidence=tuple(map(hide_text, result.evidence)),
    )


def hide_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as they are, all else as text that may be shown."""
    return {key: hide_value(value) for key, value in values.items()}


def hide_value(value: Any) -> Any:
    """A number as it is, all else as text that may be shown."""
    return value if value is None or isinstance(value, int | float) else hide_text(str(value))


def hide_text(text: str) -> str:
    """A text from data on one line, persons and secrets hidden; it holds no sign that opens a command in our sentences."""
    return (hide_persons([plain(text)])[0] or "").replace("`", "'") if text else ""
