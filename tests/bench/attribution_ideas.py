"""Three ideas that might settle slices with two causes at once, each on worlds with one cause a slice and with two.

python -m tests.bench.attribution_ideas [--seeds 100,101] [--ideas as_it_is,sure,unsuspected,both,repaired] [--worlds one,two]
    [--no-result]

- `sure`: consensus is asked of those errors alone in which the target is sure (its entropy is below the median of all).
- `unsuspected`: gains are measured on documents whose label is not doubted (all witnesses name the same other label).
- `both`: the two at once.
- `repaired`: a second look, after every suspected label was exchanged for the one that models name instead.

No idea changes the product: the first two change events before it reads them, the last one the world before models are trained.
"""

from __future__ import annotations

import argparse
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import mean, median
from typing import Any

import numpy as np
from pyspark.sql import SparkSession
from rich.console import Console

from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from tests.bench.attribution import FOLDS, HIDDEN, PARTS, Change, fit, make_verdicts, match, reverse, score
from tests.bench.attribution_both import BOTH
from tests.bench.attribution_world import DRAWN_ONES, HELD_OUT, Model, World, make_world, read_pieces
from tests.bench.places import cache, cpu_seconds, write_result

WITNESSES = ("plan", "again", "wide", "part-50")
SMALLEST = "part-3.125"
"""An arm that is no witness: what it did not score is in no gain."""
EXPECTED = {"label_noise+coverage": {"D1", "D3"}, "label_noise+capacity": {"D1", "M1"}}
out = Console(width=200)
FIGURES = ("macro_f1", "macro_f1_reversed", "kind", "abstained", "recall", "false_discoveries")


def be_sure(rows: dict[str, list[Any]]) -> None:
    """Where the target is not sure it says no label, so that its errors there are none."""
    mine = [at for at, phase in enumerate(rows["phase"]) if phase == "heldout"]
    bound = median(rows["entropy"][at] for at in mine)
    for at in mine:
        if rows["entropy"][at] > bound:
            rows["prediction"][at] = None


def leave_suspected(rows: dict[str, list[Any]]) -> None:
    """Documents that all witnesses give the same other label have no loss in the smallest part, so that no gain counts them."""
    said: dict[int, dict[str, str]] = {}
    given: dict[int, str] = {}
    for arm, phase, pos, label, told in zip(*(rows[name] for name in ("arm", "phase", "pos", "label", "prediction")), strict=True):
        if phase in ("heldout", "probe") and arm in WITNESSES:
            said.setdefault(pos, {})[arm] = told
            given[pos] = label
    suspected = {pos for pos, votes in said.items() if len(set(votes.values())) == 1 and given[pos] not in votes.values()}
    stays = [arm != SMALLEST or pos not in suspected for arm, pos in zip(rows["arm"], rows["pos"], strict=True)]
    for name, values in rows.items():
        rows[name] = [value for value, one in zip(values, stays, strict=True) if one]


def do_both(rows: dict[str, list[Any]]) -> None:
    """Both: what is suspected is found before the target stops speaking."""
    leave_suspected(rows)
    be_sure(rows)


IDEAS: Mapping[str, Change | None] = {"as_it_is": None, "sure": be_sure, "unsuspected": leave_suspected, "both": do_both}


def train_all(world: World, seed: int) -> dict[str, Model]:
    """The models of a round and of its probes."""
    models = {"plan": fit(world, 0, seed), "again": fit(world, 0, seed + 1_000), "wide": fit(world, HIDDEN, seed)}
    return models | {f"part-{part:g}": fit(world, 0, seed, part / 100) for part in PARTS}


def repair(world: World, models: Mapping[str, Model], seed: int) -> World:
    """The world with suspected labels exchanged: of drawn documents by models of other folds, of held-out ones by all witnesses."""
    given = world.given.copy()
    held, drawn = (np.flatnonzero(world.part == part) for part in (HELD_OUT, DRAWN_ONES))
    votes = np.stack([models[name].predict(world.features[held]).argmax(1) for name in WITNESSES])
    together = (votes == votes[0]).all(0) & (votes[0] != given[held])
    given[held[together]] = votes[0][together]
    fold = np.random.default_rng([seed, 5]).integers(0, FOLDS, len(world.part))
    for number in range(FOLDS):
        mine = drawn[fold[drawn] == number]
        p = fit(world, 0, seed + number, rows=(world.part == DRAWN_ONES) & (fold != number)).predict(world.features[mine])
        doubted = p[np.arange(len(mine)), given[mine]] < 1 / len(p[0])
        given[mine[doubted]] = p.argmax(1)[doubted]
    return replace(world, given=given)


