"""Why a slice of documents may be weak: what each cause is called, which test decides it, and whom its first move is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["data", "model", "annotation", "none"]
"""Whose work a cause is: of data, of the model, of those who label; ``none`` where no cause was decided."""
LABEL_NOISE: Final = "label_noise"
CONTAMINATION: Final = "contamination"
COVERAGE: Final = "coverage"
SHIFT: Final = "shift"
CAPACITY: Final = "capacity"
NOISE_CEILING: Final = "noise_ceiling"
ABSTAIN: Final = "abstain"


@dataclass(frozen=True)
class Cause:
    """One cause.

    Args:
        test: the short name of its test.
        kind: whose work it is.
        move: what to do first.
    """

    name: str
    test: str
    kind: Kind
    move: str


CAUSES = {
    cause.name: cause
    for cause in (
        Cause(CONTAMINATION, "D2", "data", "purge the copies"),
        Cause(LABEL_NOISE, "D1", "data", "repair the suspected labels"),
        Cause(COVERAGE, "D3", "data", "supplement the slice"),
        Cause(SHIFT, "D4", "data", "balance the slice"),
        Cause(CAPACITY, "M1", "model", "open a model ticket"),
        Cause(NOISE_CEILING, "N", "annotation", "ask for a second annotation"),
        Cause(ABSTAIN, "", "none", "none"),
    )
}
"""Every cause by name, in the order in which they are reported."""
