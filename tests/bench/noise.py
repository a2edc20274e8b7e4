"""Wrong labels: does feedback feed on them, and does a classifier get better without them?

python -m tests.bench.noise [--seeds 0,1,2,3,4] [--no-result]

Doc strings of eight packages, their package being the class (see label_errors). A linear model on TF-IDF stands for the trained
one; its probabilities become events, as any model's would, and the product's own functions do all the rest: label quality,
suspects, weights of samples, plans, draws.

``amplification`` (G3): two classes make a minority slice of 5 %; 10 or 20 % of all labels are exchanged. Four rounds are drawn,
each two fifths of the pool, and judged by models of two folds. Of the plan after them: how much of its draws falls on wrong labels,
held against drawing uniformly; the least rate of a document. Over all rounds: how much fell on the sound minority; the most draws
of a document. ``naive`` draws by the eighth power of the rank of the loss at models that never saw the sample, and must fail.

``accuracy`` (G5b): 20 % of the labels of four classes are exchanged. A classifier learns from draws of half of the pool:
``stratified`` draws all alike, ``ours`` by weighting ``resonance`` after one round of the same size, ``oracle`` what is right
alone. Accuracy counts on sound samples that nobody drew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console
from rich.table import Table as Grid
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from resonance.control.decide import decide_plan
from resonance.control.weigh_samples import weigh_samples
from resonance.core.job import Turn
from resonance.core.settings import AppraiseSettings, DecideSettings, RebalanceSettings, SparkSettings
from resonance.core.table import Table
from resonance.core.weighting import Resonance, Weighting
from resonance.curate.rebalance import rebalance
from resonance.runtime import resources
from resonance.runtime.engines.embedded import open_embedded
from resonance.states.labels import rate_labels
from resonance.states.suspect import suspect
from resonance.tables import (
    EVALUATIONS,
    EXCESS_LOSS,
    LABEL_QUALITY,
    PLANS,
    REJECTS,
    SAMPLE_PLAN,
    SAMPLE_WEIGHTS,
    SLICE_EXCESS,
    SLICE_STATE,
)
from resonance.testing import documents_frame, events_frame, hold
from tests.bench.effect_report import find_interval
from tests.bench.label_errors import CLASSES, corpus, distinct
from tests.bench.places import cache, write_result

SAMPLES, ROUNDS, BYTES = 5_000, 4, 100
MINORITY, MINORITY_SHARE = (3, 5), 0.05
NOISY = (0, 2, 4, 6)
SETTINGS = DecideSettings(weighting=Weighting(name="resonance", version=1, parameters=Resonance()))
LINES = {
    "ours, wrong labels": ("<=", 0.5),
    "naive, wrong labels": (">=", 3.0),
    "ours, sound minority": (">=", 1.5),
    "ours, least rate": (">=", 0.1),
    "ours, most draws": ("<=", 4.0),
    "accuracy above stratified and half of the oracle's gain": ("low >=", 0.0),
}
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
out = Console()


def fit(features: Any, labels: Ints, weights: Floats) -> Any:
    """A linear classifier of samples, each as often as it was drawn."""
    drawn = weights > 0
    return LogisticRegression(C=10.0, max_iter=100, tol=1e-3).fit(features[drawn], labels[drawn], sample_weight=weights[drawn])


def predict(model: Any, features: Any) -> Floats:
    """Probabilities of all classes, zero for those that the model never saw."""
    found = np.zeros((features.shape[0], len(CLASSES)))
    found[:, model.classes_] = model.predict_proba(features)
    return found


class World:
    """The tables of a labelled task, filled by the product's functions, and a linear model beside them."""

    def __init__(self, spark: SparkSession, features: Any, given: Ints, slices: Sequence[str], share: float, seed: int) -> None:
        self.spark, self.features, self.given, self.seed = spark, features, given, seed
        rows = [(f"{at:06}", name, f"{at:06}".ljust(BYTES, "x")) for at, name in enumerate(slices)]
        self.documents = hold(documents_frame(spark, rows))
        self.keys = [(row.doc_id, row.content_hash, row.slice) for row in self.documents.orderBy("source_key").collect()]
        self.at = {bytes(key[0]): at for at, key in enumerate(self.keys)}
        self.drawing = RebalanceSettings(tokens=round(share * len(rows) * BYTES), bytes_per_token=1.0)
        self.drawn = np.zeros(len(rows))
        self.tables = {table: self.empty(table) for table in (PLANS, SAMPLE_PLAN, SAMPLE_WEIGHTS, LABEL_QUALITY)}

    def empty(self, table: Table) -> DataFrame:
        return self.spark.createDataFrame([], resources.contract(table).schema)

    def add(self, table: Table, rows: DataFrame) -> DataFrame:
        found = hold(resources.contract(table).conform(rows))
        self.tables[table] = hold(self.tables[table].unionByName(found))
        return found

    def draw(self, round: int) -> tuple[Floats, Floats]:
        """Draw a round: how often each document is drawn, and how often that was to be expected."""
        turn, nothing, held = Turn("main", round), self.empty(REJECTS), self.tables
        unread = (self.empty(table) for table in (SLICE_STATE, SLICE_EXCESS, EVALUATIONS))
        frames = held[PLANS], *unread, self.documents, nothing, held[SAMPLE_PLAN]
        self.add(PLANS, decide_plan(*frames, settings=SETTINGS, drawing=self.drawing, turn=turn))
        factors = np.ones(len(self.keys))
        if round > 1:
            events = self.read(self.take(Turn("main", round, "candidates")), round)
            looked = suspect(events, held[LABEL_QUALITY], held[SAMPLE_PLAN], self.documents, turn=turn, checkpoint=_keep)
            unread = (self.empty(table) for table in (EXCESS_LOSS, EVALUATIONS))
            weighed = weigh_samples(*looked, *unread, held[SAMPLE_WEIGHTS], settings=SETTINGS, turn=turn)
            for row in self.add(SAMPLE_WEIGHTS, weighed).collect():
                factors[self.at[bytes(row["doc_id"])]] = row["factor"]
        drawn, rate = np.zeros(len(self.keys)), {}
        for row in self.take(turn):
            at = self.at[bytes(row["doc_id"])]
            drawn[at] += 1
            rate[row["slice"]] = row["pi"] / factors[at]
        return drawn, factors * np.array([rate.get(key[2], 0.0) for key in self.keys])

    def take(self, turn: Turn) -> list[Any]:
        """The rows of a draw, which are kept."""
        frames = self.documents, self.empty(REJECTS), self.tables[SAMPLE_PLAN], self.tables[PLANS], self.tables[SAMPLE_WEIGHTS]
        given = {"settings": self.drawing, "appraising": AppraiseSettings(), "turn": turn, "seed": self.seed}
        return self.add(SAMPLE_PLAN, rebalance(*frames, **given)).collect()

    def read(self, candidates: list[Any], round: int) -> DataFrame:
        """Events of candidates at the model of all earlier draws."""
        chosen = np.array([self.at[bytes(row["doc_id"])] for row in candidates])
        model = fit(self.features, self.given, self.drawn)
        rows = zip(chosen, predict(model, self.features[chosen]), strict=True)
        return self.tell([(at, p, "plan") for at, p in rows], "appraise", round)

    def tell(self, seen: list[tuple[Any, Any, str]], phase: str, round: int) -> DataFrame:
        """Events of samples with the probabilities of their labels, by arm."""
        rows = []
        for at, p, arm in seen:
            doc_id, content_hash, name = self.keys[at]
            said = {"probabilities": dict(zip(CLASSES, p.tolist(), strict=True)), "label": CLASSES[self.given[at]]}
            same = {"doc_id": doc_id, "content_hash": content_hash, "slice": name, "round": round, "arm": arm, "phase": phase}
            rows.append({"doc": int(at), "loss_sum": 1.0, **same, **said})
        return hold(events_frame(self.spark, rows))

    def judge(self, round: int, drawn: Floats) -> None:
        """Two models, each of one half of what was drawn, judge the labels of the other half."""
        fold = np.random.default_rng([self.seed, round]).integers(0, 2, len(drawn))
        seen = []
        for held in (0, 1):
            model = fit(self.features, self.given, drawn * (fold != held))
            mine = np.flatnonzero((fold == held) & (drawn > 0))
            seen += [(at, p, f"fold-{held}") for at, p in zip(mine, predict(model, self.features[mine]), strict=True)]
        self.add(LABEL_QUALITY, rate_labels(self.tell(seen, "reference", round), turn=Turn("main", round)))
        self.drawn += drawn


