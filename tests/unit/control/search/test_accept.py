"""Acceptance: effect, quality and guards by hand; each alone refuses."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from resonance.control.search.accept import Harm, Quality, decide, find_harmed, hold_guards, is_proven
from resonance.control.search.looks import Shown

SOUND = Quality(0.90, watched={"pii_free_rate": (1.0, 0.99)})
WHOLE = Harm("*", -0.01, 0.001)
FINE = (Harm("code", -0.01, 0.001), Harm("prose", 0.0, 0.001))


def shown(p_tilde: float, look: int = 1) -> Shown:
    return Shown(look, 0.03, 1e-4, 1e-5, 5.0, p_tilde / 5, p_tilde)


def test_a_candidate_that_helps_and_harms_nobody_is_accepted() -> None:
    verdict = decide(shown(0.005), 0.0109, "improve", FINE, WHOLE, SOUND, SOUND)
    assert verdict.decision == "accepted"
    assert [guard.kept for guard in verdict.guards] == [True, True]


def test_looks_go_on_until_the_last() -> None:
    assert decide(shown(0.02), 0.0109, "improve", FINE, WHOLE, None, None).decision == "continue"
    verdict = decide(shown(0.02, look=3), 0.0109, "improve", FINE, WHOLE, None, None)
    assert verdict.decision == "refused"
    assert verdict.reason == "no gain is shown: p 0.02 after look 3, 0.0109 is asked"
    doubted = (FINE[0], Harm("poems", 0.03, 0.01))
    verdict = decide(shown(0.02, look=3), 0.0109, "improve", doubted, WHOLE, None, None)
    assert verdict.reason.startswith(
        "no gain is shown: p 0.02 after look 3, 0.0109 is asked; slice poems is not shown to lose less"
    )


def test_a_slice_that_loses_refuses_and_is_named() -> None:
    harms = (FINE[0], Harm("poems", 0.03, 0.004))
    verdict = decide(shown(0.005), 0.0109, "improve", harms, WHOLE, SOUND, SOUND)
    assert verdict.decision == "refused"
    assert "slice poems is not shown to lose less than 2%: it loses +3.0%" in verdict.reason
    assert "code" not in verdict.reason


def test_a_slice_that_is_shown_to_lose_ends_looks_early_and_is_named() -> None:
    harms = (FINE[0], Harm("poems", 0.08, 0.004))
    verdict = decide(shown(0.9), 0.0109, "improve", harms, WHOLE, None, None)
    assert verdict.decision == "refused"
    assert verdict.reason == "slice poems is shown to lose more than 2%: it loses +8.0%"


def test_harm_is_shown_by_holm_at_the_share_of_the_look() -> None:
    harms = [Harm("a", 0.05, 0.006), Harm("b", 0.04, 0.004), Harm("c", 0.02, 0.001), Harm("d", 0.5, math.inf)]
    chances = {harm.name: float(stats.t.sf((harm.loss - 0.02) / harm.error, 4)) for harm in harms[:3]}
    assert sorted(chances, key=lambda name: chances[name]) == ["a", "b", "c"]
    assert chances["a"] > 0.05 * 0.2 / 4, "at the first look nothing is shown yet"
    assert find_harmed(harms, 1) == ()
    later = {harm.name: float(stats.t.sf((harm.loss - 0.02) / harm.error, 11)) for harm in harms[:3]}
    assert later["a"] <= 0.05 * 0.5 / 4
    assert later["b"] <= 0.05 * 0.5 / 3
    assert [harm.name for harm in find_harmed(harms, 3)] == ["a", "b"]
    assert find_harmed([Harm("a", 0.03, 0.0), Harm("b", 0.01, 0.0)], 1) == (Harm("a", 0.03, 0.0),)


def test_what_is_proven_hangs_on_the_goal() -> None:
    assert is_proven(shown(0.0109), 0.0109, "improve", WHOLE)
    assert not is_proven(shown(0.011), 0.0109, "improve", WHOLE)
    assert is_proven(shown(0.9), 0.0109, "comply", Harm("*", 0.004, 0.001))
    assert not is_proven(shown(0.001), 0.0109, "comply", Harm("*", 0.012, 0.001))


def test_a_slice_with_too_few_documents_refuses_too() -> None:
    verdict = decide(shown(0.005), 0.0109, "improve", (Harm("rare", 0.0, math.inf),), WHOLE, SOUND, SOUND)
    assert "slice rare has too few documents" in verdict.reason


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (Quality(0.88, watched=SOUND.watched), "quality index may be 0.880"),
        (Quality(0.90, ("metric 5 stands below 0.6",), SOUND.watched), "metric 5 stands below 0.6"),
        (Quality(0.90, watched={"pii_free_rate": (0.98, 0.97)}), "pii_free_rate falls from 1.0000"),
        (Quality(0.90), "pii_free_rate cannot be measured any more"),
        (None, "was not assessed"),
    ],
)
def test_worse_quality_refuses(after: Quality | None, words: str) -> None:
    verdict = decide(shown(0.005), 0.0109, "improve", FINE, WHOLE, SOUND, after)
    assert verdict.decision == "refused"
    assert words in verdict.reason


def test_quality_within_its_margin_is_borne() -> None:
    after = Quality(0.891, watched={"pii_free_rate": (0.992, 0.98)})
    assert decide(shown(0.005), 0.0109, "improve", FINE, WHOLE, SOUND, after).decision == "accepted"


def test_what_law_asks_for_need_not_help() -> None:
    assert decide(shown(0.9), 0.0109, "comply", FINE, Harm("*", 0.004, 0.001), SOUND, SOUND).decision == "accepted"
    verdict = decide(shown(0.9), 0.0109, "comply", FINE, Harm("*", 0.012, 0.001), SOUND, SOUND)
    assert verdict.decision == "continue"
    assert "lose less than 1%" in verdict.reason


def test_holm_by_hand() -> None:
    """Three slices, level .05, four degrees of freedom: p-values of scipy are held against a third, a half and the whole of it."""
    harms = [Harm("a", 0.0, 0.0068), Harm("b", 0.0, 0.0060), Harm("c", 0.0, 0.0090)]
    chances = [float(stats.t.sf(0.02 / harm.error, 4)) for harm in harms]
    assert chances[1] <= 0.05 / 3
    assert 0.05 / 3 < chances[0] <= 0.05 / 2
    assert 0.05 / 2 < chances[2] <= 0.05
    assert [guard.kept for guard in hold_guards(harms, 1)] == [True, True, True]


def test_after_the_first_that_is_not_shown_none_is() -> None:
    harms = [Harm("a", 0.0, 0.0090), Harm("b", 0.0, 0.0080)]
    assert 0.05 / 2 < float(stats.t.sf(0.02 / 0.0080, 4)) <= 0.05
    assert [guard.kept for guard in hold_guards(harms, 1)] == [False, False]


def test_more_seeds_show_more() -> None:
    harms = [Harm("a", 0.0, 0.0105)]
    assert [hold_guards(harms, look)[0].kept for look in (1, 3)] == [False, True]


def test_a_kept_guard_has_its_bound_below_the_margin() -> None:
    for error in (0.001, 0.003, 0.005, 0.01):
        (guard,) = hold_guards([Harm("a", 0.005, error)], 1)
        assert guard.kept == (guard.bound <= 0.02)
