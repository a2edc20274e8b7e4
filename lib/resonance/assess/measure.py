"""Computes metrics over a frame: however many there are, the frame is read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from resonance.core.errors import InputError
from resonance.core.metric import Metric, Result, State

EMPTY = "no rows"


def measure(rows: DataFrame, metrics: Sequence[Metric], by: Sequence[str] = ()) -> tuple[Result, ...]:
    """One result of each metric over all rows; with ``by``, also one for each stratum, the rows of equal values there.

    The results over all rows come first, in the order of ``metrics``. Strata are computed in the same scan, and merged for them.

    Raises:
        InputError: two metrics have one name, or a column of ``by`` is missing.
    """
    _refuse_mixed(rows, metrics, by)
    schema = rows.schema
    refused = {metric.name: "; ".join(find_obstacles(metric, schema)) for metric in metrics}
    able = [metric for metric in metrics if not refused[metric.name]]
    strata = _read_states(aggregate(rows, able, by), able, by) if able else []
    whole = {metric.name: _merge(metric, [states[metric.name] for _, states in strata]) for metric in able}
    results = [_judge(metric, whole.get(metric.name, {}), refused[metric.name]) for metric in metrics]
    if by:
        results += [_judge(metric, states[metric.name], "", stratum) for stratum, states in strata for metric in able]
    return tuple(results)


def aggregate(rows: DataFrame, metrics: Sequence[Metric], by: Sequence[str] = ()) -> DataFrame:
    """The states of all metrics in one row for each stratum: the one query that ``measure`` runs."""
    columns = [column for metric in metrics for column in metric.aggregates().values()]
    return rows.groupBy(*by).agg(*(column.alias(f"state_{place}") for place, column in enumerate(columns)))


def find_obstacles(metric: Metric, schema: StructType) -> list[str]:
    """Why the metric cannot be computed over rows of this schema; nothing where it can."""
    return [reason for precondition in metric.preconditions if (reason := precondition(schema))]


def _refuse_mixed(rows: DataFrame, metrics: Sequence[Metric], by: Sequence[str]) -> None:
    twice = [name for name, times in Counter(metric.name for metric in metrics).items() if times > 1]
    if twice:
        raise InputError(f"measure: metrics named twice: {', '.join(twice)}")
    if missing := [name for name in by if name not in rows.columns]:
        raise InputError(f"measure: no column {', '.join(missing)} to make strata of; there are {', '.join(rows.columns)}")


def _read_states(
    states: DataFrame, metrics: Sequence[Metric], by: Sequence[str]
) -> list[tuple[Mapping[str, Any], Mapping[str, State]]]:
    """Each stratum with the state of each metric, by the metric's name."""
    found: list[tuple[Mapping[str, Any], Mapping[str, State]]] = []
    for row in states.collect():
        values = iter(row[len(by) :])
        stratum = dict(zip(by, row, strict=False))
        found.append((stratum, {metric.name: {part: next(values) for part in metric.aggregates()} for metric in metrics}))
    return found


def _merge(metric: Metric, states: Sequence[State]) -> State:
    """The state of all; an empty one where there is none."""
    return reduce(metric.merge, states) if states else {}


def _judge(metric: Metric, state: State, refused: str, stratum: Mapping[str, Any] | None = None) -> Result:
    value = metric.value(state) if state else None
    if value is None:
        return Result(metric.name, "not_measurable", None, refused or EMPTY, state, stratum or {})
    return Result(metric.name, "scored", float(value), "", state, stratum or {})
