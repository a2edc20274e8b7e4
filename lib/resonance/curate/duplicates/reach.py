"""What near duplicates can be found with given settings, told before anything runs."""

from __future__ import annotations

from resonance.core.settings import DedupeSettings

SIMILARITIES = (0.5, 0.6, 0.7, 0.8, 0.9)
CHANGED = 0.15
"""Share of words whose change many take for a small one."""


def reach(settings: DedupeSettings) -> str:
    """The detection curve as a sentence, and what changing ``CHANGED`` of all words leaves of two equal texts.

    A shingle of w words stays with probability (1 - CHANGED)^w = p where words change independently; then the Jaccard similarity
    of the two texts is p / (2 - p).
    """
    met = ", ".join(f"{_percent(settings.detection(similarity))} at {similarity}" for similarity in SIMILARITIES)
    stays = (1 - CHANGED) ** settings.shingle_words
    left = stays / (2 - stays)
    rarely = _percent(settings.detection(left))
    return (
        f"near duplicates: {settings.bands} bands of {settings.rows} over {settings.shingle_words} words meet two texts, by their "
        f"Jaccard similarity: {met}; changing {CHANGED:.0%} of all words leaves {left:.2f}, met: {rarely}"
    )


def _percent(share: float) -> str:
    return "hardly ever" if share < 0.005 else "almost always" if share > 0.995 else f"{share:.0%}"
