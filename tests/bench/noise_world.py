"""A labelled task without a trained model: the tables that the product's functions fill, and a linear model beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from sklearn.linear_model import LogisticRegression

from resonance.control.decide import decide_plan
from resonance.control.weigh_samples import weigh_samples
from resonance.core.job import Turn
from resonance.core.settings import AppraiseSettings, DecideSettings, RebalanceSettings, ScoreModelSettings
from resonance.core.table import Table
from resonance.core.weighting import Resonance, Weighting
from resonance.curate.rebalance import rebalance
from resonance.runtime import resources
from resonance.states.labels import rate_labels
from resonance.states.suspect import suspect
from resonance.tables import (
    EVALUATIONS,
    EXAMPLES,
    EXCESS_LOSS,
    LABEL_QUALITY,
    PLANS,
    REJECTS,
    SAMPLE_PLAN,
    SAMPLE_WEIGHTS,
    SIGNAL_EVENT,
    SLICE_EXCESS,
    SLICE_STATE,
    VERDICTS,
)
from resonance.testing import documents_frame, events_frame, hold
from tests.bench.label_errors import CLASSES

BYTES = 100
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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

    def __init__(
        self,
        spark: SparkSession,
        features: Any,
        given: Ints,
        slices: Sequence[str],
        share: float,
        seed: int,
        *,
        repair: bool = False,
    ) -> None:
        self.spark, self.features, self.given, self.seed = spark, features, given, seed
        self.taught = given.copy()
        weighting = Weighting(name="resonance", version=1, parameters=Resonance(repair=repair))
        self.settings = DecideSettings(weighting=weighting)
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
        """Draw a round: how often each document is drawn, and how often that was to be expected; ``taught`` holds its labels."""
        turn, nothing, held = Turn("main", round), self.empty(REJECTS), self.tables
        unread = (self.empty(table) for table in (SLICE_STATE, SLICE_EXCESS, EVALUATIONS))
        frames = held[PLANS], *unread, self.documents, nothing, held[SAMPLE_PLAN], {}, self.empty(VERDICTS)
        self.add(PLANS, decide_plan(*frames, settings=self.settings, drawing=self.drawing, turn=turn))
        factors = np.ones(len(self.keys))
        if round > 1:
            events = self.read(self.take(Turn("main", round, "candidates")), round)
            tables = events, held[LABEL_QUALITY], held[SAMPLE_PLAN], self.documents
            looked = suspect(*tables, scoring=ScoreModelSettings(), turn=turn, checkpoint=_keep)
            unread = (self.empty(table) for table in (EXCESS_LOSS, EVALUATIONS))
            weighed = weigh_samples(*looked, *unread, held[SAMPLE_WEIGHTS], self.empty(EXAMPLES), settings=self.settings, turn=turn)
            for row in self.add(SAMPLE_WEIGHTS, weighed).collect():
                factors[self.at[bytes(row["doc_id"])]] = row["factor"]
                if row["taught"] is not None:
                    self.taught[self.at[bytes(row["doc_id"])]] = CLASSES.index(row["taught"])
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
        return self.add(SAMPLE_PLAN, rebalance(*frames, self.empty(SIGNAL_EVENT), **given)).collect()

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
