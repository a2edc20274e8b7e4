"""How long files of replaced versions stay."""

from __future__ import annotations

import math
from datetime import UTC, datetime

LEAST_HOURS = 168
"""A week: what reads a table meanwhile finds its files."""
LOG_HOURS = 720
"""A month, Delta's default: engines drop older entries of the log on their own, between one maintenance and the next."""


def count_hours(since: datetime | None) -> int:
    """The whole hours that have passed since then and one to spare, and a week at least.

    Files are removed by age at the moment of their removal: counted once for many tables, hours would be too few for the last.
    """
    passed = (datetime.now(UTC) - since).total_seconds() / 3600 if since else 0.0
    return max(math.ceil(passed) + 1, LEAST_HOURS)


def promise_retention(since: datetime | None) -> dict[str, str]:
    """The table properties that have every tool keep as much."""
    hours = count_hours(since)
    return {
        "delta.deletedFileRetentionDuration": f"interval {hours} hours",
        "delta.logRetentionDuration": f"interval {max(hours, LOG_HOURS)} hours",
    }
