"""Assessments made up without an engine: results of all core operators, drawn by a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from resonance.assess.assess import Assessment
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.assess.score import grade
from resonance.assess.summary import summarise
from resonance.core.dataset import DatasetContract
from resonance.core.operator import Result
from resonance.core.quality import Past, Quality
from resonance.runtime.profiles import load_profile

GENERAL = load_profile("general", frozenset(BY_ID))
NOW = datetime(2026, 4, 11, tzinfo=UTC)
REASON = "the contract declares no min_rows: add it to adaqDeclared"


def make_results(seed: int) -> list[Result]:
    """One of each core operator: some scored, some not; those by people never."""
    chance = random.Random(seed)
    found = []
    for operator in (operator for operator in OPERATORS if operator.core):
        if operator.mode == "H" or chance.random() < 0.3:
            found.append(Result(operator.id, "not_measurable", reason=REASON))
        else:
            score = chance.choice((0.0, 0.25, 0.5, 0.9, 1.0))
            found.append(Result(operator.id, "scored", score, score, score, 10, 1.0, {"lo": 0.1}, evidence=("r1", "r2")))
    return found


def make_quality(
    results: Sequence[Result], *, strata: Mapping[str, float] | None = None, table: str = "shop", **own: Any
) -> Quality:
    """The summary of these results over ten rows; each stratum has one score of two operators."""
    by = [
        Result(id, "scored", score, score, score, 10, 1.0, stratum={"site": name})
        for name, score in (strata or {}).items()
        for id in ("complete_record_ratio", "text_form_pass_rate")
    ]
    found = Assessment((*results, *by), grade(results, GENERAL), GENERAL.title, 10, NOW)
    return summarise(found, DatasetContract(table, "1.0.0", "general", frozenset({"text"}), ()), GENERAL, **own)


def make_past() -> tuple[Past, ...]:
    """Two earlier assessments."""
    first = Past("1", datetime(2026, 1, 1, tzinfo=UTC), "U", None)
    return first, Past("2", datetime(2026, 2, 1, tzinfo=UTC), "D", 0.61, {1: 0.5}, {"row_count_attainment": 0.125})
