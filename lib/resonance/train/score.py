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


def score(spec: Spec, phase: Phase, model: Model, task: Task, collective: Collective, step: int) -> Boundary:
    """Stage one event for each document of the phase. Ranks meet once, at the end."""
    unseen = phase.name == "reference"
    events = StagedEvents(spec.staging / phase.name, collective.rank, spec.task.labels, probabilities=unseen)
    pacer = Pacer(spec, phase, collective)
    model.eval()
    broken: list[str] = []
    size = spec.settings.documents_per_step
    for place, documents in enumerate(global_batches(phase, 0, size, collective.rank, collective.size)):
        tally = forward(model, task, documents)
        broken += [documents[at].doc_id.hex() for at in tally.broken()]
        events.add(documents, tally)
        pacer.tick(step, min((place + 1) * size, phase.places), float(tally.loss.sum()), float(tally.tokens.sum()))
    found = [doc_id for part in collective.gather(broken) for doc_id in part]
    if found:
        raise TrainError(f"{phase.name}: the loss of document {found[0]} is no finite number at step {step}")
    folder = boundary_folder(spec.staging, phase.name, step)
    events.publish(folder)
    collective.barrier()
    state = Boundary(step=step, last=phase.places, final=True)
    if collective.rank == 0:
        write_atomically(folder / DONE, state.model_dump_json())
    return state


@torch.no_grad()
def forward(model: Model, task: Task, documents: list[Document]) -> Tally:
    """Sums of losses by document."""
    batch = task.batch(documents)
    tally = Tally(batch)
    for part in batch.parts:
        tally.add(task.seen(model, part))
    return tally
