"""Why a slice of documents may be weak: what each cause is called, which test decides it, and whose work it is.

What to do first is told by a table of moves (``core/moves``)."""

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
    """

    name: str
    test: str
    kind: Kind


CAUSES = {
    cause.name: cause
    for cause in (
        Cause(CONTAMINATION, "D2", "data"),
        Cause(LABEL_NOISE, "D1", "data"),
        Cause(COVERAGE, "D3", "data"),
        Cause(SHIFT, "D4", "data"),
        Cause(CAPACITY, "M1", "model"),
        Cause(NOISE_CEILING, "N", "annotation"),
        Cause(ABSTAIN, "", "none"),
    )
}
"""Every cause by name, in the order in which they are reported."""
