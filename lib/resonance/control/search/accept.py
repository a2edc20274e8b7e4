"""Whether a verified candidate replaces the incumbent: only where effect, quality and guards agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from resonance.control.search.alpha import ALPHA
from resonance.control.search.looks import LOOKS, Shown
from resonance.core.student import exceed_t, find_t

Goal = Literal["improve", "comply"]
Decision = Literal["accepted", "refused", "continue"]

MARGIN: Final = 0.02
"""A protected slice may lose at most this share of its bits per byte."""
COMPLY_MARGIN: Final = 0.01
"""So may all slices together, where a rule is asked for by law and need not help."""
QUALITY_MARGIN: Final = 0.01
"""The lower end of the quality index may fall by at most this."""


@dataclass(frozen=True)
class Harm:
    """What a candidate does to one slice, or to all, over the seeds of a look.

    Args:
        name: of the slice.
        loss: candidate minus incumbent as a share of the incumbent's bits per byte: positive where the candidate is worse.
        error: its standard error; infinite where too few documents tell.
    """

    name: str
    loss: float
    error: float


@dataclass(frozen=True)
class Guard:
    """A slice that is held against the margin: its loss is shown to stay below it, or not.

    Args:
        bound: upper end of the one-sided interval of the loss, as a share.
        kept: whether it lies below the margin.
    """

    name: str
    loss: float
    bound: float
    kept: bool


@dataclass(frozen=True)
class Quality:
    """What an assessment says of a sample of what a policy keeps.

    Args:
        low: lower end of the quality index.
        blocked: why the sample passes no gate: vetoes and floors that it misses.
        watched: of each operator of safety and privacy its score, higher is better, and the lower end of its interval.
    """

    low: float
    blocked: tuple[str, ...] = ()
    watched: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What follows of a look, and why, in one sentence."""

    decision: Decision
    reason: str
    guards: tuple[Guard, ...] = ()


def hold_guards(harms: Sequence[Harm], look: int, margin: float = MARGIN) -> tuple[Guard, ...]:
    """Holds each protected slice against the margin: non-inferiority, Holm over slices, in the order of ``harms``.

    The level is ALPHA: a verification is judged by its guards once, at the look that ends it. Holm 1979, "A simple sequentially
    rejective multiple test procedure": the clearest slice has the strictest level, and after the first that is not shown no later
    one is.

    Args:
        harms: what the candidate does to each protected slice.
        look: number of the look, from 1.
        margin: largest loss that is borne, as a share.
    """
    freedom = LOOKS[look - 1].seeds - 1
    clearest = sorted(harms, key=lambda harm: (_doubt(harm, freedom, margin), harm.name))
    kept, found = True, {}
    for at, harm in enumerate(clearest):
        own = ALPHA / (len(clearest) - at)
        kept = kept and _doubt(harm, freedom, margin) <= own
        bound = harm.loss + (find_t(own, freedom) * harm.error if harm.error else 0.0)
        found[harm.name] = Guard(harm.name, harm.loss, bound, kept)
    return tuple(found[harm.name] for harm in harms)


def find_harmed(harms: Sequence[Harm], look: int, margin: float = MARGIN) -> tuple[Harm, ...]:
    """The protected slices that are shown to lose more than the margin: Holm over slices at the look's share of ALPHA.

    A candidate that harms one need not be looked at again: to refuse early never accepts anything.
    """
    freedom, level = LOOKS[look - 1].seeds - 1, ALPHA * LOOKS[look - 1].share
    worst = sorted(harms, key=lambda harm: (_belief(harm, freedom, margin), harm.name))
    found = []
    for at, harm in enumerate(worst):
        if _belief(harm, freedom, margin) > level / (len(worst) - at):
            break
        found.append(harm)
    return tuple(found)


def is_proven(shown: Shown, alpha: float, goal: Goal, whole: Harm) -> bool:
    """Whether a look shows what its goal asks for: a gain, or where the goal is ``comply`` that nothing is lost.

    Args:
        shown: what the look shows.
        alpha: the level of the campaign.
        goal: what is to be shown.
        whole: what the candidate does to the mean over protected slices.
    """
    return shown.p_tilde <= alpha if goal == "improve" else hold_guards([whole], shown.look, COMPLY_MARGIN)[0].kept


