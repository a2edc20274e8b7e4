"""The dataset's card with its quality: each score is a measurement in the words of DQV, the W3C's vocabulary of data quality."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from resonance.core.adaq import GROUPS, METRICS
from resonance.core.quality import Quality
from resonance.report.assessment.names import name_group, name_metric

MEASURED = "dqv:hasQualityMeasurement"


def write_card(quality: Quality) -> str:
    """The card as JSON-LD, with all that was scored; measurements that it held before are replaced."""
    card = {**quality.card, MEASURED: list(list_measurements(quality))}
    return json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"


def list_measurements(quality: Quality) -> Iterator[dict[str, Any]]:
    """One measurement of the total, the coverage, the grade, of each group and metric with a score, and of each scored operator.

    A metric of ADAQ is a dimension in the words of DQV, its group a category, an operator a metric.
    """
    made = {"prov:generatedAtTime": quality.made.isoformat()}
    found = {"total": quality.total.value, "coverage": quality.total.coverage, "grade": quality.letter}
    for name, value in found.items():
        if value is not None:
            yield _make_measurement({"@id": f"adaq:{name}", "@type": "dqv:Metric"}, value, made)
    for group in GROUPS:
        if (value := quality.groups[group.number].value) is not None:
            yield _make_measurement({"@id": f"adaq:group/{group.number}", "name": name_group(group.number)}, value, made)
    for metric in METRICS:
        if (value := quality.metrics[metric.number].value) is not None:
            inside = {"dqv:inCategory": {"@id": f"adaq:group/{metric.group}"}}
            yield _make_measurement(
                {"@id": f"adaq:metric/{metric.number}", "name": name_metric(metric.number), **inside}, value, made
            )
    for result in quality.results:
        if result.score is not None:
            operator = quality.operators[result.operator]
            inside = {"dqv:inDimension": {"@id": f"adaq:metric/{operator.metric}"}}
            about = {"@id": f"adaq:{operator.id}", "@type": "dqv:Metric", "description": operator.meaning, **inside}
            yield _make_measurement(about, result.score, made)


def _make_measurement(of: Mapping[str, Any], value: float | str, made: Mapping[str, Any]) -> dict[str, Any]:
    return {"@type": "dqv:QualityMeasurement", "dqv:isMeasurementOf": dict(of), "dqv:value": value, **made}
