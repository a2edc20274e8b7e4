"""What the driver tells its ranks, and what they tell it at a boundary: two small JSON files.

Where something lies is a path that all ranks see, or an address.
"""

from __future__ import annotations

from resonance.core.settings import Settings, TaskSettings, TrainSettings
from resonance.core.turns import TRAINING, PhaseName

SHARD_ROWS = 20_000
"""A plan gets one shard for as many rows."""
SPEC = "spec.json"
DONE = "done.json"
CHECKPOINT = "checkpoint"
PROGRESS = "progress.json"


class Phase(Settings):
    """One pass over shards.

    Args:
        places: one more than the last place in them.
        shard_places: places of one shard; scoring stages what it has at the end of each.
        first: the place that scoring begins with; events of those before it are committed.
        steps: optimizer steps that training takes, whose global batches differ by at most one document; 0 takes as many as the
            settings' size of a batch gives.
    """

    name: PhaseName
    shards: str
    places: int
    shard_places: int = SHARD_ROWS
    first: int = 0
    steps: int = 0


class Spec(Settings):
    """All that a rank must know.

    ``start`` is the checkpoint to begin with, ``resume`` continues its optimizer and place; ``widen`` makes the model that a
    training begins with twice as wide, unless it is resumed.
    """

    settings: TrainSettings
    seed: int
    tokenizer: str
    staging: str
    phases: tuple[Phase, ...]
    task: TaskSettings = TaskSettings()
    start: str | None = None
    resume: bool = False
    widen: bool = False


class Boundary(Settings):
    """Where a phase stood when its ranks staged events (and, in training, a checkpoint) together.

    Args:
        step: optimizer steps taken; in scoring, those of the checkpoint.
        first: first place whose events are staged here.
        last: one more than the last such place.
        tokens: tokens seen since the run began.
        total: tokens of the whole phase, which the learning rate decays over.
        loss: mean loss of a token since the boundary before, nats.
        best: lowest such loss so far.
        waited: boundaries since then.
        skipped: steps that moved nothing, as a loss or the gradient was no finite number; in scoring, documents without one.
        final: whether the phase ended here.
    """

    step: int
    first: int = 0
    last: int = 0
    tokens: int = 0
    total: int = 0
    loss: float = 0.0
    best: float | None = None
    waited: int = 0
    skipped: int = 0
    parameters: int = 0
    final: bool = False


class Pace(Settings):
    """How far rank 0 has come, for people who wait."""

    phase: PhaseName
    step: int
    place: int
    places: int
    loss: float
    tokens_per_second: float


def ordinal(phase: PhaseName, state: Boundary) -> int:
    """What rises from boundary to boundary of a phase: steps where it trains, places where it scores at one and the same step."""
    return state.step if phase in TRAINING else state.last


def boundary_folder(phase: PhaseName, state: Boundary) -> str:
    """Where ranks stage what they have at a boundary, below the place of all staging."""
    return f"{phase}/{ordinal(phase, state):012d}"
