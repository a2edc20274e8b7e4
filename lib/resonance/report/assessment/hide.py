"""Hides persons and secrets in whatever of an assessment comes from data, before any of it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from resonance.core.expression import NO_MORE, Hidden
from resonance.core.operator import Result
from resonance.core.quality import Missing, Quality, Stratum
from resonance.report.facts.texts import hide_persons
from resonance.report.wording import plain


@dataclass(frozen=True)
class Hide:
    """Makes of an assessment what may be shown of it; ``hidden`` says what else is hidden."""

    hidden: Hidden = NO_MORE

    def __call__(self, quality: Quality) -> Quality:
        """The assessment with names of rows, values of strata, thresholds and reasons as they may be shown, each on one line."""
        return replace(
            quality,
            table=self.hide_text(quality.table),
            version=self.hide_text(quality.version),
            contract=self.hide_text(quality.contract),
            vetoes=self._hide_texts(quality.vetoes),
            gates=tuple(replace(gate, reasons=self._hide_texts(gate.reasons)) for gate in quality.gates),
            results=tuple(map(self._hide_result, quality.results)),
            missing=tuple(Missing(one.operator, self.hide_text(one.reason), one.weight) for one in quality.missing),
            strata=tuple(Stratum(self._hide_values(one.values), one.rows, one.total, one.groups) for one in quality.strata),
            past=tuple(replace(one, version=self.hide_text(one.version)) for one in quality.past),
        )

    def hide_text(self, text: str) -> str:
        """A text from data on one line, persons and secrets hidden; it holds no sign that opens a command in our sentences."""
        return (hide_persons([plain(text)], self.hidden)[0] or "").replace("`", "'") if text else ""

    def _hide_texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.hide_text, texts))

    def _hide_result(self, result: Result) -> Result:
        return replace(
            result,
            params=self._hide_values(result.params),
            reason=self.hide_text(result.reason),
            evidence=self._hide_texts(result.evidence),
        )

    def _hide_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Numbers as they are, all else as text that may be shown."""
        return {key: self._hide_value(value) for key, value in values.items()}

    def _hide_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, int | float) else self.hide_text(str(value))
