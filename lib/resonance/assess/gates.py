"""What the first two gates say of an assessment: what keeps a dataset from passing, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from resonance.assess.assess import Assessment
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.core.gates import DOCUMENTS, PEOPLE, RULES, Gate
from resonance.core.remedies import BY_METRIC, find_remedy

LEAST_COVERAGE = 0.75
"""The coverage that the first gate asks for."""


def judge_rules(found: Assessment, dataset: str = DOCUMENTS) -> Gate:
    """The first gate: no floor is broken, no operator failed, enough was measured."""
    faults = tuple(find_faults(found, dataset))
    if not faults:
        return Gate(RULES, "passed")
    return Gate(RULES, "failed", tuple(reason for reason, _ in faults), tuple(mend for _, mend in faults))


def find_faults(found: Assessment, dataset: str) -> Iterator[tuple[str, str]]:
    """What keeps a dataset from passing the first gate, each with what mends it."""
    for veto in found.grade.vetoes:
        yield veto, mend_veto(veto)
    for id in found.errors:
        why = next(result.reason for result in found.results if result.operator == id and result.state == "error")
        yield f"{id} failed: {why}", "Mend what it names in the contract."
    coverage = found.grade.total.coverage
    if coverage < LEAST_COVERAGE:
        listed = f"`resonance operators {dataset} --contract FILE`"
        yield f"coverage is {coverage:.1%}, below {LEAST_COVERAGE:.0%}", f"Supply what {listed} lists as missing."


def mend_veto(veto: str) -> str:
    """What mends a veto, whose first words name an operator, or a metric by its number."""
    name, number = veto.split()[:2]
    return find_remedy(BY_ID[name]) if name in BY_ID else BY_METRIC[int(number)]


def judge_people() -> Gate:
    """The second gate. This version draws no sample for people, so that it is never passed."""
    asked = ", ".join(operator.id for operator in OPERATORS if operator.mode == "H")
    return Gate(PEOPLE, "not_run", (f"nobody has judged a sample: {asked}",), ("Let people judge one outside of resonance.",))
