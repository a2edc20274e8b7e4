"""What would slices be given by what a round taught of them?

python -m tests.bench.effect_shares [--seeds 100] [--no-result]

Reads workspaces that ``effect`` (arm ``two rounds: stratified``) and ``effect_loop`` left, in which round 1 drew equal shares, and
trains nothing. It asks in three ways how many bits per byte each slice has still to give (``find_utilities``), and what weighting
``resonance`` with a step of 1 makes of each answer. Where nothing can be gained, on ``clean`` text, shares should stay equal.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Row
from rich.console import Console

from resonance.control.decide import CERTAIN, limits
from resonance.control.weighting import weigh
from resonance.control.weightings.known import Known
from resonance.core.settings import DecideSettings, SparkSettings
from resonance.core.turns import PHASE_SCORE, PHASE_TRAIN, PLAN
from resonance.core.weighting import Resonance, Weighting
from resonance.runtime.engines.embedded import open_embedded
from resonance.states.progress import measure_progress
from resonance.testing import events_frame
from tests.bench.effect import BUDGET, read_table
from tests.bench.places import cache, write_result

WORKSPACES = {"dirty, no look": "two-rounds:-stratified", "dirty, ours": "loop-delivered", "clean, ours": "loop-clean"}
DECIDE = DecideSettings(weighting=Weighting(name="resonance", version=1, parameters=Resonance(step=1.0)))
Utility = Mapping[str, tuple[float, float]]
out = Console()


def read_events(workspace: Path) -> list[dict[str, Any]]:
    """Losses of round 1: when its documents were met, and at its end; documents by number."""
    numbers: dict[bytes, int] = {}
    rows = read_table(workspace, "signal_event", ["round", "arm", "phase", "doc_id", "slice", "pos", "loss_sum", "n_bytes"])
    mine = [row for row in rows if (row["round"], row["arm"]) == (1, PLAN) and row["phase"] in (PHASE_TRAIN, PHASE_SCORE)]
    kept = ("phase", "slice", "pos", "loss_sum", "n_bytes")
    return [{"doc": numbers.setdefault(row["doc_id"], len(numbers)), **{name: row[name] for name in kept}} for row in mine]


def find_utilities(events: list[dict[str, Any]]) -> dict[str, dict[str, tuple[float, float]]]:
    """Three ways to say in bits per byte what the round taught of each slice, with standard errors.

    ``progress``: as ``states.progress``. ``before minus after``: how far texts fell from when they were met to the end of the
    round, memory included. ``early minus late``: losses when met, of the first half of the round minus the second.
    """
    rows = measure_progress(events_frame(open_embedded(SparkSettings(), cache("effect")).session, events)).collect()
    found = {"progress": {row["slice"]: (row["progress"], row["progress_error"]) for row in rows if row["progress"] is not None}}
    told = pd.DataFrame(events)
    told["bpb"] = told["loss_sum"] / (math.log(2) * told["n_bytes"])
    met = told[told["phase"] == PHASE_TRAIN].drop_duplicates("doc")
    both = met.merge(told[told["phase"] == PHASE_SCORE][["doc", "bpb"]], on="doc", suffixes=("", "_end"))
    middle = met["pos"].max() / 2
    found["before minus after"], found["early minus late"] = {}, {}
    for name, mine in both.groupby("slice"):
        fall = (mine["bpb"] - mine["bpb_end"]).to_numpy()
        found["before minus after"][str(name)] = (float(fall.mean()), float(fall.std(ddof=1) / np.sqrt(len(fall))))
        halves = [mine.loc[early, "bpb"].to_numpy() for early in (mine["pos"] <= middle, mine["pos"] > middle)]
        error = float(np.sqrt(sum(half.var(ddof=1) / len(half) for half in halves)))
        found["early minus late"][str(name)] = (float(halves[0].mean() - halves[1].mean()), error)
    return found


def plan_shares(held: Mapping[str, int], utility: Utility) -> dict[str, float]:
    """The shares of round 2 that follow from what is certain of the utilities."""
    even = dict.fromkeys(sorted(held), 1 / len(held))
    past = [Row(round=1, slice=name, weight=share) for name, share in even.items()]
    left = limits(held, past, DECIDE.max_exposures, BUDGET / 2)
    certain = {name: max(value - CERTAIN * error, 0.0) for name, (value, error) in utility.items()}
    known = Known(prior=even, previous=even, limit=left, held=even, progress=certain, floor=DECIDE.floor)
    return dict(weigh(2, known, DECIDE).weights)


def ask_seed(seed: int) -> dict[str, Any]:
    """What each way says of each workspace of a seed, and the shares that it asks for."""
    found: dict[str, Any] = {"seed": seed}
    for title, name in WORKSPACES.items():
        workspace = cache("effect", f"seed-{seed}") / name
        held: dict[str, int] = {}
        for row in read_table(workspace, "documents", ["slice", "n_bytes"]):
            held[row["slice"]] = held.get(row["slice"], 0) + row["n_bytes"]
        utilities = find_utilities(read_events(workspace))
        found[title] = {way: {"utility": told, "asked": plan_shares(held, told)} for way, told in utilities.items()}
        for way, said in found[title].items():
            told = ", ".join(
                f"{one} {value:.3f} ± {error:.3f} → {said['asked'][one]:.3f}" for one, (value, error) in said["utility"].items()
            )
            out.print(f"seed {seed}, {title}, {way}: {told}", highlight=False)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="100", help="seeds between commas")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    found = [ask_seed(int(seed)) for seed in asked.seeds.split(",")]
    if not asked.no_result:
        path = write_result("effect-shares", " ".join(["python -m tests.bench.effect_shares", *sys.argv[1:]]), {"seeds": found})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
