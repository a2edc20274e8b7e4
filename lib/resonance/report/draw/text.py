"""Text that fits its place: how wide it gets, names cut to their column, figures for hints."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from resonance.report.draw.svg import TEXT, TICK
from resonance.report.language import say
from resonance.report.wording import make_distinct, minus

_BY_WIDTH = (
    (0.29, "'ijlIJ"),
    (0.34, " ,.·/:;\\|f"),
    (0.41, "-()[]t!r"),
    (0.52, '"*_`–sz'),
    (0.59, "?cLFkvxy"),
    (0.64, "PTYaoeESbdghnpqu$0123456789{}"),
    (0.7, "KAVBRXZC"),
    (0.79, "UHNDG&OQ"),
    (0.86, "w#+<=>^~−→M"),
    (1.0, "%mW@…"),
)
_WIDTHS = {character: width for width, characters in _BY_WIDTH for character in characters}
_OTHER, _WIDE = 0.7, 1.0

COLUMNS = 24
"""How many narrow characters a name may have."""


def measure_text(text: str, size: float = TEXT) -> float:
    """About how wide a text gets in the widest font that the page may be set in (DejaVu Sans)."""
    return size * sum(_WIDTHS.get(character) or _measure_rare(character) for character in text)


def measure_widest(texts: Iterable[str], size: float = TICK) -> float:
    """The width of the widest of these texts, zero if there are none."""
    return max((measure_text(text, size) for text in texts), default=0.0)


def fit_names(names: Sequence[str], room: float, columns: int = COLUMNS) -> list[str]:
    """The names, those that are wider than ``room`` cut until they fit; names that differ stay different."""
    cut = make_distinct(names, columns)
    while columns > 4 and (wide := [at for at, text in enumerate(cut) if measure_text(text) > room]):
        columns -= 1
        shorter = make_distinct(names, columns)
        for at in wide:
            cut[at] = shorter[at]
    return cut


def write_figure(value: float) -> str:
    """A value with four digits, or all digits before the point."""
    return minus(f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}")


def write_interval(value: float, low: float | None, high: float | None) -> str:
    """``2.1 (1.9 to 2.3)``, or the value alone where its interval is not known."""
    if low is None or high is None:
        return write_figure(value)
    return say("{score} ({low} to {high})", score=write_figure(value), low=write_figure(low), high=write_figure(high))


def _measure_rare(character: str) -> float:
    return _WIDE if unicodedata.east_asian_width(character) in ("W", "F") else _OTHER
