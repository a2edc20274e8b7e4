"""A fault that follows the embeddings of texts and no other predicate is found as a cluster; without a fault no cluster is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.attribute.tables import Drawn, Held, judge, make_tables

from resonance.attribute.embedded import find_clusters, read_vector
from resonance.core.errors import InputError
from resonance.core.job import Step
from resonance.core.settings import AttributeSettings
from resonance.factory import ATTRIBUTE
from resonance.runtime.conf import load
from resonance.runtime.run.origins import find_origins, identify

Checkpoint = Callable[[DataFrame, str], DataFrame]
TOPICS = tuple(tuple(float(at == topic) for at in range(6)) for topic in range(4))
EACH = 260
"""Held-out documents of each topic, spread over the sources."""
SETTINGS = AttributeSettings(min_documents=30, features=("source", "cluster"), clusters=4)


def embed(dice: random.Random, topic: int) -> list[float]:
    """Numbers near the topic's, of any length."""
    long = dice.uniform(0.5, 3)
    return [long * (value + dice.gauss(0, 0.08)) for value in TOPICS[topic]]


def make_world(hard: int | None) -> tuple[list[Held], list[Drawn]]:
    """Documents of four topics in two sources; those of one topic cost more, where one is named."""
    dice = random.Random(3)
    held = [
        Held(dice.choice("pq"), {"plan": dice.gauss(1.4 if topic == hard else 0.5, 0.2)}, embedding=embed(dice, topic))
        for topic in range(4)
        for _ in range(EACH)
    ]
    drawn = [Drawn(dice.choice("pq"), embedding=embed(dice, topic)) for topic in range(4) for _ in range(60)]
    return held, drawn


def test_a_fault_of_one_cluster_is_found_and_confirmed(spark: SparkSession, checkpoint: Checkpoint) -> None:
    held, drawn = make_world(hard=2)
    found = judge(make_tables(spark, held, drawn), checkpoint, SETTINGS)
    (name,) = found
    feature, _, doc = name.partition(" = ")
    assert feature == "cluster"
    assert np.argmax(held[int(doc, 16)].embedding) == 2, "it is named by one of its documents"
    row = found[name]
    assert row["adjusted_p"] < 0.01
    assert row["n_found"] + row["n_checked"] == EACH
    assert row["inside"] - row["outside"] == pytest.approx(0.9, abs=0.1)


def test_without_a_fault_no_cluster_is_confirmed(spark: SparkSession, checkpoint: Checkpoint) -> None:
    assert judge(make_tables(spark, *make_world(hard=None)), checkpoint, SETTINGS) == {}


def test_a_cluster_that_the_draw_lacks_is_told_as_a_shift_of_its_kind(spark: SparkSession, checkpoint: Checkpoint) -> None:
    """Source q is weak, and of what is held out of it the draw has no topic 1: a naive Bayes on clusters tells them apart."""
    dice = random.Random(4)
    held = [
        Held(source, {"plan": dice.gauss(1.4 if source == "q" else 0.5, 0.2)}, embedding=embed(dice, topic))
        for source in "pq"
        for topic in range(2)
        for _ in range(EACH)
    ]
    drawn = [Drawn("p", embedding=embed(dice, topic)) for topic in range(2) for _ in range(EACH)]
    drawn += [Drawn("q", embedding=embed(dice, 0)) for _ in range(2 * EACH)]
    row = judge(make_tables(spark, held, drawn), checkpoint, SETTINGS.model_copy(update={"clusters": 2}))["source = q"]
    assert row["cause"] == "shift"
    assert "lack most cluster = " in row["reason"]


def test_rows_without_embeddings_are_refused_in_one_line(spark: SparkSession, checkpoint: Checkpoint) -> None:
    held = [Held("p", {"plan": 0.5}) for _ in range(40)]
    with pytest.raises(InputError, match="no held-out document's row has a list of numbers in its field 'embedding': "):
        judge(make_tables(spark, held, [Drawn("p")]), checkpoint, SETTINGS)


def test_clusters_are_those_that_were_planted_in_any_order() -> None:
    dice = random.Random(1)
    vectors = {f"{at:03}": read_vector(f'{{"v": {embed(dice, at % 4)}}}', "v") or [] for at in range(200)}
    names, centres = find_clusters(vectors, 4, seed=0)
    near = {name: names[int(np.argmax(centres @ vector))] for name, vector in vectors.items()}
    assert {int(name) % 4 for name in names} == {0, 1, 2, 3}
    assert all(int(near[name]) % 4 == int(name) % 4 for name in vectors)
    turned = find_clusters(dict(reversed(vectors.items())), 4, seed=0)
    assert turned[0] == names
    assert (turned[1] == centres).all()


@pytest.mark.parametrize(
    ("metadata", "vector"),
    [
        ('{"v": [3, 4.0]}', [0.6, 0.8]),
        ('{"v": [0, 0]}', None),
        ('{"v": [1, NaN]}', None),
        ('{"v": [1, "x"]}', None),
        ('{"v": [true, 1]}', None),
        (f'{{"v": [{10**400}]}}', None),
        ('{"v": []}', None),
        ('{"v": "1, 2"}', None),
        ('{"w": [1]}', None),
        (None, None),
    ],
)
def test_what_is_no_list_of_numbers_is_no_embedding(metadata: str | None, vector: Sequence[float] | None) -> None:
    assert read_vector(metadata, "v") == (vector and pytest.approx(vector))


def test_equal_vectors_are_one_cluster_and_others_than_most_are_in_none() -> None:
    names, centres = find_clusters({"b": [1.0, 0.0], "a": [1.0, 0.0], "c": [1.0]}, 8, seed=0)
    assert (names, centres.tolist()) == (("a",), [[1.0, 0.0]])


def test_verdicts_depend_on_rows_where_embeddings_are_asked_for() -> None:
    def identify_with(**changes: Any) -> str:
        config = load().model_copy(update={"attribute": AttributeSettings(**changes)})
        return identify(find_origins(Step(ATTRIBUTE, 1), config, [], [], "", []))

    plain = identify_with()
    assert identify_with(clusters=4) == plain
    assert identify_with(features=("cluster",), clusters=4) != identify_with(features=("cluster",))
    assert AttributeSettings().own_fields == ()
    assert AttributeSettings(features=("cluster",)).own_fields == ("raw",)
