"""What a row says as the reason why it was cut may quote it: short, and without what names persons or opens doors."""

from __future__ import annotations

from functools import lru_cache

MAX_DETAIL = 200
MAX_VALUE = 40
KEPT = 10_000


@lru_cache(KEPT)
def hide_in_detail(detail: str) -> str:
    """A reason as tables hold it: one line of at most ``MAX_DETAIL`` signs, values in it hidden."""
    return _hide(detail[: 10 * MAX_DETAIL].replace("\n", " "))[:MAX_DETAIL]


def quote_value(value: str) -> str:
    """A foreign value in quotes: its first ``MAX_VALUE`` signs, hidden where it is alone what names a person."""
    shown = _hide(value[: 10 * MAX_DETAIL])
    return repr(shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}…")


def _hide(text: str) -> str:
    from resonance.curate.signals.privacy import hide_values

    return hide_values([text])[0] or ""
