"""The three gates that a dataset passes: after processing, before release, and after training; and who let it through one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from resonance.core.errors import ResonanceError

GateName = Literal["rules", "people", "effect"]
GateState = Literal["passed", "failed", "waived", "not_run"]
RULES: Final = "rules"
"""After processing: automatic operators and the contract."""
PEOPLE: Final = "people"
"""Before release: people who judge a sample."""
EFFECT: Final = "effect"
"""After training: what the dataset did to a model."""
GATES: tuple[GateName, ...] = (RULES, PEOPLE, EFFECT)
DOCUMENTS: Final = "documents"
"""What the workspace's own documents are called among datasets."""


@dataclass(frozen=True)
class Gate:
    """Where a dataset stands at one gate.

    Args:
        reasons: what keeps it from passing.
        mend: what mends each of these; empty where nobody asks.
    """

    name: GateName
    state: GateState
    reasons: tuple[str, ...] = ()
    mend: tuple[str, ...] = ()


def find_gate(
    gates: Iterable[Mapping[str, Any]], gate: str, dataset: str = DOCUMENTS, round: int | None = None
) -> Mapping[str, Any] | None:
    """The row of ``quality_gate`` about a gate: of that round, or of the newest where none is named. None where there is none."""
    own = [row for row in gates if (row["dataset"], row["gate"]) == (dataset, gate) and round in (None, row["round"])]
    return max(own, key=lambda row: int(row["round"]), default=None)


def find_approval(approvals: Iterable[Mapping[str, Any]], row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest approval that lets the dataset of a row of ``quality_gate`` through; None where there is none.

    It holds for the assessment that it was given for: other rows, or another contract, ask for another one.
    """
    named = ("dataset", "gate", "assessment")
    fitting = [given for given in approvals if all(given[name] == row[name] for name in named)]
    return max(fitting, key=lambda given: given["approved_at"], default=None)


def require_signature(decision: str, name: str, reason: str) -> None:
    """Raise ResonanceError unless a decision has a name and a reason; ``decision`` begins the sentence that says so."""
    if not name.strip() or not reason.strip():
        raise ResonanceError(f"{decision} has a name and a reason")


def find_closed(
    gates: Sequence[Mapping[str, Any]], approvals: Sequence[Mapping[str, Any]], asked: Iterable[GateName], round: int
) -> list[Mapping[str, Any]]:
    """Rows of ``quality_gate`` of the documents that a job of a round stands behind: failed, and let through by nobody.

    Of the gate of effect the round before counts. A gate that was not run closes nothing: it says so in reports, and no more.
    """
    rows = [find_gate(gates, gate, round=round - 1 if gate == EFFECT else round) for gate in asked]
    return [row for row in rows if row is not None and row["state"] == "failed" and find_approval(approvals, row) is None]


def explain_gate(row: Mapping[str, Any]) -> str:
    """Why a gate is not passed and what mends it, a line each, and how somebody lets the dataset through."""
    of = "" if row["dataset"] == DOCUMENTS else f" --dataset {row['dataset']}"
    lines, told = [f"gate {row['gate']} of {row['dataset']}, round {row['round']}, is not passed:"], set()
    for reason, mend in zip(row["reasons"], row["mend"], strict=True):
        lines += [f"  - {reason}", *([] if mend in told else [f"    {mend}"])]
        told.add(mend)
    return "\n".join([*lines, f'  or let it through: resonance approve {row["gate"]}{of} --name NAME --reason "…"'])


def name_policy(policy: str) -> str:
    """What table ``approvals`` calls the policy that a decision is about, where a dataset stands otherwise."""
    return f"policy {policy}"
