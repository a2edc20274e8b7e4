"""The three gates that a dataset passes: after processing, before release, and after training; and who let it through one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

GateName = Literal["rules", "people", "effect"]
RULES: Final = "rules"
"""After processing: automatic operators and the contract."""
PEOPLE: Final = "people"
"""Before release: people who judge a sample."""
EFFECT: Final = "effect"
"""After training: what the dataset did to a model."""
GATES: tuple[GateName, ...] = (RULES, PEOPLE, EFFECT)
DOCUMENTS: Final = "documents"
"""What the workspace's own documents are called among datasets."""


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


def find_closed(
    gates: Sequence[Mapping[str, Any]], approvals: Sequence[Mapping[str, Any]], asked: Iterable[GateName], round: int
) -> list[Mapping[str, Any]]:
    """Rows of ``quality_gate`` of the documents that a job of a round stands behind: failed, and let through by nobody.

    Of the gate of effect the round before counts. A gate that was not run closes nothing: it says so in reports, and no more.
    """
    rows = [find_gate(gates, gate, round=round - 1 if gate == EFFECT else round) for gate in asked]
    return [row for row in rows if row is not None and row["state"] == "failed" and find_approval(approvals, row) is None]


def explain_gate(row: Mapping[str, Any]) -> str:
    """Why a gate is not passed, and what mends it, in one line."""
    said = "; ".join(f"{reason} ({mend})" for reason, mend in zip(row["reasons"], row["mend"], strict=True))
    other = f'resonance approve {row["gate"]} --name NAME --reason "…" lets it through'
    return f"gate {row['gate']} of {row['dataset']}, round {row['round']}, is not passed: {said}; {other}"
