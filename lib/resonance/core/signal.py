"""What a signal is: one number or label about one text; and what a set is: signals that one kernel measures together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["int", "double", "string"]
"""Physical types of signals: counts, measures and labels."""
Value = float | str | None


@dataclass(frozen=True)
class Signal:
    """One number or label about one text.

    Args:
        name: its column in the table of its set. Another set may give the name another meaning.
        good: which values speak for a text; None where neither end does.
        meaning: what the column holds, in one sentence.
        labels: of a string, the only values that there are; empty where others may come.
    """

    name: str
    type: Type
    good: Literal["high", "low"] | None
    meaning: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignalSet:
    """Signals that are measured together and stored together, in the table ``signals_<name>``.

    Args:
        meaning: whose definitions the signals follow.
        version: rises when a definition changes; what was measured before is measured again.
        signals: in the order in which ``measure`` and ``plainly`` give them.
        measure: the kernel, from an Arrow array of strings to a struct array of the signals; null where one is not defined.
        plainly: the definition, from one text to the values of the signals.
        text: what is measured: the text as it is cleaned, before rewriting; as it is stored, which no policy can read; or what
            annotators found in the text as it is stored, under the hash of the cleaned one, by which policies read.
        shared: whether rules of every policy may read the set; else those of policies of its name alone.
        shown: signals that the report shows whatever the policy reads.
        scored: whether a scorer measures it, whose file the setting ``clean.<name>`` names; all is null where none is named.
        brief: as ``measure``, in less time, but for signals that take a pass of their own and that no assessment reads: null.
    """

    name: str
    meaning: str
    version: int
    signals: tuple[Signal, ...]
    measure: Callable[..., Any]
    plainly: Callable[..., Sequence[Value]]
    text: Literal["cleaned", "stored", "annotated"] = "cleaned"
    shared: bool = False
    shown: tuple[str, ...] = ()
    scored: bool = False
    brief: Callable[..., Any] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its signals, in their order."""
        return tuple(signal.name for signal in self.signals)

    @property
    def types(self) -> dict[str, Type]:
        """The type of each signal by name."""
        return {signal.name: signal.type for signal in self.signals}

    @property
    def table(self) -> str:
        """The name of its table."""
        return f"signals_{self.name}"