def _keep(frame: DataFrame, name: str) -> DataFrame:
    return hold(frame)


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
    naive = np.full(len(true), 1.0)
    for number in range(ROUNDS):
        chance = np.random.default_rng([seed, number])
        hits, fold = chance.poisson(0.4 * naive / naive.mean()).astype(float), chance.integers(0, 2, len(true))
        p = np.zeros((len(true), len(CLASSES)))
        for held in (0, 1):
            p[fold == held] = predict(fit(features, given, hits * (fold != held)), features[fold == held])
        naive = (rankdata(-p[np.arange(len(given)), given]) / len(given)) ** 8
    rest = ~small
    return {
        "ours, wrong labels": float(after[rest & wrong].sum() / after[rest].sum() / wrong[rest].mean()),
        "naive, wrong labels": float(naive[wrong].sum() / naive.sum() / wrong.mean()),
        "ours, sound minority": float(whole[small & ~wrong].sum() / whole.sum() / (small & ~wrong).mean()),
        "ours, least rate": float(rates.min() / (after.sum() / len(after))),
        "ours, most draws": float(whole.max()),
    }


def compare_accuracy(spark: SparkSession, features: Any, true: Ints, seed: int) -> dict[str, float]:
    """Accuracy on sound samples after one more draw of half of the pool, by three ways to draw it."""
    order = np.random.default_rng([seed, 11]).permutation(len(true))
    test, pool = order[:1_000], order[1_000:]
    given = exchange(true[pool], np.isin(true[pool], NOISY), 0.2, seed)
    right = given == true[pool]
    world = World(spark, features[pool], given, ["all"] * len(pool), 0.5, seed)
    first, _ = world.draw(1)
    world.judge(1, first)
    ours, _ = world.draw(2)
    draw = np.random.default_rng([seed, 13])
    size = round(ours.sum())
    blind = np.bincount(draw.choice(len(pool), size, replace=False), minlength=len(pool)).astype(float)
    told = np.bincount(draw.choice(np.flatnonzero(right), size, replace=size > right.sum()), minlength=len(pool)).astype(float)
    found = {}
    for name, weights in (("stratified", blind), ("ours", ours), ("oracle", told)):
        model = fit(features[pool], given, weights)
        found[name] = float((predict(model, features[test]).argmax(1) == true[test]).mean())
    return found


