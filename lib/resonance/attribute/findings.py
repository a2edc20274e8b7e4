"""The test of each cause: what it measures of a slice, its chance, and what a cause asks for besides.

Thresholds are settings; which figure decides is said in ``lib/decisions/0032``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from resonance.attribute.arms import Arms
from resonance.attribute.chances import CERTAIN, find_wilson, judge_mean, judge_share, judge_shares, judge_welch
from resonance.attribute.curve import FEWEST, Curve
from resonance.attribute.evidence import Counts, Evidence
from resonance.attribute.shift import Shift
from resonance.core.causes import CAPACITY, CONTAMINATION, COVERAGE, LABEL_NOISE, NOISE_CEILING, SHIFT
from resonance.core.turns import AGAIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resonance.core.settings import AttributeSettings

    Floats = NDArray[np.float64]

NO_LABELS = "the task has no labels"
NOT_RATED = "no label was judged by a model that never saw it"
NO_PROBES = "no wider or longer model was trained"
NO_CURVE = f"a learning curve needs {FEWEST} points"
NOT_SCORED = "drawn documents were not scored"
FEW_WITNESSES = f"labels need {Arms.FEWEST} models that name them"
NO_COPIES = "too few held-out documents have a copy"
FEW_PAIRS = "too few documents were scored by all models"
FEW_DRAWN = "too few drawn documents to compare with held-out ones"
FEWEST_PAIRS = 20


@dataclass(frozen=True)
class Finding:
    """What one test says of a slice.

    Args:
        lacks: why the cause cannot be measured; empty where it can.
        p: chance of the figure if the cause were absent.
        holds: whether all that the cause asks for besides is there.
        value: the figure that decides, with its interval.
        kind: the kind of documents that it shows most in.
    """

    cause: str
    lacks: str = ""
    p: float = 1.0
    holds: bool = False
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    statistics: Mapping[str, float] = field(default_factory=dict)
    kind: str = ""


@dataclass(frozen=True)
class Gain:
    """A gain in bits with its standard error."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the interval at 95 %."""
        return self.value - CERTAIN * self.error

    @property
    def high(self) -> float:
        """Upper end."""
        return self.value + CERTAIN * self.error


@dataclass(frozen=True)
class Context:
    """What tests know besides the slice.

    Args:
        labelled: whether the task has labels.
        noise: variance of a slice's mean loss between two trainings that differ in their seed.
        shifts: how what is drawn differs from what is held out, by slice.
    """

    arms: Arms
    settings: AttributeSettings
    curve: Curve | None
    whole: Counts
    labelled: bool
    noise: float
    shifts: Mapping[str, Shift] = field(default_factory=dict)

    def find_model_gain(self, counts: Counts) -> Gain | None:
        """What the wider model gains over the target; None without one."""
        if self.arms.wider is None:
            return None
        weights = np.zeros(len(self.arms.names))
        weights[0], weights[self.arms.wider] = 1.0, -1.0
        return self._find_gain(counts, weights)

    def find_data_gain(self, counts: Counts) -> Gain | None:
        """What twice the data would gain; None without a curve."""
        if self.curve is None:
            return None
        places = [place for _, place in self.arms.points]
        weights = np.zeros(len(self.arms.names))
        weights[places] = self.curve.weigh_gain()
        _, means, _ = counts.find_means(len(self.arms.names))
        return self._find_gain(counts, weights, self.curve.find_error(means[places]))

    def _find_gain(self, counts: Counts, weights: Floats, more: float = 0.0) -> Gain:
        """The weighted sum of the arms' mean losses, with errors by documents, by seeds and ``more``."""
        _, means, square = counts.find_means(len(self.arms.names))
        variance = float(weights @ square @ weights) + self.noise * float(weights @ weights) + more**2
        return Gain(float(weights @ means), math.sqrt(max(variance, 0.0)))


