"""From tests to a verdict: Holm within a slice, the priority of causes, and abstention with the run that would settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from resonance.attribute.arms import Arms
from resonance.attribute.chances import adjust_family
from resonance.attribute.curve import fit_curve
from resonance.attribute.evidence import Counts, Evidence
from resonance.attribute.findings import (
    FEW_WITNESSES,
    NO_CURVE,
    NO_PROBES,
    NOT_RATED,
    NOT_SCORED,
    TESTS,
    Context,
    Finding,
    measure_noise,
)
from resonance.attribute.reasons import say_abstention, say_cause, say_unpowered
from resonance.attribute.shift import Shift
from resonance.attribute.slices import Weak, is_confirmed
from resonance.core.causes import ABSTAIN, CAPACITY, CAUSES, CONTAMINATION, COVERAGE, LABEL_NOISE, NOISE_CEILING, SHIFT

if TYPE_CHECKING:
    from resonance.core.settings import AttributeSettings

PRIORITY = ((CONTAMINATION,), (LABEL_NOISE,), (COVERAGE, CAPACITY), (SHIFT,), (NOISE_CEILING,))
"""Causes that are shown at once: the first group decides, and in it the cause whose figure has the larger lower end. A shift is no
figure in bits, and says not what it costs: what would gain bits for certain comes before it."""
SETTLES = {
    NOT_RATED: "resonance run cross_fit compare",
    FEW_WITNESSES: "resonance attribute",
    NO_PROBES: "resonance attribute",
    NO_CURVE: "resonance attribute",
    NOT_SCORED: "resonance run score_model",
}
"""The run that gives what a test lacks."""
MORE_DOCUMENTS = "a round with more held-out documents (rebalance.heldout_share, score_model.max_heldout_documents)"
QUIET, FIRED = "quiet", "fired"


@dataclass(frozen=True)
class Verdict:
    """A row of ``verdicts`` but for its round and its move."""

    slice: str
    n_found: int
    n_checked: int
    n_needed: int
    inside: float
    outside: float
    score: float
    effect: float
    p: float | None
    adjusted_p: float | None
    cause: str
    statistics: Mapping[str, float]
    tests: Mapping[str, str]
    reason: str
    settle: str | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None

    @property
    def kind(self) -> str:
        """Whose work the cause is."""
        return CAUSES[self.cause].kind


def judge_slices(
    weak: Sequence[Weak],
    evidence: Sequence[Evidence],
    whole: Counts,
    arms: Arms,
    settings: AttributeSettings,
    *,
    labelled: bool,
    shifts: Mapping[str, Shift],
) -> list[Verdict]:
    """A verdict for each weak slice that was confirmed, and for each that has too few documents to be; in the order of ``weak``.

    ``evidence`` is that of each confirmed slice, ``whole`` holds the sums over all documents; ``labelled`` says whether the task
    has labels, ``shifts`` how what is drawn of a slice differs from what is held out of it.
    """
    known = {one.name: one for one in evidence}
    context = gather_context([one.inside for one in evidence], whole, arms, settings, labelled=labelled)
    context = replace(context, shifts=shifts)
    verdicts = []
    for one in weak:
        if one.p is None:
            verdicts.append(_make_verdict(one, ABSTAIN, reason=say_unpowered(one.checked.n, one.needed), settle=MORE_DOCUMENTS))
        elif is_confirmed(one, settings):
            verdicts.append(judge_slice(one, [test(known[one.name], context) for test in TESTS], settings))
    return verdicts


def gather_context(slices: Sequence[Counts], whole: Counts, arms: Arms, settings: AttributeSettings, *, labelled: bool) -> Context:
    """What all tests know: the shared exponent of learning curves, and how much a loss differs from seed to seed."""
    points = [place for _, place in arms.points]
    rows = [counts for counts in (*slices, whole) if counts["paired"] > 1]
    curve = None
    if rows:
        sizes, means, squares = zip(*(counts.find_means(len(arms.names)) for counts in rows), strict=True)
        at = np.ix_(points, points)
        shares = [share for share, _ in arms.points]
        curve = fit_curve(shares, np.stack(means)[:, points], np.stack([square[at] for square in squares]), np.array(sizes, float))
    return Context(arms, settings, curve, whole, labelled, measure_noise(arms, list(slices)))


def judge_slice(weak: Weak, findings: Sequence[Finding], settings: AttributeSettings) -> Verdict:
    """The verdict on a confirmed slice: the first cause by priority that its test shows, else an abstention."""
    adjusted = adjust_family({found.cause: found.p for found in findings if not found.lacks})
    shown = {
        found.cause: found for found in findings if not found.lacks and found.holds and adjusted[found.cause] <= settings.level
    }
    states = {
        CAUSES[found.cause].test: (f"not measurable: {found.lacks}" if found.lacks else FIRED if found.cause in shown else QUIET)
        for found in findings
    }
    statistics = {name: value for found in findings for name, value in found.statistics.items()}
    statistics |= {f"p_{CAUSES[cause].test}": p for cause, p in adjusted.items()}
    for group in PRIORITY:
        if together := [shown[cause] for cause in group if cause in shown]:
            best = max(together, key=lambda found: found.low)
            confidence = 1 - adjusted[best.cause]
            decided = _make_verdict(weak, best.cause, statistics, states, reason=say_cause(best))
            return replace(decided, low=best.low, high=best.high, confidence=confidence)
    lacking = [found.lacks for found in findings if found.lacks]
    runs = list(dict.fromkeys(SETTLES[lack] for lack in lacking if lack in SETTLES)) or [MORE_DOCUMENTS]
    return _make_verdict(weak, ABSTAIN, statistics, states, reason=say_abstention(lacking), settle="; ".join(runs))


def _make_verdict(
    weak: Weak,
    cause: str,
    statistics: Mapping[str, float] | None = None,
    tests: Mapping[str, str] | None = None,
    *,
    reason: str,
    settle: str | None = None,
) -> Verdict:
    return Verdict(
        slice=weak.name,
        n_found=weak.found.n,
        n_checked=weak.checked.n,
        n_needed=weak.needed,
        inside=weak.checked.moments.mean,
        outside=weak.others.moments.mean,
        score=weak.score,
        effect=weak.effect,
        p=weak.p,
        adjusted_p=weak.q,
        cause=cause,
        statistics=statistics or {},
        tests=tests or {},
        reason=reason,
        settle=settle,
    )
