"""What the first two gates say of an assessment: what keeps a dataset from passing, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from resonance.assess.assess import LEAST_FOR_GATE, Assessment
from resonance.assess.operators import OPERATORS
from resonance.core.gates import DOCUMENTS, PEOPLE, RULES, GateName

MASK = "resonance run --set clean.mask=placeholders"
LEDGER = "complete source_ledger and licence_terms in adaqDeclared of the contract"
MENDS: Mapping[str, str] = {
    "schema_conformance": "mend the columns that the contract promises, or the contract",
    "pii_free_ratio": MASK,
    "secret_free_ratio": MASK,
    "metric 6": MASK,
    "metric 7": f"take out the sources that hold unsafe texts or secrets, or {MASK}",
    "eval_contamination_free_ratio": "resonance register NAME FILE for each evaluation set, then resonance run decontaminate",
    "exact_unique_ratio": "resonance run dedupe --set dedupe.method=minhash",
    "lawful_basis_coverage": LEDGER,
    "licence_compatibility": LEDGER,
    "source_ledger_resolution": LEDGER,
    "drop_accounting_balance": "resonance run ingest, and look at the counts in table steps",
}
"""What mends an operator below its floor, or a metric that leaks."""


@dataclass(frozen=True)
class Verdict:
    """Where a dataset stands at one gate.

    Args:
        reasons: what keeps it from passing.
        mend: what mends each of these.
    """

    gate: GateName
    state: Literal["passed", "failed", "not_run"]
    reasons: tuple[str, ...] = ()
    mend: tuple[str, ...] = ()


def judge_rules(found: Assessment, dataset: str = DOCUMENTS) -> Verdict:
    """The first gate: no floor is broken, no operator failed, enough was measured."""
    faults = tuple(find_faults(found, dataset))
    if not faults:
        return Verdict(RULES, "passed")
    return Verdict(RULES, "failed", tuple(reason for reason, _ in faults), tuple(mend for _, mend in faults))


def find_faults(found: Assessment, dataset: str) -> Iterator[tuple[str, str]]:
    """What keeps a dataset from passing the first gate, each with what mends it."""
    ask = f"resonance operators {dataset} --contract FILE"
    for veto in found.grade.vetoes:
        yield veto, next((mend for name, mend in MENDS.items() if veto.startswith(f"{name} ")), f"see {ask}")
    for id in found.errors:
        why = next(result.reason for result in found.results if result.operator == id and result.state == "error")
        yield f"{id} failed: {why}", "mend what it names in the contract"
    coverage = found.grade.total.coverage
    if coverage < LEAST_FOR_GATE:
        yield f"coverage is {coverage:.1%}, below {LEAST_FOR_GATE:.0%}", f"supply to the contract what {ask} lists as missing"


def judge_people() -> Verdict:
    """The second gate. This version draws no sample for people, so that it is never passed."""
    asked = ", ".join(operator.id for operator in OPERATORS if operator.mode == "H")
    return Verdict(PEOPLE, "not_run", (f"nobody has judged a sample: {asked}",), ("let people judge one outside of resonance",))