def measure_noise(arms: Arms, slices: list[Counts]) -> float:
    """How a slice's mean loss varies from seed to seed: half the mean square of what two seeds differ by; 0 where unknown."""
    again = arms.find(AGAIN)
    gaps = []
    for counts in slices if again is not None else ():
        n, means, square = counts.find_means(len(arms.names))
        if n >= FEWEST_PAIRS:
            chance = square[0, 0] + square[again, again] - 2 * square[0, again]
            gaps.append(max((means[0] - means[again]) ** 2 - chance, 0.0) / 2)
    return float(np.mean(gaps)) if gaps else 0.0


def find_contamination(evidence: Evidence, context: Context) -> Finding:
    """D2: held-out documents of the slice that have a copy, or hold an evaluation item, and are easier than the others."""
    inside, settings = evidence.inside, context.settings
    hits, losses = inside.find_moments("hit"), inside.find_moments("loss")
    rate = hits.n / max(losses.n, 1)
    if hits.n < 2 or losses.n - hits.n < 2:
        return Finding(CONTAMINATION, NO_COPIES, statistics={"hit_rate": rate})
    rest = Counts({f"hit_{name}": inside[f"loss_{name}"] - inside[f"hit_{name}"] for name in ("n", "total", "squares")})
    others = rest.find_moments("hit")
    gap, error = others.mean - hits.mean, math.sqrt(others.square_error + hits.square_error)
    told = {"hit_rate": rate, "hit_gap": gap}
    holds = rate >= settings.min_hits
    return Finding(CONTAMINATION, "", judge_welch(others, hits), holds, gap, gap - CERTAIN * error, gap + CERTAIN * error, told)


def find_label_noise(evidence: Evidence, context: Context) -> Finding:
    """D1: labels that models which never saw them doubt, and errors in which all models name the same other label."""
    inside, outside, settings = evidence.inside, evidence.outside, context.settings
    if not context.labelled:
        return Finding(LABEL_NOISE, NO_LABELS)
    if not inside["rated"]:
        return Finding(LABEL_NOISE, NOT_RATED)
    if len(context.arms.witnesses) < context.arms.FEWEST:
        return Finding(LABEL_NOISE, FEW_WITNESSES)
    rate = inside["issue"] / inside["rated"]
    low, high = find_wilson(inside["issue"], inside["rated"])
    consensus = inside["agreed"] / inside["compared"] if inside["compared"] else 0.0
    p = max(
        judge_share(inside["issue"], inside["rated"], settings.min_label_issues),
        judge_shares(inside["issue"], inside["rated"], outside["issue"], outside["rated"]),
    )
    told = {
        "label_issues": rate,
        "label_issues_outside": outside["issue"] / max(outside["rated"], 1),
        "consensus": consensus,
    }
    holds = low >= settings.min_label_issues and consensus >= settings.min_consensus
    return Finding(LABEL_NOISE, "", p, holds, rate, low, high, told)


def find_coverage(evidence: Evidence, context: Context) -> Finding:
    """D3: the slice is drawn less than it is asked about, and more data would help it."""
    inside, whole, settings = evidence.inside, context.whole, context.settings
    gain, overall = context.find_data_gain(inside), context.find_data_gain(whole)
    if gain is None or overall is None:
        return Finding(COVERAGE, NO_CURVE)
    if inside["paired"] < FEWEST_PAIRS:
        return Finding(COVERAGE, FEW_PAIRS)
    ratio = _find_ratio(inside, whole)
    loss = inside.find_moments("loss").mean
    p = max(
        judge_mean(gain.value, gain.error),
        judge_shares(inside["held"], whole["held"], inside["draws"], whole["draws"]),
    )
    holds = ratio <= settings.max_share and gain.low > 0 and gain.value >= settings.min_data_gain * loss
    told = {"share_ratio": ratio, "data_gain": gain.value, "data_gain_all": overall.value}
    return Finding(COVERAGE, "", p, holds, gain.value, gain.low, gain.high, told)