def decide(
    shown: Shown, alpha: float, goal: Goal, harms: Sequence[Harm], whole: Harm, before: Quality | None, after: Quality | None
) -> Verdict:
    """Whether a candidate is accepted, refused, or looked at again with more seeds.

    Looks end once the effect is shown: quality and guards then decide. They end too once a slice is shown to be harmed. Where the
    goal is ``comply``, what must be shown is that all slices together lose no more than COMPLY_MARGIN.

    Args:
        shown: what the look shows.
        alpha: the level of the campaign.
        goal: what is to be shown.
        harms: what the candidate does to each protected slice.
        whole: what it does to the mean over them.
        before: quality of what the incumbent keeps; None where it was not assessed yet, as for a look that goes on.
        after: quality of what the candidate keeps.
    """
    guards = hold_guards(harms, shown.look)
    last = shown.look == len(LOOKS)
    if goal == "improve":
        missing = f"no gain is shown: p {shown.p_tilde:.3g} after look {shown.look}, {alpha:.3g} is asked"
    else:
        (held,) = hold_guards([whole], shown.look, COMPLY_MARGIN)
        missing = f"it is not shown that all slices together lose less than {COMPLY_MARGIN:.0%}: up to {held.bound:+.1%}"
    if harmed := find_harmed(harms, shown.look):
        said = "; ".join(f"slice {harm.name} is shown to lose more than {MARGIN:.0%}: it loses {harm.loss:+.1%}" for harm in harmed)
        return Verdict("refused", said, guards)
    doubted = [_describe_guard(guard) for guard in guards if not guard.kept]
    if not is_proven(shown, alpha, goal, whole):
        return Verdict("refused", "; ".join([missing, *doubted]), guards) if last else Verdict("continue", missing, guards)
    faults = [*doubted, *_find_faults(before, after)]
    if faults:
        return Verdict("refused", "; ".join(faults), guards)
    said = f"gain {shown.delta:.4f} bits per byte, p {shown.p_tilde:.3g} of {alpha:.3g}; quality and guards hold"
    return Verdict("accepted", said, guards)


def _doubt(harm: Harm, freedom: int, margin: float) -> float:
    """The chance of so small a loss where the slice loses the whole margin."""
    if not math.isfinite(harm.error):
        return 1.0
    if harm.error == 0:
        return 0.0 if harm.loss < margin else 1.0
    return float(exceed_t((margin - harm.loss) / harm.error, freedom))


def _belief(harm: Harm, freedom: int, margin: float) -> float:
    """The chance of so large a loss where the slice loses the whole margin and no more."""
    if not math.isfinite(harm.error):
        return 1.0
    if harm.error == 0:
        return 0.0 if harm.loss > margin else 1.0
    return float(exceed_t((harm.loss - margin) / harm.error, freedom))


def _describe_guard(guard: Guard) -> str:
    if not math.isfinite(guard.bound):
        return f"slice {guard.name} has too few documents to tell what it loses"
    return f"slice {guard.name} is not shown to lose less than {MARGIN:.0%}: it loses {guard.loss:+.1%}, up to {guard.bound:+.1%}"


def _find_faults(before: Quality | None, after: Quality | None) -> list[str]:
    """What is worse about the quality of what the candidate keeps."""
    if before is None or after is None:
        return ["the quality of what is kept was not assessed"]
    faults = [f"quality: {reason}" for reason in after.blocked]
    if after.low < before.low - QUALITY_MARGIN:
        faults.append(f"the quality index may be {after.low:.3f}, that of the incumbent {before.low:.3f}")
    for name, (score, low) in before.watched.items():
        if name not in after.watched:
            faults.append(f"{name} cannot be measured any more")
        elif after.watched[name][0] < low:
            faults.append(f"{name} falls from {score:.4f} (at least {low:.4f}) to {after.watched[name][0]:.4f}")
    return faults
