"""The tiny corpus is what it says: English texts that every policy of English keeps, no two alike but for the copies."""

from __future__ import annotations

from itertools import combinations

import pyarrow as pa
import pytest

from resonance.core.policy import Rule
from resonance.curate.prepare import prepare
from resonance.runtime.policies import known_policies, load_policy
from resonance.tables import MEASURED
from resonance.testing import tiny_corpus

TEXTS = [row["text"] for row in tiny_corpus(60)]


@pytest.fixture(scope="module")
def measured() -> dict[str, list[dict[str, float]]]:
    said = prepare(pa.array(TEXTS), tuple(MEASURED.tables))
    return {name: said[name].to_pylist() for name in MEASURED.tables}


@pytest.mark.parametrize("name", [name for name in known_policies() if name != "zh"])
def test_every_policy_keeps_it(name: str, measured: dict[str, list[dict[str, float]]]) -> None:
    policy = load_policy(name)

    def passes(rule: Rule, value: float) -> bool:
        return value >= rule.below if rule.below is not None else rule.above is not None and value <= rule.above

    assert [
        (rule.rule, row[rule.signal])
        for rule in policy.rules
        for row, told in zip(measured[policy.set_of(rule)], measured["basics"], strict=True)
        if (rule.languages is None or rule.languages.hold(str(told["language"]))) and not passes(rule, row[rule.signal])
    ] == []


def test_copies_are_exact_and_others_differ_much() -> None:
    rows = tiny_corpus(12, copies=2)
    assert [row["text"] for row in rows[12:]] == [row["text"] for row in rows[:2]]
    assert len({row["id"] for row in rows}) == 14
    words = [text.lower().split() for text in TEXTS]
    shingles = [{tuple(w[i : i + 5]) for i in range(len(w) - 4)} for w in words]
    assert max(len(a & b) / len(a | b) for a, b in combinations(shingles, 2)) < 0.4
