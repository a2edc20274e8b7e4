"""The words that rows of the loop are marked by: arms of a round, phases of a model, and the slice that stands for all."""

from __future__ import annotations

from typing import Final, Literal

PLAN: Final = "plan"
"""The arm that follows the plan; what is of no other arm bears its name."""
CONTROL: Final = "control"
"""The arm that keeps the weights of round 1."""
HELDOUT: Final = "heldout"
"""The arm of ``sample_plan`` that lists the documents which no training may draw (round 0)."""
CANDIDATES: Final = "candidates"
"""The arm of ``sample_plan`` that lists documents which the plan may draw and a model reads before."""
FOLD: Final = "fold-"
"""Begins the name of an arm whose model never saw one part of the drawn documents; the number of that part follows."""
TARGET: Final = "target-"
"""Begins the name of an arm whose model is that of a fold, tuned on target slices; the number of the fold follows."""
AGAIN: Final = "again"
"""The arm whose model is the plan arm's with another seed."""
WIDE: Final = "wide"
"""The arm whose model is the plan arm's, twice as wide."""
LONG: Final = "long"
"""The arm whose model is the plan arm's, trained on each draw four times: where no wider model can be built."""
LONG_TIMES: Final = 4
"""How often that is."""
PART: Final = "part-"
"""Begins the name of an arm whose model is the plan arm's, trained on a part of its draws; the percentage follows."""
RULE: Final = "rule-"
"""Begins the name of every arm that tries rules: no state, plan or trend reads it."""
SELECT: Final = f"{RULE}select-"
"""Begins the name of an arm of a search of rules; the key of its campaign follows, then its trial, its rung and its seed."""
VERIFY: Final = f"{RULE}verify-"
"""Begins the name of an arm that verifies a candidate; the key of its campaign follows, then its side and its seed."""
VAULT: Final = f"{RULE}vault-"
"""Begins the name of an arm that compares what judges at a release with what judged at the one before."""
WATCH: Final = f"{RULE}watch-"
"""Begins the name of an arm that compares an adopted version with the one before it, in a round after its adoption."""

ALL_SLICES: Final = "*"
"""Stands for all slices together where a table has a row for each."""

PhaseName = Literal[
    "train", "fit", "tune", "score", "heldout", "reference", "target", "appraise", "reorder", "shadow", "probe_fit", "probe"
]
PHASE_TRAIN: Final = "train"
"""Training on the draws of an arm."""
PHASE_FIT: Final = "fit"
"""Training of a fold's reference model."""
PHASE_TUNE: Final = "tune"
"""Training of a fold's reference model on target slices."""
PHASE_SCORE: Final = "score"
"""Scoring of drawn documents by the model that they trained."""
PHASE_HELDOUT: Final = "heldout"
"""Scoring of held-out documents."""
PHASE_REFERENCE: Final = "reference"
"""Scoring of a fold's documents by its reference model."""
PHASE_TARGET: Final = "target"
"""Scoring of a fold's documents by its tuned reference model."""
PHASE_APPRAISE: Final = "appraise"
"""Scoring of the beginning of documents that may be drawn, before the draw."""
PHASE_REORDER: Final = "reorder"
"""The same with the words of each in another order."""
PHASE_SHADOW: Final = "shadow"
"""Scoring of documents that one rule alone cut, and of such that were kept: no state, plan or trend reads it."""
PHASE_PROBE_FIT: Final = "probe_fit"
"""Training of a model beside the loop: one that differs from the plan arm's in one thing, or goes on from it by other rules."""
PHASE_PROBE: Final = "probe"
"""Scoring of held-out documents by such a model."""
TRAINING: tuple[PhaseName, ...] = (PHASE_TRAIN, PHASE_FIT, PHASE_TUNE, PHASE_PROBE_FIT)
"""Phases that move the model; the others score."""
UNDRAWN: tuple[PhaseName, ...] = (PHASE_HELDOUT, PHASE_APPRAISE, PHASE_REORDER, PHASE_SHADOW, PHASE_PROBE)
"""Phases of documents that no plan drew."""


def read_key(arm: str) -> str:
    """The key of the campaign that an arm such as ``rule-verify-0a1b2c3d-candidate-4`` belongs to."""
    return arm.split("-")[2]


def read_share(arm: str) -> float:
    """The share of the data that an arm such as ``part-25`` was trained on."""
    return float(arm.removeprefix(PART)) / 100
