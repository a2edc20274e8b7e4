"""Where do slice weights that follow progress lead, and where do other excess losses?

python -m tests.bench.effect_shares [--seeds 100,101] [--no-result]

A short form of ``effect``, in one process: the product's own training steps and functions, without its jobs. Two rounds of T/2 go
on from the common checkpoint of ``effect``. Round 1 draws equal shares of the delivery, junk and copies included. Then it is asked
in three ways how many bits per byte each slice has still to give (``find_utilities``); each answer becomes the plan of round 2 by
the multiplicative steps and bounds of weighting ``resonance``. ``equal`` keeps equal shares. What counts is the macro bits per byte
on sound text after round 2. Plans that differ by less than .01 in every share are run once.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Row as PySparkRow
from rich.console import Console

from resonance.control.decide import CERTAIN, limits
from resonance.control.weighting import weigh
from resonance.control.weightings.known import Known
from resonance.core.settings import DecideSettings, SparkSettings, TaskSettings, TrainSettings
from resonance.core.weighting import Resonance, Weighting
from resonance.states.progress import measure_progress
from resonance.testing import events_frame
from tests.bench.effect import BUDGET, MODEL, RATE, Experiment, judge_model
from tests.bench.effect_corpus import Row
from tests.bench.places import cache, write_result

NEAR = 0.01
DECIDE = DecideSettings(weighting=Weighting(name="resonance", version=1, parameters=Resonance(step=1.0)))
out = Console()


@dataclass(frozen=True)
class Draw:
    """One document at its place in a round."""

    at: int
    row: Row


def take(
    rows: Mapping[str, Sequence[Row]], begun: dict[str, int], shares: Mapping[str, float], chance: random.Random
) -> list[Draw]:
    """The next documents of each slice, up to its share of T/2, in a random order; a slice that ends begins again."""
    drawn: list[Row] = []
    for name, share in shares.items():
        size = 0
        while size < share * BUDGET / 2:
            row = rows[name][begun[name] % len(rows[name])]
            begun[name] += 1
            size += len(row.text.encode())
            drawn.append(row)
    chance.shuffle(drawn)
    return [Draw(at, row) for at, row in enumerate(drawn)]


class Learner:
    """A model that goes on from a checkpoint by the product's own steps, in this process."""

    def __init__(self, experiment: Experiment) -> None:
        import torch

        from resonance.train import checkpoint
        from resonance.train.tasks import task_of
        from resonance.train.tokenizer import TOKENIZER, Codec

        torch.set_num_threads(1)
        folder = experiment.warm()
        self.settings = TrainSettings(**{name: value for name, value in MODEL.items() if name != "ranks"}, learning_rate=RATE)
        self.task = task_of(TaskSettings(), Codec.learnt(folder / TOKENIZER, self.settings.vocabulary), self.settings)
        self.model = checkpoint.load(folder)

    def train(self, draws: Sequence[Draw]) -> list[dict[str, Any]]:
        """Train one round with its own decay; one event for each draw."""
        from resonance.train.collective import LocalCollective
        from resonance.train.loop import backward, make_optimizer, reduce, step
        from resonance.train.spec import Boundary
        from resonance.train.weights import Weights

        weights = Weights.of(self.model, self.settings)
        optimizer = make_optimizer(weights, self.settings)
        documents = list_documents(draws)
        state = Boundary(step=0, total=sum(self.task.batch([one]).targets for one in documents))
        events: list[dict[str, Any]] = []
        self.model.train()
        for at in range(0, len(documents), self.settings.documents_per_step):
            batch = documents[at : at + self.settings.documents_per_step]
            tally = backward(self.model, weights, self.task, batch)
            sums = reduce(weights, batch, tally, LocalCollective())
            step(weights, optimizer, sums, self.settings, state)
            state = state.model_copy(update={"tokens": state.tokens + int(sums.tokens)})
            events += tell(draws[at : at + len(batch)], "train", tally.loss)
        return events

    def score(self, draws: Sequence[Draw]) -> list[dict[str, Any]]:
        """One event for each document that was drawn, at the model as it is."""
        from resonance.train.score import forward

        self.model.eval()
        first = list({draw.row.name: draw for draw in reversed(draws)}.values())
        events: list[dict[str, Any]] = []
        for at in range(0, len(first), 32):
            part = first[at : at + 32]
            events += tell(part, "score", forward(self.model, self.task, list_documents(part)).loss)
        return events


def list_documents(draws: Sequence[Draw]) -> list[Any]:
    """The draws as training reads them."""
    from resonance.train.shards import Document

    return [Document(draw.at, 0, draw.at, 0, b"", 1.0, None, draw.row.text, None) for draw in draws]


