"""States of samples and slices equal those that NumPy tells from each history alone.

python -m tests.bench.states [--documents 2000] [--seeds 0,1,2,3,4] [--no-result]

Made histories: training over rounds and epochs with labels, scores, references and tuned references; some texts are missing from
some. The pass line: no figure of any state is further than 1e-6 from the reference; two segments merge to the whole, and the order
of rows says nothing, within the same bound.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from resonance.core.job import Turn
from resonance.core.settings import CrossFitSettings, SparkSettings
from resonance.runtime.engines.spark import open_spark
from resonance.states.excess import average_excess, measure_excess
from resonance.states.history import add_figures, merge_histories, start_histories
from resonance.states.trend import subtract_trend
from resonance.testing import events_frame
from tests.bench.places import cores, cpu_seconds, write_result

ROUNDS, EPOCHS, EARLY, DECAY, SPAN = 4, 3, 20, 0.8, 180
BOUND = 1e-6
BITS = 10 * math.log(2)
"""Nats of a bit per byte: made texts have ten bytes."""
FIGURES = ("confidence", "variability", "aum", "el2n", "n_correct", "n_forgotten", "above_trend")
States = dict[int, dict[str, Any]]


def made(documents: int, seed: int) -> list[dict[str, Any]]:
    """Events of texts with labels: training over rounds and epochs, and scores of every other text by several models."""
    draw = np.random.default_rng(seed)
    skill = draw.normal(0.5, 1.0, documents)
    found: list[dict[str, Any]] = []
    for round in range(1, ROUNDS + 1):
        for epoch in range(EPOCHS):
            order = draw.permutation(documents)[: int(0.9 * documents)]
            for pos, doc in enumerate(order.tolist()):
                margin = skill[doc] + 0.3 * round + draw.normal()
                p = 1 / (1 + np.exp(-margin))
                found.append(
                    {
                        "doc": doc, "phase": "train", "run": f"train-{round}", "round": round, "epoch": epoch, "pos": pos,
                        "step": 10 * (1 + (epoch * len(order) + pos) // SPAN), "slice": f"s{doc % 3}", "loss_sum": -np.log(p),
                        "label": "a", "prediction": "a" if margin > 0 else "b", "p_label": p, "margin": margin,
                        "el2n": 1.4 * (1 - p),
                    }
                )  # fmt: skip
        for doc in range(0, documents, 2):
            for phase, arm in (("score", "plan"), ("reference", "fold-0"), ("target", "target-0")):
                scored = {"doc": doc, "phase": phase, "arm": arm, "slice": f"s{doc % 3}"}
                found.append(scored | {"run": f"{phase}-{round}", "round": round, "loss_sum": draw.gamma(2)})
    return [{name: v.item() if isinstance(v, np.generic) else v for name, v in row.items()} for row in found]


def states(events: DataFrame) -> States:
    """What the product says of each text."""
    rows = add_figures(merge_histories(start_histories(events, EARLY))).collect()
    return {int.from_bytes(row["doc_id"], "big"): row.asDict() for row in rows}


def reference(rows: list[dict[str, Any]]) -> States:
    """What NumPy says of each text that was trained on."""
    above = _above(rows)
    histories: dict[int, list[dict[str, Any]]] = {}
    for row in sorted((r for r in rows if r["phase"] == "train"), key=lambda r: (r["round"], r["epoch"], r["pos"])):
        histories.setdefault(row["doc"], []).append(row)
    found: States = {}
    for doc, seen in histories.items():
        p, margin = (np.array([row[name] for row in seen]) for name in ("p_label", "margin"))
        right = np.array([row["prediction"] == row["label"] for row in seen])
        early = [row["el2n"] for row in seen if row["step"] <= EARLY]
        found[doc] = {
            "confidence": p.mean(),
            "variability": np.std(p),
            "aum": margin.mean(),
            "el2n": np.mean(early) if early else None,
            "n_correct": right.sum(),
            "n_forgotten": (right[:-1] & ~right[1:]).sum(),
            "above_trend": np.mean(above[doc]),
        }
    return found


def _above(rows: list[dict[str, Any]]) -> dict[int, list[float]]:
    """Bits per byte of each exposure above the moving mean of its run and slice at its checkpoint."""
    parts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["phase"] == "train":
            parts.setdefault((row["run"], row["slice"]), []).append(row)
    found: dict[int, list[float]] = {}
    for mine in parts.values():
        moving = None
        for step in sorted({row["step"] for row in mine}):
            now = [row for row in mine if row["step"] == step]
            mean = np.mean([row["loss_sum"] for row in now]) / BITS
            moving = mean if moving is None else DECAY * moving + (1 - DECAY) * mean
            for row in now:
                found.setdefault(row["doc"], []).append(row["loss_sum"] / BITS - moving)
    return found


def apart(one: States, other: States, names: Iterable[str]) -> float:
    """The largest difference of these figures; infinite where one side has none, or lacks a text."""
    if one.keys() != other.keys():
        return math.inf
    largest = 0.0
    for doc, mine in one.items():
        for name in names:
            left, right = mine[name], other[doc][name]
            if (left is None) != (right is None):
                return math.inf
            largest = max(largest, abs(float(left) - float(right))) if left is not None else largest
    return largest


def slices_apart(spark: SparkSession, rows: list[dict[str, Any]]) -> float:
    """The largest difference of slices' excess loss (DoReMi's, by text) and target gain in the last round."""
    events = events_frame(spark, rows)
    slices = average_excess(measure_excess(events, settings=CrossFitSettings(), turn=Turn("main", ROUNDS))).collect()
    losses = {
        phase: {row["doc"]: row["loss_sum"] for row in rows if row["phase"] == phase and row["round"] == ROUNDS}
        for phase in ("score", "reference", "target")
    }
    largest = 0.0 if len(slices) == 3 else math.inf
    for row in slices:
        docs = [doc for doc in losses["score"] if f"s{doc % 3}" == row["slice"]]
        score, unseen, tuned = (np.array([losses[phase][doc] for doc in docs]) for phase in ("score", "reference", "target"))
        excess, gain = (score - unseen).clip(0).mean() / BITS, (unseen - tuned).mean() / BITS
        largest = max(largest, float(abs(row["excess"] - excess)), float(abs(row["target_gain"] - gain)))
    return largest


def one(spark: SparkSession, documents: int, seed: int) -> dict[str, float]:
    """The largest differences of one made history."""
    rows = made(documents, seed)
    events = subtract_trend(events_frame(spark, rows), DECAY).localCheckpoint()
    whole, expected = states(events), reference(rows)
    trained = {doc: state for doc, state in whole.items() if doc in expected}
    every = [name for name, value in next(iter(whole.values())).items() if isinstance(value, int | float)]
    segments = [merge_histories(start_histories(events.where(part), EARLY)) for part in ("round > 2", "round <= 2")]
    both = add_figures(merge_histories(segments[0].unionByName(segments[1]))).collect()
    turned = events.repartition(7, F.xxhash64("pos", "round")).sortWithinPartitions(F.desc("pos"))
    return {
        **{name: apart(trained, expected, [name]) for name in FIGURES},
        "slices": slices_apart(spark, rows),
        "two_segments": apart({int.from_bytes(row["doc_id"], "big"): row.asDict() for row in both}, whole, every),
        "other_order": apart(states(turned), whole, every),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--seeds", type=lambda given: [int(seed) for seed in given.split(",")], default=list(range(5)))
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    spark, out = open_spark(SparkSettings(master=f"local[{min(2, cores())}]")).session, Console()
    runs = []
    for seed in asked.seeds:
        runs.append(one(spark, asked.documents, seed))
        out.print(seed, runs[-1], highlight=False)
    largest = {name: max(run[name] for run in runs) for name in runs[0]}
    figures = {
        "experiment": "states",
        "line": {"largest_difference_at_most": BOUND},
        "seeds": asked.seeds,
        "documents": asked.documents,
        "statistics": {"largest": largest, "runs": runs},
        "passed": max(largest.values()) <= BOUND,
        "cpu_seconds": cpu_seconds(),
    }
    spark.stop()
    out.print({name: value for name, value in figures.items() if name != "statistics"}, largest)
    if not asked.no_result:
        given = f"--documents {asked.documents} --seeds {','.join(map(str, asked.seeds))}"
        out.print(write_result("states", f"python -m tests.bench.states {given}", figures))


if __name__ == "__main__":
    main()
