"""Wrong labels: does feedback feed on them, and does a classifier get better without them?

python -m tests.bench.noise [--seeds 0,1,2,3,4] [--before noise-2] [--no-result]

Doc strings of eight packages, their package being the class (see label_errors). A linear model on TF-IDF stands for the trained
one; its probabilities become events, as any model's would, and the product's own functions do all the rest (noise_world): label
quality, suspects, weights of samples, plans, draws.

``amplification`` (G3): two classes make a minority slice of 5 %; 10 or 20 % of all labels are exchanged. Four rounds are drawn,
each two fifths of the pool, and judged by models of two folds. Of the plan after them: how much of its draws falls on wrong labels,
held against drawing uniformly; the least rate of a document. Over all rounds: how much fell on the sound minority; the most draws
of a document. ``naive`` draws by the eighth power of the rank of the loss at models that never saw the sample, which have learnt
from all draws so far as the loop's model has, and must fail; ``naive, each round alone`` forgets the rounds before.

``accuracy`` (G5b): 20 % of the labels of four classes are exchanged. A classifier learns from draws of half of the pool:
``stratified`` draws all alike, ``ours`` by weighting ``resonance`` after one round of the same size, ``ours, repair`` teaches the
suggested labels besides, ``oracle`` draws what is right alone. Accuracy counts on all sound samples outside the pool, which nobody
drew: about 4,700, as 1,000 cannot tell apart what differs by .01. ``sound labels`` is the same where none was exchanged.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from rich.console import Console
from rich.table import Table as Grid
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer

from resonance.core.settings import SparkSettings
from resonance.runtime.engines.embedded import open_embedded
from tests.bench.effect_report import find_interval
from tests.bench.label_errors import CLASSES, corpus, distinct
from tests.bench.noise_world import Ints, World, fit, predict
from tests.bench.places import EXPERIMENTS, cache, write_result

SAMPLES, ROUNDS = 5_000, 4
ALL_SAMPLES, POOL = 9_000, 4_000
"""Samples of which accuracy is measured, as many as the smallest package has, and those of them that may be drawn."""
MINORITY, MINORITY_SHARE = (3, 5), 0.05
NOISY = (0, 2, 4, 6)
LINES = {
    "ours, wrong labels": ("<=", 0.5),
    "naive, wrong labels": (">=", 3.0),
    "ours, sound minority": (">=", 1.5),
    "ours, least rate": (">=", 0.1),
    "ours, most draws": ("<=", 4.0),
    "ours, accuracy above stratified and half of the oracle's gain": ("low >=", 0.0),
    "ours, repair, accuracy above stratified and half of the oracle's gain": ("low >=", 0.0),
    "ours, repair, accuracy above stratified, sound labels": ("high >=", 0.0),
}
out = Console()


def exchange(true: Ints, where: NDArray[np.bool_], share: float, seed: int) -> Ints:
    """Given labels: a share of the true ones at these places exchanged for others at random."""
    draw = np.random.default_rng([seed, int(100 * share)])
    given, places = true.copy(), np.flatnonzero(where)
    wrong = draw.choice(places, round(share * len(places)), replace=False)
    given[wrong] = (true[wrong] + draw.integers(1, len(CLASSES), len(wrong))) % len(CLASSES)
    return given


def amplify(spark: SparkSession, features: Any, true: Ints, share: float, seed: int) -> dict[str, float]:
    """Four rounds with a share of wrong labels: figures of the plan after them, relative to drawing uniformly."""
    draw = np.random.default_rng([seed, 7])
    small = np.isin(true, MINORITY)
    most = round(MINORITY_SHARE * (~small).sum() / (1 - MINORITY_SHARE))
    kept = np.sort(np.concatenate([np.flatnonzero(~small), draw.choice(np.flatnonzero(small), most, replace=False)]))
    features, true, small = features[kept], true[kept], small[kept]
    given = exchange(true, np.ones(len(true), bool), share, seed)
    wrong = given != true
    world = World(spark, features, given, ["minority" if one else "rest" for one in small], 0.4, seed)
    whole = np.zeros(len(true))
    for number in range(1, ROUNDS + 1):
        drawn, expected = world.draw(number)
        whole += expected
        world.judge(number, drawn)
    _, after = world.draw(ROUNDS + 1)
    whole += after
    rates = after[after > 0]
    rest = ~small
    return {
        "ours, wrong labels": float(after[rest & wrong].sum() / after[rest].sum() / wrong[rest].mean()),
        "naive, wrong labels": feed(features, given, wrong, seed, keep=True),
        "naive, each round alone": feed(features, given, wrong, seed, keep=False),
        "ours, sound minority": float(whole[small & ~wrong].sum() / whole.sum() / (small & ~wrong).mean()),
        "ours, least rate": float(rates.min() / (after.sum() / len(after))),
        "ours, most draws": float(whole.max()),
    }


def feed(features: Any, given: Ints, wrong: NDArray[np.bool_], seed: int, *, keep: bool) -> float:
    """Draws on wrong labels after four rounds of following high losses, relative to drawing uniformly.

    Args:
        features: of the samples.
        given: their labels.
        wrong: where these are wrong.
        seed: of draws and folds.
        keep: whether models learn from all draws so far, or from those of the last round alone.
    """
    naive, hits = np.full(len(given), 1.0), np.zeros(len(given))
    for number in range(ROUNDS):
        chance = np.random.default_rng([seed, number])
        hits = keep * hits + chance.poisson(0.4 * naive / naive.mean())
        fold = chance.integers(0, 2, len(given))
        p = np.zeros((len(given), len(CLASSES)))
        for held in (0, 1):
            p[fold == held] = predict(fit(features, given, hits * (fold != held)), features[fold == held])
        naive = (rankdata(-p[np.arange(len(given)), given]) / len(given)) ** 8
    return float(naive[wrong].sum() / naive.sum() / wrong.mean())


def compare_accuracy(spark: SparkSession, features: Any, true: Ints, share: float, seed: int) -> dict[str, float]:
    """Accuracy on sound samples after one more draw of half of the pool, by three ways to draw it."""
    order = np.random.default_rng([seed, 11]).permutation(len(true))
    pool, test = order[:POOL], order[POOL:]
    given = exchange(true[pool], np.isin(true[pool], NOISY), share, seed)
    right = given == true[pool]
    arms = {}
    for name, repair in (("ours", False), ("ours, repair", True)):
        world = World(spark, features[pool], given, ["all"] * len(pool), 0.5, seed, repair=repair)
        first, _ = world.draw(1)
        world.judge(1, first)
        arms[name] = world.draw(2)[0], world.taught
    ours, _ = arms["ours"]
    draw = np.random.default_rng([seed, 13])
    size = round(ours.sum())
    blind = np.bincount(draw.choice(len(pool), size, replace=False), minlength=len(pool)).astype(float)
    told = np.bincount(draw.choice(np.flatnonzero(right), size, replace=size > right.sum()), minlength=len(pool)).astype(float)
    found = {}
    for name, (weights, labels) in {"stratified": (blind, given), **arms, "oracle": (told, given)}.items():
        model = fit(features[pool], labels, weights)
        found[name] = float((predict(model, features[test]).argmax(1) == true[test]).mean())
    return found


def measure(spark: SparkSession, seeds: Sequence[int], before: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, by seed; amplification is that of ``before``, where it holds it."""
    found = {name: held for name, held in before.items() if name == "samples" or name.startswith("amplification")}
    if not found:
        features, true = read_samples(SAMPLES)
        found["samples"] = len(true)
        for share in (0.1, 0.2):
            runs = [amplify(spark, features, true, share, seed) for seed in seeds]
            found[f"amplification, {share:.0%} wrong"] = {name: [run[name] for run in runs] for name in runs[0]}
    features, true = read_samples(ALL_SAMPLES)
    found["tested"] = len(true) - POOL
    for name, share in (("accuracy", 0.2), ("accuracy, sound labels", 0.0)):
        runs = [compare_accuracy(spark, features, true, share, seed) for seed in seeds]
        found[name] = {arm: [run[arm] for run in runs] for arm in runs[0]}
    return found