def measure(spark: SparkSession, seeds: Sequence[int]) -> dict[str, Any]:
    """Everything, by seed."""
    texts, true = corpus(SAMPLES)
    features = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=r"\S+").fit_transform(texts)
    kept = distinct(features)
    features, true = features[kept], true[kept]
    found: dict[str, Any] = {"samples": len(true)}
    for share in (0.1, 0.2):
        runs = [amplify(spark, features, true, share, seed) for seed in seeds]
        found[f"amplification, {share:.0%} wrong"] = {name: [run[name] for run in runs] for name in runs[0]}
    runs = [compare_accuracy(spark, features, true, seed) for seed in seeds]
    found["accuracy"] = {name: [run[name] for run in runs] for name in runs[0]}
    return found


def find_verdicts(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each figure that has a line, with its mean, interval and whether the line holds."""
    figures: dict[str, Any] = {
        f"{name} ({group.rpartition(' ')[0].rpartition(' ')[2]})": (name, np.array(values))
        for group, held in found.items()
        if group.startswith("amplification")
        for name, values in held.items()
    }
    stratified, ours, oracle = (np.array(found["accuracy"][name]) for name in ("stratified", "ours", "oracle"))
    name = "accuracy above stratified and half of the oracle's gain"
    figures[name] = (name, ours - stratified - (oracle - stratified) / 2)
    verdicts = {}
    for shown, (name, values) in figures.items():
        mean, low, high = find_interval(values)
        rule, line = LINES[name]
        value = low if rule.startswith("low") else mean
        met = value <= line if rule == "<=" else value >= line
        verdicts[shown] = {"mean": mean, "low": low, "high": high, "line": f"{rule} {line:g}", "met": bool(met)}
    return verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="seeds between commas")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    spark = open_embedded(SparkSettings(), cache("noise")).session
    found = measure(spark, [int(seed) for seed in asked.seeds.split(",")])
    verdicts = find_verdicts(found)
    grid = Grid("figure", "mean", "95 % interval", "line", "met")
    for name, one in verdicts.items():
        grid.add_row(
            name, f"{one['mean']:.4f}", f"{one['low']:.4f} to {one['high']:.4f}", one["line"], "yes" if one["met"] else "no"
        )
    out.print(grid)
    out.print({name: [round(value, 4) for value in values] for name, values in found["accuracy"].items()})
    if not asked.no_result:
        path = write_result("noise", " ".join(["python -m tests.bench.noise", *sys.argv[1:]]), {**found, "verdicts": verdicts})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
