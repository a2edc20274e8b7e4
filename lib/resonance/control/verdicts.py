"""How verdicts reach a plan: slices that the data is said to fail are raised, all others only make room for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from resonance.control.weightings.known import Claim, Known
from resonance.core.causes import COVERAGE, SHIFT
from resonance.core.settings import DecideSettings

RAISES = (COVERAGE, SHIFT)
"""Causes that more of the slice's data mends. No other moves a draw: doubted labels are repaired and copies purged, a model that is
too small needs another model, and what is noise needs nobody's tokens."""
PREDICATE = "slice = "
"""Begins the name of a slice of documents that the plan knows by itself."""


def find_raised(verdicts: Iterable[Mapping[str, Any]], known: Known) -> dict[str, str]:
    """Slices of the plan that verdicts raise, each with the cause. A slice by more than one predicate is none of the plan's."""
    own = ((row["slice"].removeprefix(PREDICATE), row) for row in verdicts if row["slice"].startswith(PREDICATE))
    return {name: row["cause"] for name, row in own if row["cause"] in RAISES and name in known.limit}


def find_tops(weights: Mapping[str, float], raised: Iterable[str], known: Known, settings: DecideSettings) -> dict[str, float]:
    """How high each raised slice may rise: as far as the bounds of change let it, and no less than its weight without verdicts."""
    changes = {n: (known.previous[n] * settings.max_change, known.prior[n] * settings.max_total_change) for n in raised}
    return {name: max(weights[name], min(*change)) for name, change in changes.items()}


def raise_claims(
    claims: Mapping[str, Claim], raised: Mapping[str, str], tops: Mapping[str, float], known: Known
) -> dict[str, Claim]:
    """The claims with those of raised slices as high as they may be, and the others less by what these take.

    Args:
        claims: what the weighting asks for.
        raised: slices that are raised, each with its cause.
        tops: how high each of them may rise.
        known: what is known about slices.
    """
    asked = {name: min(tops[name], known.limit[name]) if name in raised else claim.share for name, claim in claims.items()}
    level = max(sum(asked.values()), 1.0)
    return {
        name: Claim(asked[name] / level, _explain(claim, raised.get(name), asked[name] / level / (known.previous[name] or 1.0)))
        for name, claim in claims.items()
    }


def _explain(claim: Claim, cause: str | None, factor: float) -> str:
    if cause is not None:
        return f"a share {factor:.2f} times that before, raised by verdict {cause}"
    return f"{claim.reason}, less what verdicts raise" if claim.reason else ""