def _find_ratio(inside: Counts, whole: Counts) -> float:
    """The share of a slice among drawn documents over that among held-out ones."""
    drawn, held = inside["draws"] / max(whole["draws"], 1), inside["held"] / max(whole["held"], 1)
    return drawn / held if held else 0.0


def find_shift(evidence: Evidence, context: Context) -> Finding:
    """D4: what is drawn of the slice is told from what is held out of it."""
    shift, settings = context.shifts.get(evidence.name), context.settings
    if shift is None or min(shift.held, shift.drawn) < FEWEST_PAIRS:
        return Finding(SHIFT, FEW_DRAWN)
    low, high = (shift.area + side * CERTAIN * shift.error for side in (-1, 1))
    holds = shift.area >= settings.min_area and low > settings.sure_area
    told = {"area": shift.area, "kind_held": shift.kind_held, "kind_drawn": shift.kind_drawn}
    p = judge_mean(shift.area, shift.error, settings.sure_area)
    return Finding(SHIFT, "", p, holds, shift.area, low, min(high, 1.0), told, shift.kind)


def find_capacity(evidence: Evidence, context: Context) -> Finding:
    """M1: a wider model gains more on the slice than more data would, and the target has not learnt its drawn documents either."""
    inside, settings = evidence.inside, context.settings
    gain, data = context.find_model_gain(inside), context.find_data_gain(inside)
    if gain is None:
        return Finding(CAPACITY, NO_PROBES)
    if inside["paired"] < FEWEST_PAIRS:
        return Finding(CAPACITY, FEW_PAIRS)
    mine, others = inside.find_moments("score"), evidence.outside.find_moments("score")
    if mine.n < 2 or others.n < 2:
        return Finding(CAPACITY, NOT_SCORED)
    loss = inside.find_moments("loss").mean
    told = {"model_gain": gain.value, "drawn_loss": mine.mean, "drawn_loss_outside": others.mean}
    holds = (
        gain.low > 0
        and gain.value >= settings.min_gain * loss
        and (data is None or gain.value >= settings.min_ratio * data.value)
        and judge_welch(mine, others) < settings.level
    )
    return Finding(CAPACITY, "", judge_mean(gain.value, gain.error), holds, gain.value, gain.low, gain.high, told)


def find_ceiling(evidence: Evidence, context: Context) -> Finding:
    """N: neither more data nor a wider model would gain much, and the slice is drawn enough for that to be told.

    Where there are labels, the model is less sure of them than elsewhere.
    """
    inside, outside, settings = evidence.inside, evidence.outside, context.settings
    gain, data = context.find_model_gain(inside), context.find_data_gain(inside)
    if gain is None or data is None:
        return Finding(NOISE_CEILING, NO_PROBES if gain is None else NO_CURVE)
    loss = inside.find_moments("loss").mean
    if inside["paired"] < FEWEST_PAIRS or loss <= 0:
        return Finding(NOISE_CEILING, FEW_PAIRS)
    worst = max((gain, data), key=lambda one: one.high)
    most = settings.max_headroom * loss
    told = {"headroom": worst.value / loss, "headroom_model": gain.value / loss, "headroom_data": data.value / loss}
    holds = _find_ratio(inside, context.whole) > settings.max_share
    if context.labelled:
        unsure, sure = inside.find_moments("entropy"), outside.find_moments("entropy")
        told |= {"entropy": unsure.mean, "entropy_outside": sure.mean}
        holds = holds and judge_welch(unsure, sure) < settings.level
    p = max(judge_mean(-one.value, one.error, -most) for one in (gain, data))
    return Finding(NOISE_CEILING, "", p, holds, worst.value / loss, worst.low / loss, worst.high / loss, told)


TESTS = (find_contamination, find_label_noise, find_coverage, find_shift, find_capacity, find_ceiling)
"""The tests, in the order of their names in reports."""
