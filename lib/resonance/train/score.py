"""Losses at a fixed checkpoint: forward passes only."""

from __future__ import annotations

import torch

from resonance.core.errors import TrainError
from resonance.core.turns import PHASE_APPRAISE, PHASE_REFERENCE, PHASE_REORDER
from resonance.train.collective import Collective
from resonance.train.events import StagedEvents, Tally, stage, stage_events
from resonance.train.model import Model
from resonance.train.pace import Pacer
from resonance.train.reorder import reorder_words
from resonance.train.shards import Document, global_batches
from resonance.train.spec import Boundary, Phase, Spec
from resonance.train.tasks import Task


def score(spec: Spec, phase: Phase, model: Model, task: Task, collective: Collective, step: int) -> Boundary:
    """Stage one event for each document of the phase from its first place on. Ranks meet at the end of each shard only.

    In phase ``reorder`` the words of each document stand in another order.

    Raises:
        TrainError: more losses than ``max_skipped_steps`` are no finite number; all ranks raise it alike.
    """
    unseen = phase.name in (PHASE_REFERENCE, PHASE_APPRAISE)
    pacer = Pacer(spec, phase, collective)
    model.eval()
    broken: list[str] = []
    size = spec.settings.documents_per_step
    state = Boundary(step=step, first=phase.first, last=phase.first)
    with stage_events(spec, collective.rank, probabilities=unseen) as events:
        for last, documents in global_batches(phase, phase.first, size, collective.rank, collective.size):
            read = list(map(reorder_words, documents)) if phase.name == PHASE_REORDER else documents
            tally = forward(model, task, read)
            broken += tally.broken(documents)
            events.add(documents, tally)
            state = state.model_copy(update={"last": last, "final": last == phase.places})
            pacer.tick(step, last, float(tally.loss.sum()), float(tally.tokens.sum()))
            if state.final or last // phase.shard_places > state.first // phase.shard_places:
                state = _stage(spec, phase, state, events, broken, collective)
                broken = []
    return state


def _stage(spec: Spec, phase: Phase, state: Boundary, events: StagedEvents, broken: list[str], collective: Collective) -> Boundary:
    """The state that the next shard begins with."""
    found = [doc_id for part in collective.gather(broken) for doc_id in part]
    state = state.model_copy(update={"skipped": state.skipped + len(found)})
    if state.skipped > spec.settings.max_skipped_steps:
        raise TrainError(
            f"{phase.name}: the loss of document {found[0]} is no finite number at step {state.step}, nor are those of "
            f"{state.skipped - 1} others; see whether the training went well, or raise train.max_skipped_steps"
        )
    stage(phase, state, events, collective)
    return state.model_copy(update={"first": state.last})


@torch.no_grad()
def forward(model: Model, task: Task, documents: list[Document]) -> Tally:
    """Sums of losses by document."""
    batch = task.batch(documents)
    tally = Tally(batch)
    for part in batch.parts:
        tally.add(task.seen(model, part))
    return tally
