"""What a row says as the reason why it was cut may quote it: short, and without what names persons or opens doors."""

from __future__ import annotations

from functools import lru_cache

from resonance.core.expression import Hidden

MAX_DETAIL = 200
MAX_VALUE = 40
READ = 10 * MAX_DETAIL
"""So many signs of a reason are looked at, so that what is cut off later is still known for what it is."""
KEPT = 10_000


@lru_cache(KEPT)
def hide_in_detail(detail: str, hidden: Hidden) -> str:
    """A reason as tables hold it: one line of at most ``MAX_DETAIL`` signs, values hidden, and what is ``hidden`` besides."""
    return _hide(detail[:READ].replace("\n", " "), hidden)[:MAX_DETAIL]


def quote_value(value: str, hidden: Hidden) -> str:
    """A foreign value in quotes: its first ``MAX_VALUE`` signs, hidden where it is alone what names a person."""
    shown = _hide(value[:READ], hidden)
    return repr(shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}…")


def _hide(text: str, hidden: Hidden) -> str:
    from resonance.curate.signals.privacy import hide_values

    return hide_values([text], hidden)[0] or ""
