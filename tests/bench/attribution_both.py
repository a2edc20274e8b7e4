"""Slices with two causes at once: which tests fire, what the order of causes decides there, and what each fix alone would close.

python -m tests.bench.attribution_both [--seeds 0,1,2,3,4] [--no-result]

The world of ``attribution`` with twelve faulty slices a seed: wrong labels in an under-represented language, and wrong labels where
a linear model is too small. The order of causes matters where both tests fire: it then says that labels are repaired first. Line,
set before the run: both fire on half of the confirmed slices with two causes. Besides, what each fix alone would close there.

Fixes, each alone: the labels that are told are the true ones (drawn and held-out); more documents of the slice are drawn, labelled
as the others are; the model is the wider one. What is closed is the gap of the slice to plain documents.
"""

from __future__ import annotations

import argparse
import shutil
from collections import Counter
from typing import Any

import numpy as np
from pyspark.sql import SparkSession
from rich.console import Console

from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from tests.bench.attribution import BATCH, EPOCHS, HIDDEN, PARTS, find_members, fit, lose, make_verdicts, match, reverse
from tests.bench.attribution_world import DRAWN_ONES, HELD_OUT, make_world, read_pieces, train
from tests.bench.places import cache, cpu_seconds, write_result

LINE = 0.5
BOTH = ("label_noise+coverage", "label_noise+capacity")


def run_seed(spark: SparkSession, pieces: dict[str, list[list[str]]], seed: int) -> list[dict[str, Any]]:
    """A row for each planted slice that was confirmed."""
    world = make_world(pieces, seed, causes=BOTH)
    models = {"plan": fit(world, 0, seed), "again": fit(world, 0, seed + 1_000), "wide": fit(world, HIDDEN, seed)}
    models |= {f"part-{part:g}": fit(world, 0, seed, part / 100) for part in PARTS}
    folder = cache("attribution", f"both-{seed}")
    verdicts = make_verdicts(spark, folder, world, models, seed)
    shutil.rmtree(folder)
    drawn, more = np.flatnonzero(world.part == DRAWN_ONES), np.flatnonzero(world.part != HELD_OUT)
    steps = EPOCHS * len(drawn) // BATCH
    repaired = train(world.features[drawn], world.true[drawn], 0, seed, steps, BATCH)
    supplied = train(world.features[more], world.given[more], 0, seed, steps, BATCH)
    plain = np.flatnonzero((world.part == HELD_OUT) & (world.slice_of < 0))
    level = lose(models["plan"], world, plain, world.given)
    rows: dict[str, dict[str, Any]] = {}
    for one in verdicts:
        name, _ = match(world, one)
        if not name or one["adjusted_p"] is None or name in rows:
            continue
        mine = np.flatnonzero(find_members(world, one["slice"]))
        now = lose(models["plan"], world, mine, world.given)
        rows[name] = {
            "seed": seed,
            "planted": world.planted[name],
            "cause": one["cause"],
            "reversed": reverse(one),
            "fired": sorted(test for test, state in one["tests"].items() if state == "fired"),
            "statistics": one["statistics"],
            "repair_closes": (now - lose(repaired, world, mine, world.true)) / (now - level),
            "more_closes": (now - lose(supplied, world, mine, world.given)) / (now - level),
            "wider_closes": (now - lose(models["wide"], world, mine, world.given)) / (now - level),
        }
    return list(rows.values())


def summarise(rows: list[dict[str, Any]], planted: str, seeds: int) -> dict[str, Any]:
    """Counts and means over the slices with one pair of causes."""
    mine = [row for row in rows if row["planted"] == planted]
    fixes = ("repair_closes", "more_closes", "wider_closes")
    return {
        "planted": 6 * seeds,
        "confirmed": len(mine),
        "fired": dict(Counter(" ".join(row["fired"]) or "none" for row in mine)),
        "told": dict(Counter(row["cause"] for row in mine)),
        "told_in_reverse": dict(Counter(row["reversed"] for row in mine)),
        **{name: float(np.mean([row[name] for row in mine])) if mine else None for name in fixes},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=lambda given: [int(seed) for seed in given.split(",")], default=list(range(5)))
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    out = Console()
    pieces = read_pieces()
    engine = open_engine("embedded", SparkSettings(), cache("attribution", "spill"))
    rows = [row for seed in asked.seeds for row in run_seed(engine.session, pieces, seed)]
    spent = cpu_seconds()
    engine.stop()
    both = float(np.mean([len(row["fired"]) > 1 for row in rows]))
    figures = {
        "experiment": "attribution-both",
        "line": {"both_fire": LINE},
        "passed": both >= LINE,
        "seeds": asked.seeds,
        "both_fire": both,
        "pairs": {planted: summarise(rows, planted, len(asked.seeds)) for planted in BOTH},
        "runs": rows,
        "cpu_seconds": spent,
    }
    out.print({name: value for name, value in figures.items() if name != "runs"}, highlight=False)
    if not asked.no_result:
        command = f"python -m tests.bench.attribution_both --seeds {','.join(map(str, asked.seeds))}"
        out.print(write_result("attribution-both", command, figures))


if __name__ == "__main__":
    main()