def tell(draws: Sequence[Draw], phase: str, losses: Any) -> list[dict[str, Any]]:
    """Events of draws with their losses in nats."""
    return [
        {
            "doc": int(draw.row.name),
            "pos": draw.at,
            "slice": draw.row.slice,
            "phase": phase,
            "loss_sum": float(loss),
            "n_bytes": len(draw.row.text.encode()),
        }
        for draw, loss in zip(draws, losses, strict=True)
    ]


def find_utilities(events: list[dict[str, Any]]) -> dict[str, dict[str, tuple[float, float]]]:
    """Three ways to say in bits per byte what the round taught of each slice, with standard errors.

    ``progress``: as ``states.progress``. ``before minus after``: how far texts fell from when they were met to the end of the
    round, memory included. ``early minus late``: losses when met, of the first half of the round minus the second.
    """
    from resonance.runtime.engines.embedded import open_embedded

    frame = events_frame(open_embedded(SparkSettings(), cache("effect")).session, events)
    rows = measure_progress(frame).collect()
    found = {"progress": {row["slice"]: (row["progress"], row["progress_error"]) for row in rows if row["progress"] is not None}}
    told = pd.DataFrame(events)
    told["bpb"] = told["loss_sum"] / (math.log(2) * told["n_bytes"])
    met = told[told["phase"] == "train"].drop_duplicates("doc")
    both = met.merge(told[told["phase"] == "score"][["doc", "bpb"]], on="doc", suffixes=("", "_end"))
    middle = met["pos"].max() / 2
    found["before minus after"], found["early minus late"] = {}, {}
    for name, mine in both.groupby("slice"):
        fall = (mine["bpb"] - mine["bpb_end"]).to_numpy()
        found["before minus after"][str(name)] = (float(fall.mean()), float(fall.std(ddof=1) / np.sqrt(len(fall))))
        halves = [mine.loc[early, "bpb"].to_numpy() for early in (mine["pos"] <= middle, mine["pos"] > middle)]
        error = float(np.sqrt(sum(half.var(ddof=1) / len(half) for half in halves)))
        found["early minus late"][str(name)] = (float(halves[0].mean() - halves[1].mean()), error)
    return found


def plan_shares(held: Mapping[str, int], utility: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """The shares of round 2 that follow from what is certain of the utilities."""
    even = dict.fromkeys(sorted(held), 1 / len(held))
    past = [PySparkRow(round=1, slice=name, weight=share) for name, share in even.items()]
    left = limits(held, past, DECIDE.max_exposures, BUDGET / 2)
    certain = {name: max(value - CERTAIN * error, 0.0) for name, (value, error) in utility.items()}
    known = Known(prior=even, previous=even, limit=left, held=even, progress=certain, floor=DECIDE.floor)
    return dict(weigh(2, known, DECIDE).weights)


def run_seed(seed: int) -> dict[str, Any]:
    """What each way asked for, and where round 2 ended."""
    began = time.process_time()
    experiment, chance = Experiment(seed), random.Random(seed)
    rows: dict[str, list[Row]] = {}
    for row in experiment.corpora.delivered:
        rows.setdefault(row.slice, []).append(row)
    held = {name: sum(len(row.text.encode()) for row in mine) for name, mine in rows.items()}
    even, begun = dict.fromkeys(sorted(held), 1 / len(held)), dict.fromkeys(held, 0)
    learner = Learner(experiment)
    draws = take(rows, begun, even, chance)
    events = learner.train(draws)
    utilities = find_utilities(events + learner.score(draws))
    plans = {"equal": even} | {name: plan_shares(held, utility) for name, utility in utilities.items()}
    found: dict[str, Any] = {"seed": seed, "utilities": utilities, "plans": plans, "bpb": {}, "macro": {}}
    for name, shares in plans.items():
        same = next((done for done in found["bpb"] if max(abs(plans[done][one] - shares[one]) for one in held) < NEAR), None)
        if same is None:
            again = copy.copy(learner)
            again.model = copy.deepcopy(learner.model)
            again.train(take(rows, dict(begun), shares, random.Random(seed)))
            found["bpb"][name] = judge_model(again.model.eval(), learner.task, experiment.corpora)
        else:
            found["bpb"][name] = found["bpb"][same]
        found["macro"][name] = float(np.mean(list(found["bpb"][name].values())))
        by_slice = ", ".join(f"{one} {shares[one]:.3f} → {value:.3f}" for one, value in found["bpb"][name].items())
        out.print(f"seed {seed}, {name}: {found['macro'][name]:.4f} ({by_slice})", highlight=False)
    out.print({name: {one: [round(x, 3) for x in pair] for one, pair in mine.items()} for name, mine in utilities.items()})
    return found | {"cpu_seconds": round(time.process_time() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="100,101", help="seeds between commas")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    found = [run_seed(int(seed)) for seed in asked.seeds.split(",")]
    if not asked.no_result:
        path = write_result("effect-shares", " ".join(["python -m tests.bench.effect_shares", *sys.argv[1:]]), {"seeds": found})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