def judge_pairs(world: World, verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each planted slice with two causes that was confirmed."""
    rows: dict[str, dict[str, Any]] = {}
    for one in verdicts:
        name, _ = match(world, one)
        if name and one["adjusted_p"] is not None and name not in rows:
            fired = {test for test, state in one["tests"].items() if state == "fired"}
            both = fired >= EXPECTED[world.planted[name]]
            told = {
                "planted": world.planted[name],
                "consensus": one["statistics"].get("consensus"),
                "fired": " ".join(sorted(fired)) or "none",
                "both": both,
            }
            rows[name] = {**told, "cause": one["cause"], "reversed": reverse(one), "right": one["cause"] in world.planted[name]}
    return list(rows.values())


def run_seed(spark: SparkSession, pieces: dict[str, list[list[str]]], seed: int, ideas: list[str], causes: str) -> dict[str, Any]:
    """What each idea comes to on one seed, with one cause a slice or two: figures, or rows of slices."""
    found: dict[str, Any] = {}
    world = make_world(pieces, seed, causes=BOTH) if causes == "two" else make_world(pieces, seed)
    models = train_all(world, seed)
    for idea in ideas:
        mine, own = world, models
        if idea == "repaired":
            mine = repair(world, models, seed)
            own = train_all(mine, seed)
        folder = cache("attribution", f"ideas-{seed}-{causes}-{idea}")
        verdicts = make_verdicts(spark, folder, mine, own, seed, IDEAS.get(idea))
        shutil.rmtree(folder)
        found[idea] = judge_pairs(mine, verdicts) if causes == "two" else score(mine, verdicts)
        out.print(seed, causes, idea, SUMS[causes]([found[idea]]), highlight=False)
    return found


def average(runs: list[dict[str, float]]) -> dict[str, float]:
    """Means over seeds of figures of slices with one cause."""
    return {name: round(mean(run[name] for run in runs), 3) for name in FIGURES}


def count(runs: list[list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Over the seeds, what fired and what was told of slices with each pair of causes."""
    told = {}
    for planted in BOTH:
        mine = [row for run in runs for row in run if row["planted"] == planted]
        counts = {name: dict(Counter(row[name] for row in mine)) for name in ("fired", "cause", "reversed")}
        told[planted] = {"confirmed": len(mine), "both_fire": sum(row["both"] for row in mine), **counts}
    return told


SUMS: Mapping[str, Callable[[list[Any]], dict[str, Any]]] = {"one": average, "two": count}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=lambda given: [int(seed) for seed in given.split(",")], default=[100, 101])
    parser.add_argument("--ideas", type=lambda given: given.split(","), default=[*IDEAS, "repaired"])
    parser.add_argument("--worlds", type=lambda given: given.split(","), default=list(SUMS))
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    pieces = read_pieces()
    engine = open_engine("embedded", SparkSettings(), cache("attribution", "spill"))
    figures: dict[str, Any] = {}
    for causes in asked.worlds:
        runs = [run_seed(engine.session, pieces, seed, asked.ideas, causes) for seed in asked.seeds]
        figures[causes] = {idea: SUMS[causes]([run[idea] for run in runs]) for idea in asked.ideas}
    spent = cpu_seconds()
    engine.stop()
    if not asked.no_result:
        given = f"--seeds {','.join(map(str, asked.seeds))} --ideas {','.join(asked.ideas)} --worlds {','.join(asked.worlds)}"
        told = {"seeds": asked.seeds, "causes": figures, "cpu_seconds": spent}
        out.print(write_result("attribution-ideas", f"python -m tests.bench.attribution_ideas {given}", told))


if __name__ == "__main__":
    main()
