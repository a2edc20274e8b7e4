"""Losses at a fixed checkpoint: forward passes only."""

from __future__ import annotations

import torch

from resonance.core.errors import TrainError
from resonance.train.collective import Collective
from resonance.train.events import StagedEvents, Tally
from resonance.train.model import Model
from resonance.train.pace import Pacer
from resonance.train.shards import Document, global_batches
from resonance.train.spec import DONE, Boundary, Phase, Spec, boundary_folder, write_atomically
from resonance.train.tasks import Task
from resonance.train.weights import settle


def score(spec: Spec, phase: Phase, model: Model, task: Task, collective: Collective, step: int) -> Boundary:
    """Stage one event for each document of the phase from its first place on. Ranks meet at the end of each shard only.

    Raises:
        TrainError: a loss is no finite number; all ranks raise it alike.
    """
    unseen = phase.name == "reference"
    events = StagedEvents(spec.staging / phase.name, collective.rank, spec.task.labels, probabilities=unseen)
    pacer = Pacer(spec, phase, collective)
    settle(model, spec.settings)
    model.eval()
    broken: list[str] = []
    size = spec.settings.documents_per_step
    state = Boundary(step=step, first=phase.first, last=phase.first)
    for documents in global_batches(phase, phase.first, size, collective.rank, collective.size):
        tally = forward(model, task, documents)
        broken += [documents[at].doc_id.hex() for at in tally.broken()]
        events.add(documents, tally)
        last = min(state.last + size, phase.places)
        state = state.model_copy(update={"last": last, "final": last == phase.places})
        pacer.tick(step, last, float(tally.loss.sum()), float(tally.tokens.sum()))
        if state.final or last // phase.shard_places > state.first // phase.shard_places:
            _stage(spec, phase, state, events, broken, collective)
            state = state.model_copy(update={"first": last})
    return state


def _stage(spec: Spec, phase: Phase, state: Boundary, events: StagedEvents, broken: list[str], collective: Collective) -> None:
    found = [doc_id for part in collective.gather(broken) for doc_id in part]
    if found:
        raise TrainError(f"{phase.name}: the loss of document {found[0]} is no finite number at step {state.step}")
    folder = boundary_folder(spec.staging, phase.name, state)
    events.publish(folder)
    collective.barrier()
    if collective.rank == 0:
        write_atomically(folder / DONE, state.model_dump_json())


@torch.no_grad()
def forward(model: Model, task: Task, documents: list[Document]) -> Tally:
    """Sums of losses by document."""
    batch = task.batch(documents)
    tally = Tally(batch)
    for part in batch.parts:
        tally.add(task.seen(model, part))
    return tally
