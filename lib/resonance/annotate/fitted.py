"""What is said of an annotator that was fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fittable = Literal["token", "pos", "sentiment", "lemma"]
"""What annotators can be fitted to find."""


@dataclass(frozen=True)
class Fitted:
    """What was fitted, on how many sentences, texts or forms, and what it gets right of those held out; of forms none are."""

    kind: Fittable
    train: int
    held_out: int
    words: int
    measures: dict[str, float]

    def describe(self) -> str:
        """The same in one line."""
        if self.kind == "lemma":
            return f"{self.train} forms with their lemmas"
        measures = ", ".join(f"{name} {value:.4f}" for name, value in self.measures.items())
        units = "texts" if self.kind == "sentiment" else "sentences"
        return f"fitted on {self.train} {units}; {self.held_out} held out with {self.words} words: {measures}"
