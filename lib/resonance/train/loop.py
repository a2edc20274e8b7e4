"""The training loop: one global batch, one sum over ranks, one step; events and checkpoint at each boundary."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch.optim import AdamW

from resonance.core.errors import TrainError
from resonance.core.settings import TrainSettings
from resonance.train import checkpoint
from resonance.train.collective import Collective
from resonance.train.events import Tally, stage, stage_events
from resonance.train.model import Model, parameters
from resonance.train.pace import Pacer
from resonance.train.shards import Document, global_batches
from resonance.train.spec import Boundary, Phase, Spec
from resonance.train.tasks import Task
from resonance.train.weights import Weights

EPSILON = 1e-6
"""Of AdamW, whose default 1e-8 turns the rounding of near-zero gradients into steps: ranks then differ by up to 4e-5."""


def train(spec: Spec, phase: Phase, model: Model, task: Task, collective: Collective) -> Boundary:
    """Train over the phase from where ``spec.start`` stood; the last boundary. Ranks make equal calls whatever their data."""
    settings = spec.settings
    weights = Weights.of(model, settings)
    optimizer = make_optimizer(weights, settings)
    state = _begin(spec, phase, task, collective, optimizer, parameters(model))
    pacer = Pacer(spec, phase, collective)
    since = _Since()
    model.train()
    with stage_events(spec, collective.rank) as events:
        for last, documents in global_batches(phase, state.last, settings.documents_per_step, collective.rank, collective.size):
            with fix_chance(weights, spec.seed, state.step, collective.rank):
                tally = backward(model, weights, task, documents)
            sums = reduce(weights, documents, tally, collective)
            moved = step(weights, optimizer, sums, settings, state)
            events.add(documents, tally)
            state = _skip_step(state, sums, settings) if not moved else state
            tokens = state.tokens + int(sums.tokens)
            state = state.model_copy(update={"step": state.step + 1, "tokens": tokens, "last": last})
            since.add(sums)
            pacer.tick(state.step, last, sums.loss, sums.tokens, ranks=collective.size)
            if state.step % settings.checkpoint_steps == 0 or last == phase.places:
                state = _judge(state, since, settings, ended=last == phase.places)
                with weights.within():
                    keep = partial(checkpoint.save, model, optimizer, spec.tokenizer, state)
                    stage(phase, state, events, collective, keep)
                state, since = state.model_copy(update={"first": last}), _Since()
            if state.final:
                break
    return state


@dataclass
class _Since:
    """Loss since a boundary, and the tokens that it is over: those of batches without a broken loss."""

    loss: float = 0.0
    tokens: float = 0.0

    def add(self, sums: Sums) -> None:
        """Count a global batch in."""
        if not sums.broken:
            self.loss += sums.loss
            self.tokens += sums.tokens


@dataclass(frozen=True)
class Sums:
    """What all ranks saw in one global batch; the gradients already stand beside the exact parameters.

    Where a loss is no finite number, ``broken`` names the documents, and the gradients are not to be used.
    """

    weight: float
    tokens: float
    loss: float
    broken: tuple[str, ...] = ()


def make_optimizer(weights: Weights, settings: TrainSettings) -> AdamW:
    """AdamW (Loshchilov and Hutter, arXiv 1711.05101); matrices decay, norms do not."""
    groups = [
        {"params": [p for p in weights.exact if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in weights.exact if p.ndim < 2], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.95), eps=EPSILON)


@contextmanager
def fix_chance(weights: Weights, seed: int, step: int, rank: int) -> Iterator[None]:
    """What is drawn within, as by dropout, follows from these numbers alone: a resumed training draws what it would have drawn.

    The chance of the process itself goes on afterwards as if nothing had been drawn.
    """
    place = weights.exact[0].device
    with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        torch.manual_seed(int.from_bytes(hashlib.blake2b(f"{seed} {step} {rank}".encode(), digest_size=8).digest(), "big"))
        yield


def backward(model: Model, weights: Weights, task: Task, documents: list[Document]) -> Tally:
    """Add the gradient of the sum of weight * loss over this rank's targets; nothing where it has none."""
    shares = torch.tensor([document.weight for document in documents])
    batch = task.batch(documents)
    tally = Tally(batch)
    for part in batch.parts:
        seen = task.seen(model, part)
        torch.autograd.backward((seen.losses * shares[seen.owners].to(seen.losses.device)).sum())
        weights.gather()
        tally.add(seen)
    return tally


