"""What an event for every sample costs a training: the same steps with and without them, in turn.

python -m tests.bench.logging_overhead [--documents 4000] [--pairs 5] [--no-result]

One rank of the default model trains over passages of the standard library's topics, once with events (all figures of each document,
staged, published at each checkpoint) and once without (the batch's loss and tokens alone); the goal is 5 % of the time of a step.
Tables are not written here: the driver does that beside.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from rich.console import Console

from resonance.core.settings import TrainSettings
from resonance.core.storage import Files
from resonance.train import loop, tokenizer, worker
from resonance.train.collective import LocalCollective
from resonance.train.events import Tally
from resonance.train.spec import Boundary, Phase, Spec
from resonance.train.tasks import Seen
from tests.bench.places import cache, write_result

SETTINGS = TrainSettings(launch="inline")
GOAL = 0.05


class Sums(Tally):
    """What training itself asks of its passes."""

    def add(self, seen: Seen) -> None:
        exact = seen.losses.detach().double()
        self.loss.index_add_(0, seen.owners, exact)
        self.tokens.index_add_(0, seen.owners, torch.ones_like(exact))


class Nothing:
    """In place of staged events."""

    def __init__(self, files: Files, draft: Path, *_: Any, **__: Any) -> None:
        self.files, self.draft = files, draft

    def add(self, *_: Any) -> None: ...
    def publish(self, folder: str) -> None: ...


def made(folder: Path, documents: int) -> Spec:
    """A plan of so many passages, and a tokenizer."""
    texts = sorted({part for topic in topics.values() for part in topic.split("\n\n") if len(part) > 80})
    rows = [
        {"place": n, "epoch": 0, "pos": n, "copy": 0, "doc_id": n.to_bytes(16, "big"), "weight": 1.0, "text": texts[n % len(texts)]}
        for n in range(documents)
    ]
    empty = pa.nulls(documents, pa.string())
    table = pa.Table.from_pylist(rows).append_column("prompt", empty).append_column("label", empty)
    (folder / "shards").mkdir()
    pq.write_table(table, folder / "shards/part-0.parquet")
    tokenizer.learn(texts, SETTINGS.vocabulary, folder / "tokenizer.json")
    phase = Phase(name="train", shards=str(folder / "shards"), places=documents)
    return Spec(
        settings=SETTINGS, seed=7, tokenizer=str(folder / "tokenizer.json"), staging=str(folder / "staging"), phases=(phase,)
    )


def seconds(spec: Spec, *, events: bool) -> float:
    """How long a step took, from the first to the last, checkpoints included."""
    shutil.rmtree(spec.staging, ignore_errors=True)
    usual, took = loop.train, []

    def timed(*given: Any) -> Boundary:
        began = time.perf_counter()
        end = usual(*given)
        took.append((time.perf_counter() - began) / end.step)
        return end

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(loop, "train", timed))
        if not events:
            stack.enter_context(mock.patch("resonance.train.events.StagedEvents", Nothing))
            stack.enter_context(mock.patch.object(loop, "Tally", Sums))
        worker.run(spec, LocalCollective())
    return took[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=4_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    folder = cache("speed", "logging-overhead")
    shutil.rmtree(folder)
    folder.mkdir()
    spec = made(folder, asked.documents)
    seconds(spec, events=True)
    pairs = []
    for turn in range(asked.pairs):
        order = (True, False) if turn % 2 else (False, True)
        took = {events: seconds(spec, events=events) for events in order}
        pairs.append({"with": took[True], "without": took[False]})
    overhead = [pair["with"] / pair["without"] - 1 for pair in pairs]
    figures = {
        "goal": f"at most {GOAL:.0%} of the time of a step",
        "seconds_a_step": [{name: round(value, 5) for name, value in pair.items()} for pair in pairs],
        "overhead": [round(value, 4) for value in overhead],
        "median_overhead": round(statistics.median(overhead), 4),
        "met": statistics.median(overhead) <= GOAL,
    }
    out = Console()
    out.print(figures)
    if not asked.no_result:
        given = f"--documents {asked.documents} --pairs {asked.pairs}"
        out.print(write_result("logging-overhead", f"python -m tests.bench.logging_overhead {given}", figures))


if __name__ == "__main__":
    main()
