"""All metrics, one module a group."""

from resonance.assess.metrics.completeness import Completeness, CompleteRecords
from resonance.assess.metrics.normativity import Validity
from resonance.core.contract import Contract
from resonance.core.metric import Metric

METRICS: tuple[type[Metric], ...] = (Completeness, CompleteRecords, Validity)
"""Every kind of metric."""


def list_metrics(contract: Contract) -> tuple[Metric, ...]:
    """Every metric that a table of the contract has."""
    return tuple(metric for kind in METRICS for metric in kind.of(contract))
