"""Tests of causes by hand and against SciPy, on sums as tables give them; and which of several causes decides."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resonance.attribute.arms import Arms, read_share
from resonance.attribute.causes import judge_slice
from resonance.attribute.chances import find_wilson
from resonance.attribute.evidence import Counts, Evidence
from resonance.attribute.findings import Context, Finding, find_contamination, find_label_noise, measure_noise
from resonance.attribute.slices import UNIT, Sums, Weak
from resonance.core.causes import CAPACITY, CONTAMINATION, COVERAGE, LABEL_NOISE, NOISE_CEILING
from resonance.core.settings import AttributeSettings

SETTINGS = AttributeSettings()
ARMS = Arms(("plan", "again", "part-25", "part-50", "wide"))
WEAK = Weak("slice = a", Sums(100, 1, 1), Sums(100, 1, 1), Sums(100, 1, 1), 1.0, 30, 0.5, 0.001, 0.001)


def make_context(*, labelled: bool = True) -> Context:
    return Context(ARMS, SETTINGS, None, Counts({}), labelled, 0.0)


def sum_units(name: str, values: np.ndarray) -> dict[str, int]:
    return {f"{name}_n": len(values), f"{name}_total": int(values.sum()), f"{name}_squares": int((values**2).sum())}


def shown(cause: str, low: float, p: float = 0.001) -> Finding:
    statistics = {"label_issues_outside": 0.0, "consensus": 1.0, "hit_rate": 0.1, "share_ratio": 0.1}
    return Finding(cause, "", p, True, low + 0.1, low, low + 0.2, statistics)


def test_arms_know_their_part() -> None:
    assert ARMS.points == ((0.25, 2), (0.5, 3), (1.0, 0))
    assert ARMS.wider == 4
    assert [name for _, name in ARMS.witnesses] == ["plan", "again", "wide", "part-50"]
    assert Arms(("plan", "long")).wider == 1
    assert Arms().points == ((1.0, 0),)
    assert read_share("part-6.25") == 0.0625


def test_copies_that_are_easier_are_told_as_scipy_does() -> None:
    draw = np.random.default_rng(2)
    hits, others = (draw.normal(mean, 2_000, n).astype(np.int64) for mean, n in ((5_000, 12), (9_000, 90)))
    sums = sum_units("hit", hits) | sum_units("loss", np.concatenate([hits, others]))
    found = find_contamination(Evidence("a", Counts(sums), Counts({})), make_context())
    theirs = stats.ttest_ind(others, hits, equal_var=False, alternative="greater").pvalue
    assert found.p == pytest.approx(theirs, rel=1e-6)
    assert found.holds
    assert found.value == pytest.approx((others.mean() - hits.mean()) * UNIT)
    assert found.statistics["hit_rate"] == pytest.approx(12 / 102)


def test_a_slice_without_copies_is_not_measurable() -> None:
    sums = sum_units("loss", np.arange(50)) | sum_units("hit", np.arange(1))
    assert find_contamination(Evidence("a", Counts(sums), Counts({})), make_context()).lacks


@pytest.mark.parametrize(
    ("issues", "agreed", "outside", "holds"), [(40, 30, 20, True), (40, 20, 20, False), (6, 30, 20, False), (40, 30, 900, True)]
)
def test_label_noise_by_hand(issues: int, agreed: int, outside: int, holds: bool) -> None:
    """Of 200 rated labels; the share at its lower end, and consensus in 50 errors."""
    inside = Counts({"rated": 200, "issue": issues, "agreed": agreed, "compared": 50})
    found = find_label_noise(Evidence("a", inside, Counts({"rated": 3_000, "issue": outside})), make_context())
    assert found.holds is holds
    assert (found.low, found.high) == find_wilson(issues, 200)
    assert (found.p < 0.01) == (issues == 40 and outside == 20), "no more suspected labels than elsewhere: no sign of a fault"


def test_seeds_that_differ_by_more_than_documents_explain_are_noise() -> None:
    values = np.random.default_rng(1).normal(1e4, 2e3, (400, 1))
    shift = np.concatenate([values, values + 1_000], axis=1).astype(np.int64)
    sums = {"paired": 400} | {f"arm{at}": int(shift[:, at].sum()) for at in range(2)}
    sums |= {f"arm{a}_{b}": int((shift[:, a] * shift[:, b]).sum()) for a in range(2) for b in range(a, 2)}
    arms = Arms(("plan", "again"))
    assert measure_noise(arms, [Counts(sums)]) == pytest.approx(0.1**2 / 2, rel=1e-3)
    assert measure_noise(Arms(), [Counts(sums)]) == 0.0


@pytest.mark.parametrize(
    ("findings", "cause"),
    [
        ([shown(LABEL_NOISE, 0.9), shown(CONTAMINATION, 0.1), shown(NOISE_CEILING, 0.0)], CONTAMINATION),
        ([shown(LABEL_NOISE, 0.1), shown(CAPACITY, 0.9)], LABEL_NOISE),
        ([shown(COVERAGE, 0.2), shown(CAPACITY, 0.3), shown(NOISE_CEILING, 0.9)], CAPACITY),
        ([shown(COVERAGE, 0.3), shown(CAPACITY, 0.2)], COVERAGE),
        ([shown(NOISE_CEILING, 0.0)], NOISE_CEILING),
        ([shown(LABEL_NOISE, 0.9, p=0.03), shown(CAPACITY, 0.1, p=0.04)], "abstain"),
        ([Finding(COVERAGE, "a learning curve needs 3 points"), Finding(CAPACITY, "", 0.9)], "abstain"),
    ],
)
def test_the_first_cause_by_priority_decides_and_holm_guards_it(findings: list[Finding], cause: str) -> None:
    verdict = judge_slice(WEAK, findings, SETTINGS)
    assert verdict.cause == cause
    assert (verdict.settle is None) == (cause != "abstain") == (verdict.confidence is not None)
    assert verdict.reason
    if cause != "abstain":
        assert verdict.low is not None
        assert verdict.high is not None
