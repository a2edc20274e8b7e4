"""The quality of what a policy keeps, on a sample: what a campaign holds its candidate against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from resonance.assess.assess import Assessment, assess
from resonance.assess.documents import NO_AGES, add_signals, declare_found, find_facts, read_promises
from resonance.assess.operators import BY_ID
from resonance.core.adaq import LEAKS
from resonance.core.chance import hash_columns, uniform
from resonance.core.ledger import drop_cut

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.settings import AssessSettings, DedupeSettings

MOST = 1_000
"""Documents that are assessed, about."""


def assess_kept(
    documents: DataFrame,
    rejects: DataFrame,
    signals: Mapping[str, DataFrame],
    duplicates: DataFrame,
    contamination: DataFrame,
    sets: list[str],
    *,
    settings: AssessSettings,
    dedupe: DedupeSettings,
    seed: int,
) -> Assessment:
    """The assessment of some documents of what no step cut, chosen by a hash, so that slices have their shares.

    Two policies are held against each other on the same documents where both keep them. Reads the texts of the sample.

    Args:
        documents: of the workspace.
        rejects: as a policy would have them.
        signals: by the name of their set.
        duplicates: the table.
        contamination: the table.
        sets: evaluation sets that were looked for.
        settings: contract and weights.
        dedupe: which duplicates were looked for.
        seed: of the hash.
    """
    kept = drop_cut(documents, rejects)
    many = kept.count()
    chosen = kept.where(uniform(hash_columns(["doc_id"], seed, "quality")) < MOST / max(many, 1))
    contract, profile = read_promises(settings)
    facts = find_facts(chosen, signals, duplicates, contamination, dedupe)
    return assess(add_signals(chosen, {}, facts), declare_found(contract, sets, dedupe), profile, NO_AGES)


def list_watched(found: Assessment) -> dict[str, tuple[float, float]]:
    """Score and its lower bound of each operator of privacy and safety that was measured."""
    whole = (row for row in found.results if not row.stratum and BY_ID[row.operator].metric in LEAKS)
    return {
        row.operator: (row.score, row.score if row.score_lcb is None else row.score_lcb) for row in whole if row.score is not None
    }
