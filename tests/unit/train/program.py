"""What the ranks of a test run in one launch: the conformance checks, a training, its control, and two errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.unit.train import conformance

from resonance.core.errors import TrainError
from resonance.train import loop, tasks, worker
from resonance.train.collective import Collective, connect
from resonance.train.spec import Spec


def main(arguments: list[str]) -> None:
    plan = json.loads(Path(arguments[0]).read_text())
    group = connect()
    told: dict[str, object] = {"rank": group.rank, "size": group.size, "checks": dict(conformance.run_all(group))}
    for name, spec in plan.items():
        loop.reduce = mean_of_rank_means if name == "control" else SUM
        tasks.token_losses = first_document_is_broken if name in BROKEN and group.rank == 1 else LOSSES
        try:
            ends = worker.run(Spec.model_validate(spec), group)
            told[name] = [end.model_dump() for end in ends]
        except TrainError as error:
            told[name] = str(error)
    Path(arguments[0]).with_name(f"told-{group.size}-{group.rank}.json").write_text(json.dumps(told))


SUM = loop.reduce
LOSSES = tasks.token_losses
BROKEN = ("broken", "skipping")


def first_document_is_broken(model, rows, *, packed):
    losses, right, owners = LOSSES(model, rows, packed=packed)
    return losses.where(owners != 0, float("nan")), right, owners


def mean_of_rank_means(weights, documents, tally, group: Collective) -> loop.Sums:
    """What averaging does: each rank divides by its own weighted tokens, then the gradients are averaged."""
    mine = sum(document.weight * float(tokens) for document, tokens in zip(documents, tally.tokens, strict=True))
    for parameter in weights.used:
        if parameter.grad is not None:
            parameter.grad.div_(mine or 1.0)
    sums = SUM(weights, documents, tally, group)
    for parameter in weights.exact:
        parameter.grad.mul_(sums.weight / group.size)
    return sums


if __name__ == "__main__":
    main(sys.argv[1:])
