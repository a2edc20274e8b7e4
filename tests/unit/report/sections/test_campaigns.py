from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession
from tests.unit.report.loop import NAMES, loop_facts

from resonance.control.search.accept import Harm, Quality, Verdict, decide
from resonance.control.search.looks import Shown
from resonance.core.frames import make_frame
from resonance.core.settings import ReportSettings
from resonance.report.language import restate, speak
from resonance.report.sections.campaigns import NEWEST, Campaigns, draw_campaigns, gather_campaigns
from resonance.runtime import resources
from resonance.tables import CAMPAIGNS, RULE_TRIALS, RULE_VERIFICATIONS

SETTINGS = ReportSettings()
LOOK = {
    "campaign": "docs-0b",
    "look": 1,
    "policy": "docs",
    "seeds": [1, 2, 3, 4, 5],
    "documents": 90,
    **dict.fromkeys(("delta", "seed_var", "doc_var", "t", "p", "share"), 0.02),
    "p_tilde": 0.004,
    "alpha": 0.0109,
    "campaign_number": 1,
    "quality_before": None,
    "quality_after": None,
    "guards": {},
    "decision": "accepted",
    "reason": "gain",
}


def make_campaign(name: str, state: str, **given: Any) -> dict[str, Any]:
    row = {"campaign": name, "number": None, "policy": "docs", "incumbent": "docs@1", "search": "{}", "goal": "improve", "seed": 1}
    row |= {"round": 1, "tokens": 15_200_000, "state": state, "reason": "docs@2 waits for its verification", "correction": None}
    return row | {"begun_at": datetime(2026, 1, int(name[-1], 16) + 1, tzinfo=UTC)} | given


def make_trial(trial: int, rung: int, objective: float | None, tokens: int) -> dict[str, Any]:
    fits = objective is not None
    row = {"campaign": "docs-0a", "trial": trial, "rung": rung, "seed": 1, "thresholds": {}, "used": {}, "kept_docs": 3}
    row |= {"kept_bytes": 9, "tokens": tokens, "objective": objective, "by_slice": {}, "feasible": fits}
    return row | {"reason": "" if fits else "unfit", "run": "", "seconds": 1.0}


TRIALS = [make_trial(1, 1, 2.0, 10), make_trial(2, 1, 1.5, 10), make_trial(3, 1, None, 0), make_trial(2, 4, 1.25, 80)]
WHOLE = (Harm("*", -0.01, 0.001), Quality(0.9), Quality(0.9))
ROWS = [make_campaign("docs-0a", "found"), make_campaign("docs-0b", "accepted", number=1, correction="lord")]


def gather(spark: SparkSession, rows: list[dict[str, Any]]) -> Campaigns:
    held = {CAMPAIGNS: rows, RULE_TRIALS: TRIALS, RULE_VERIFICATIONS: [LOOK]}
    frames = {table.name: make_frame(spark, own, resources.contract(table).schema) for table, own in held.items()}
    return gather_campaigns(frames, loop_facts())


def make_facts(names: tuple[str, ...] = NAMES) -> Campaigns:
    """A search whose candidate waits, one that was accepted after one look, and one that a slice's guard refused."""
    refused = decide(Shown(3, 0.03, 1e-4, 1e-5, 5.0, 0.001, 0.001), 0.01, "improve", (Harm(names[0], 0.03, 0.01),), *WHOLE)
    own = {"campaign": "docs-0a", "tokens": 80}
    rungs = tuple(
        {**own, "rung": rung, "trials": set(range(left)), "models": left, "best": best, "unfit": unfit}
        for rung, left, best, unfit in ((1, 3, 1.5, 1), (4, 1, None, 0))
    )
    return Campaigns((*ROWS, make_campaign("docs-0c", refused.decision, reason=refused.reason)), rungs, (LOOK,))


def test_searches_and_looks_are_told(spark: SparkSession) -> None:
    block = draw_campaigns(gather(spark, ROWS), SETTINGS)
    assert block is not None
    assert block.text[1] == "Looked for: 2 campaigns. Verified: 1; accepted: 1."
    campaigns, rungs, looks = block.grids
    assert [row[:4] for row in campaigns.rows] == [
        ("docs-0a", "docs@1", "waits for its verification", "15,200,000"),
        ("docs-0b", "docs@1", "accepted", "15,200,000"),
    ]
    assert rungs.rows == (("docs-0a", "1", "3", "1", "2", "20", "1.5000"), ("docs-0a", "4", "1", "0", "1", "80", "1.2500"))
    assert looks.rows == (("docs-0b", "1", "5", "90", "+0.020", "0.004", "0.0109", "accepted"),)
    with speak("zh"):
        spoken = draw_campaigns(gather(spark, ROWS), SETTINGS)
    assert spoken is not None
    assert spoken.title == "寻找更好的规则"
    assert spoken.grids[0].rows[0][4] == "docs@2 等待验证"


def test_without_a_campaign_there_is_no_section(spark: SparkSession) -> None:
    assert draw_campaigns(gather(spark, []), SETTINGS) is None


def test_the_newest_campaigns_are_shown() -> None:
    rows = tuple(make_campaign(f"docs-{at:02x}", "void", begun_at=None) for at in range(NEWEST + 2))
    block = draw_campaigns(Campaigns(rows), SETTINGS)
    assert block is not None
    assert len(block.grids) == 1
    assert [row[0] for row in block.grids[0].rows][0] == "docs-02"


def list_verdicts() -> list[Verdict]:
    """A verdict for each reason that there is."""
    fine, bad = (Harm("one", -0.01, 0.001),), (Harm("one", -0.01, 0.001), Harm("two", 0.03, 0.01), Harm("few", 0.0, math.inf))
    sound, whole = Quality(0.9, watched={"pii_free_rate": (1.0, 0.99)}), Harm("*", -0.01, 0.001)
    worse = Quality(0.7, ("metric 5 stands below 0.6",), {"pii_free_rate": (0.9, 0.8)})
    shown, unclear = (Shown(3, 0.03, 1e-4, 1e-5, 5.0, p, p) for p in (0.001, 0.9))
    return [
        decide(shown, 0.01, "improve", fine, whole, sound, sound),
        decide(shown, 0.01, "improve", bad, whole, sound, worse),
        decide(shown, 0.01, "improve", fine, whole, sound, Quality(0.9)),
        decide(shown, 0.01, "improve", fine, whole, None, None),
        decide(shown, 0.01, "improve", (Harm("two", 0.3, 0.01),), whole, None, None),
        decide(unclear, 0.01, "improve", bad, whole, None, None),
        decide(unclear, 0.01, "comply", fine, Harm("*", 0.02, 0.001), None, None),
    ]


def test_every_reason_of_a_verdict_has_its_chinese() -> None:
    parts = sorted({part for verdict in list_verdicts() for part in verdict.reason.split("; ")})
    assert len(parts) == 12
    with speak("zh"):
        said = {part: restate(part) for part in parts}
    assert [part for part, words in said.items() if words == part] == []
