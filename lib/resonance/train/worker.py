"""What one rank runs: ``python -m resonance.train.worker spec.json``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from resonance.core.errors import ResonanceError
from resonance.core.turns import TRAINING
from resonance.train.collective import Collective, connect
from resonance.train.spec import Boundary, Spec, write_atomically


def run(spec: Spec, collective: Collective) -> list[Boundary]:
    """The last boundary of each phase of the spec, once its events (and checkpoints) are staged."""
    from resonance.train import checkpoint, loop, model, pretrained, score
    from resonance.train.tasks import task_of
    from resonance.train.tokenizer import Codec
    from resonance.train.weights import device
    from resonance.train.widen import widen_model

    known = Path(spec.settings.model) if spec.settings.model else None
    codec = pretrained.codec(known, spec.tokenizer) if known else Codec.learnt(spec.tokenizer, spec.settings.vocabulary)
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
    path = Path(arguments[0])
    spec = Spec.model_validate_json(path.read_text(encoding="utf-8"))
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if spec.settings.threads > 1 else "false"
    import torch

    torch.set_num_threads(spec.settings.threads)
    collective = connect()
    try:
        run(spec, collective)
    except ResonanceError as error:
        write_atomically(path.with_name(f"error-{collective.rank}.txt"), str(error))
        raise


if __name__ == "__main__":
    main(sys.argv[1:])
