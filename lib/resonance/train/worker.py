"""What one rank runs: ``main`` on the path or address of a spec."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from resonance.core.drafts import open_draft
from resonance.core.errors import ResonanceError
from resonance.core.objects import bring_folder, is_elsewhere, open_bytes
from resonance.core.places import open_place
from resonance.core.turns import TRAINING
from resonance.train.collective import Collective, connect
from resonance.train.spec import Boundary, Spec


def run(spec: Spec, collective: Collective) -> list[Boundary]:
    """The last boundary of each phase of the spec, once its events (and checkpoints) are staged.

    What lies at an address of what it begins with is copied, for as long as it runs.
    """
    if not any(map(is_elsewhere, (spec.tokenizer, spec.start or "", spec.settings.model))):
        return _run(spec, collective)
    with open_draft() as copies:
        return _run(bring_beginnings(spec, copies), collective)


def bring_beginnings(spec: Spec, copies: Path) -> Spec:
    """The spec with checkpoint, tokenizer and model in folders of this machine: where they lie, or copies of them.

    Raises:
        OSError: one of them is gone, was replaced while it was read, or cannot be written here.
        StorageError: what holds them cannot be read.
    """
    from resonance.train.checkpoint import OPTIMIZER

    start, model = spec.start, spec.settings.model
    if start:
        start = str(bring_folder(start, copies / "start", lambda name: spec.resume or name != OPTIMIZER))
    if model:
        model = str(bring_folder(model, copies / "model"))
    folder, _, name = spec.tokenizer.rpartition("/")
    tokenizer = str(bring_folder(folder, copies / "tokenizer", lambda found: found == name) / name)
    settings = spec.settings.model_copy(update={"model": model})
    return spec.model_copy(update={"start": start, "tokenizer": tokenizer, "settings": settings})


def _run(spec: Spec, collective: Collective) -> list[Boundary]:
    from resonance.train import checkpoint, loop, model, pretrained, score
    from resonance.train.tasks import task_of
    from resonance.train.tokenizer import Codec
    from resonance.train.weights import device
    from resonance.train.widen import widen_model

    known = Path(spec.settings.model) if spec.settings.model else None
    tokenizer = Path(spec.tokenizer)
    codec = pretrained.codec(known, tokenizer) if known else Codec.learnt(tokenizer, spec.settings.vocabulary)
    fresh = pretrained.load if known else model.build
    trained = checkpoint.load(spec.start) if spec.start else fresh(spec.settings, spec.seed, spec.task.heads)
    if spec.widen and not spec.resume:
        trained = widen_model(trained, spec.seed)
    for parameter in trained.parameters():
        collective.broadcast(parameter.data)
    trained.to(device(collective.local_rank))
    packed = known is None or spec.task.kind == "classification" or pretrained.keeps_apart(trained)
    task = task_of(spec.task, codec, spec.settings, packed=packed)
    ends = []
    for phase in spec.phases:
        if phase.name in TRAINING:
            ends.append(loop.train(spec, phase, trained, task, collective))
        else:
            at = checkpoint.state_of(spec.start).step if spec.start else 0
            ends.append(score.score(spec, phase, trained, task, collective, at))
    return ends


def main(arguments: list[str]) -> None:
    """Run one rank to its end. An error a user can meet is left as one line beside the spec, for the driver to show."""
    with open_bytes(arguments[0]) as file:
        spec = Spec.model_validate_json(file.read())
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if spec.settings.threads > 1 else "false"
    import torch

    torch.set_num_threads(spec.settings.threads)
    collective = connect()
    try:
        run(spec, collective)
    except ResonanceError as error:
        open_place(spec.staging).put(f"error-{collective.rank}.txt", str(error).encode())
        raise


if __name__ == "__main__":
    main(sys.argv[1:])
