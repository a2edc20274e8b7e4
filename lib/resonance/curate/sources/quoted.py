"""What a row says as the reason why it was cut may quote it: short, and without what names persons or opens doors."""

from __future__ import annotations

from functools import lru_cache

from resonance.core.expression import Hidden, Patterns

MAX_DETAIL = 200
MAX_VALUE = 40
READ = 10 * MAX_DETAIL
"""So many signs of a reason are looked at, so that what is cut off later is still known for what it is."""
KEPT = 10_000


@lru_cache(KEPT)
def hide_in_detail(detail: str, own: Patterns) -> str:
    """A reason as tables hold it: one line of at most ``MAX_DETAIL`` signs, values hidden, also those of the user's ``own``."""
    return _hide(detail[:READ].replace("\n", " "), own)[:MAX_DETAIL]


def quote_value(value: str, own: Patterns) -> str:
    """A foreign value in quotes: its first ``MAX_VALUE`` signs, hidden where it is alone what names a person."""
    shown = _hide(value[:READ], own)
    return repr(shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}…")


def _hide(text: str, own: Patterns) -> str:
    from resonance.curate.signals.privacy import hide_values

    return hide_values([text], Hidden(own))[0] or ""