def read_samples(samples: int) -> tuple[Any, Ints]:
    """Features and true classes of about so many samples, no two with the same features."""
    texts, true = corpus(samples)
    features = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=r"\S+").fit_transform(texts)
    kept = distinct(features)
    return features[kept], true[kept]


def find_verdicts(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each figure that has a line, with its mean, interval and whether the line holds."""
    figures: dict[str, Any] = {
        f"{name} ({group.rpartition(' ')[0].rpartition(' ')[2]})": (name, np.array(values))
        for group, held in found.items()
        if group.startswith("amplification")
        for name, values in held.items()
    }
    stratified, oracle = (np.array(found["accuracy"][name]) for name in ("stratified", "oracle"))
    for arm in ("ours", "ours, repair"):
        name = f"{arm}, accuracy above stratified and half of the oracle's gain"
        figures[name] = (name, np.array(found["accuracy"][arm]) - stratified - (oracle - stratified) / 2)
    name, sound = "ours, repair, accuracy above stratified, sound labels", found["accuracy, sound labels"]
    figures[name] = (name, np.array(sound["ours, repair"]) - np.array(sound["stratified"]))
    verdicts = {}
    for shown, (name, values) in figures.items():
        mean, low, high = find_interval(values)
        verdicts[shown] = {"mean": mean, "low": low, "high": high}
        if name in LINES:
            rule, line = LINES[name]
            value = {"low": low, "high": high}.get(rule.split()[0], mean)
            met = value <= line if rule == "<=" else value >= line
            verdicts[shown] |= {"line": f"{rule} {line:g}", "met": bool(met)}
    return verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="seeds between commas")
    parser.add_argument("--before", default="", help="a result whose amplification stands, and is not measured again")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    spark = open_embedded(SparkSettings(), cache("noise")).session
    before = json.loads((EXPERIMENTS / f"{asked.before}.json").read_text(encoding="utf-8")) if asked.before else {}
    found = measure(spark, [int(seed) for seed in asked.seeds.split(",")], before)
    verdicts = find_verdicts(found)
    grid = Grid("figure", "mean", "95 % interval", "line", "met")
    for name, one in verdicts.items():
        grid.add_row(
            name,
            f"{one['mean']:.4f}",
            f"{one['low']:.4f} to {one['high']:.4f}",
            one.get("line", ""),
            {True: "yes", False: "no", None: ""}[one.get("met")],
        )
    out.print(grid)
    out.print({name: [round(value, 4) for value in values] for name, values in found["accuracy"].items()})
    if not asked.no_result:
        path = write_result("noise", " ".join(["python -m tests.bench.noise", *sys.argv[1:]]), {**found, "verdicts": verdicts})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
