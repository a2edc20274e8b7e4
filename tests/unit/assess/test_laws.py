"""Laws that hold for every declared metric: states add up in any order, no rows add nothing, partitions do not matter."""

from __future__ import annotations

from functools import reduce
from itertools import permutations

import pytest
from pyspark.sql import DataFrame

from resonance.assess.measure import measure
from resonance.assess.metrics import METRICS, list_metrics
from resonance.core.contract import Contract
from resonance.core.metric import Metric, Result, State


@pytest.fixture(scope="module")
def whole(rows: DataFrame, shop: Contract) -> dict[str, Result]:
    """What each metric says about all rows at once."""
    return {result.metric: result for result in measure(rows, list_metrics(shop))}


@pytest.fixture(scope="module")
def parts(rows: DataFrame, shop: Contract) -> dict[str, list[State]]:
    """The states of each metric in each of four frames, computed alone."""
    found: dict[str, list[State]] = {}
    for condition in ("part IS NULL", "part = 'a'", "part = 'b'", "part = 'c'"):
        for result in measure(rows.where(condition), list_metrics(shop)):
            found.setdefault(result.metric, []).append(result.state)
    return found


@pytest.fixture(params=METRICS, ids=lambda kind: kind.__name__)
def declared(request: pytest.FixtureRequest, shop: Contract) -> tuple[Metric, ...]:
    """The metrics of one kind."""
    kind: type[Metric] = request.param
    found = kind.of(shop)
    assert found, "no metric of this kind: the laws would hold of nothing"
    return found


def test_merged_states_have_the_value_of_all_rows_in_any_order(declared, whole, parts):
    for metric in declared:
        assert whole[metric.name].status == "scored"
        for order in permutations(parts[metric.name]):
            assert metric.value(reduce(metric.merge, order)) == whole[metric.name].value
        one, two, three, four = parts[metric.name]
        pairs = metric.merge(metric.merge(one, two), metric.merge(three, four))
        assert metric.value(pairs) == whole[metric.name].value


def test_no_rows_are_not_measurable_and_add_nothing(rows, declared, whole):
    for result, metric in zip(measure(rows.where("false"), declared), declared, strict=True):
        assert (result.status, result.value, result.reason) == ("not_measurable", None, "no rows")
        assert metric.merge(result.state, whole[metric.name].state) == whole[metric.name].state
        assert metric.merge(whole[metric.name].state, result.state) == whole[metric.name].state


def test_partitions_do_not_matter(rows, declared, whole):
    for many in (1, 7):
        found = measure(rows.repartition(many, "text"), declared)
        assert found == tuple(whole[metric.name] for metric in declared)


def test_a_missing_column_is_named(rows, declared):
    for metric in declared:
        (result,) = measure(rows.select("part"), [metric]) if "part" not in metric.name else measure(rows.select("id"), [metric])
        assert (result.status, result.value) == ("not_measurable", None)
        assert result.reason.startswith("no column ")


def test_each_metric_has_its_name_its_definition_and_a_good_way(shop):
    names = [metric.name for metric in list_metrics(shop)]
    assert len(names) == len(set(names))
    for kind in METRICS:
        assert kind.good in ("high", "low", "neither")
        assert kind.version >= 1
        assert kind.__doc__ is not None
        assert " is the " in kind.__doc__.splitlines()[0], "the first sentence defines the number"
