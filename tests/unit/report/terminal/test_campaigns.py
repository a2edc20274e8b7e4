from __future__ import annotations

from typing import Any

from resonance.app import View
from resonance.report.terminal.campaigns import SHOWN, describe_cost, describe_search, describe_verification, list_farthest

CAMPAIGN = {"campaign": "docs-0a1b2c3d", "incumbent": "docs@1", "state": "found", "reason": "docs@2 waits for its verification"}


def make_trial(trial: int, rung: int, seed: int, objective: float | None, **given: Any) -> dict[str, Any]:
    own = {"thresholds": {"short": 10.0 * trial}, "used": {"grams": "no"}, "kept_docs": 1_234, "tokens": 100}
    return {
        "trial": trial,
        "rung": rung,
        "seed": seed,
        "objective": objective,
        "reason": "" if objective else "unfit",
        **own,
        **given,
    }


TRIALS = [
    make_trial(1, 1, 5, 2.0),
    make_trial(2, 1, 5, 1.9),
    make_trial(3, 1, 5, None, tokens=0),
    make_trial(2, 4, 5, 1.5),
    make_trial(2, 4, 6, 1.7),
    make_trial(4, 4, 5, 1.5),
    make_trial(4, 4, 6, 1.4),
]


def test_trials_that_got_farthest_come_first_with_their_mean_over_seeds() -> None:
    found = list_farthest(TRIALS)
    assert [(row["trial"], row["rung"], row["seeds"]) for row in found] == [(4, 4, 2), (2, 4, 2), (1, 1, 1), (3, 1, 1)]
    assert [row["objective"] for row in found] == [1.45, 1.6, 2.0, None]
    assert found[0]["values"] == "short 40, grams left out"


def test_a_search_says_what_it_cost_and_what_follows() -> None:
    said = " ".join(str(View(tuple(describe_search(CAMPAIGN, TRIALS)))).split())
    assert "6 models trained on 600 tokens; campaign docs-0a1b2c3d: found, docs@2 waits for its verification" in said
    assert said.endswith("`resonance rules verify docs-0a1b2c3d`")
    assert "1.4500" in said
    many = [make_trial(at, 1, 5, 1.0 + at) for at in range(1, SHOWN + 3)]
    assert f"short {10 * SHOWN + 10}" not in str(View(tuple(describe_search(CAMPAIGN, many))))


def test_the_cost_is_one_line() -> None:
    (said,) = describe_cost("docs", 62, 5_600_000, 9_600_000, "2 h 5 min")
    assert said == (
        "search docs trains at most 62 models on 15,200,000 tokens: 5,600,000 to search, up to 9,600,000 to verify; about 2 h "
        "5 min by the pace of the newest round"
    )
    assert "for how long was never measured here" in str(describe_cost("docs", 62, 1, 2, "")[0])


def test_looks_are_listed_with_the_slice_that_may_lose_most() -> None:
    version = {"policy": "docs", "version": 2}
    look = {"look": 1, "seeds": [1, 2, 3, 4, 5], "documents": 90, "delta": 0.02, "t": 6.1, "p_tilde": 0.004, "alpha": 0.0109}
    looks = [look | {"guards": {"code": 0.001, "prose": 0.015}}]
    ended = CAMPAIGN | {"state": "accepted", "reason": "gain 0.02 bits per byte"}
    said = " ".join(str(View(tuple(describe_verification(ended, version, looks)))).split())
    assert "docs@2 against docs@1" in said
    assert "prose loses up to 1.5%" in said
    assert "accepted: gain 0.02 bits per byte `resonance rules adopt docs@2` has it judge" in said
    refused = [str(part) for part in describe_verification(ended | {"state": "refused"}, version, [])]
    assert len(refused) == 1, "without a look there is no table, and nothing to adopt"