def reduce(weights: Weights, documents: list[Document], tally: Tally, collective: Collective) -> Sums:
    """Sum gradients and counts over ranks in one call; exact parameters hold the gradient of the weighted mean afterwards.

    Where a loss is no finite number, on whatever rank, all ranks learn of it, and of its document.
    """
    shares = torch.tensor([document.weight for document in documents], dtype=torch.float64)
    broken = tally.broken(documents)
    counts = [float((shares * tally.tokens).sum()), float(tally.tokens.sum()), float(tally.loss.sum()), float(len(broken))]
    place = weights.exact[0].device
    flat = collective.allreduce(torch.cat([*weights.gradient(), torch.tensor(counts, device=place)]))
    weight, tokens, loss, bad = flat[-4:].tolist()
    if bad:
        return Sums(weight, tokens, 0.0, tuple(name for part in collective.gather(broken) for name in part))
    at = 0
    for p in weights.exact:
        p.grad = flat[at : at + p.numel()].div(weight or 1.0).view_as(p)
        at += p.numel()
    return Sums(weight, tokens, loss)


def step(weights: Weights, optimizer: AdamW, sums: Sums, settings: TrainSettings, state: Boundary) -> bool:
    """Clip, set the rate, move the parameters; whether they moved. All ranks hold equal sums, and so decide alike."""
    sound = not sums.broken and bool(torch.isfinite(torch.nn.utils.clip_grad_norm_(weights.exact, settings.clip)))
    if sound:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings, (state.tokens + sums.tokens / 2) / state.total)
        optimizer.step()
    weights.moved()
    return sound


def _skip_step(state: Boundary, sums: Sums, settings: TrainSettings) -> Boundary:
    """The state with one skipped step more.

    Raises:
        TrainError: there were too many; all ranks raise it alike.
    """
    if state.skipped < settings.max_skipped_steps:
        return state.model_copy(update={"skipped": state.skipped + 1})
    number = state.step + 1
    what = f"the loss of document {sums.broken[0]}" if sums.broken else f"the gradient of step {number}"
    more = f" at step {number}, and {state.skipped} steps were skipped before" if state.skipped else ""
    raise TrainError(f"{what} is no finite number{more}; lower train.learning_rate, or raise train.max_skipped_steps")


def learning_rate(settings: TrainSettings, share: float) -> float:
    """The rate after a share of the token budget: a linear rise, then a linear fall to zero at its end."""
    if share < settings.warmup:
        return settings.learning_rate * share / settings.warmup
    return settings.learning_rate * max(0.0, (1 - share) / (1 - settings.warmup))


def _begin(spec: Spec, phase: Phase, task: Task, collective: Collective, optimizer: AdamW, size: int) -> Boundary:
    if spec.start is not None and spec.resume:
        checkpoint.restore(spec.start, optimizer)
        state = checkpoint.state_of(spec.start)
        return state.model_copy(update={"first": state.last, "final": False})
    total = torch.zeros(1, dtype=torch.float64)
    for _, documents in global_batches(phase, 0, spec.settings.documents_per_step, collective.rank, collective.size):
        total += task.batch(documents).targets
    return Boundary(step=0, total=int(collective.allreduce(total)), parameters=size)


def _judge(state: Boundary, since: _Since, settings: TrainSettings, *, ended: bool) -> Boundary:
    """The boundary with its loss, and whether training stops: at the end, or early where patience is set and used up."""
    if not since.tokens:
        return state.model_copy(update={"final": ended})
    loss = since.loss / since.tokens
    better = state.best is None or loss < state.best
    waited = 0 if better else state.waited + 1
    early = 0 < settings.early_stop_patience <= waited
    best = loss if state.best is None else min(loss, state.best)
    return state.model_copy(update={"loss": loss, "best": best, "waited": waited, "final": ended or early})
