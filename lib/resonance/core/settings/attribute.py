"""Settings of attribution."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from resonance.core.settings.base import Settings

Feature = Literal[
    "slice", "language", "length", "source", "copies", "rewritten", "sentences", "variety", "entities", "terms", "cluster"
]
COUNTED = {
    "sentences": "sentence_tokens",
    "variety": "type_token_ratio",
    "entities": "entity_density",
    "terms": "term_density",
}
"""Features that are quarters of a signal of set ``annotations``, with the signal."""


class AttributeSettings(Settings):
    """How weak slices are found, and when a cause counts as shown."""

    features: tuple[Feature, ...] = Field(
        ("slice", "language", "length", "source", "copies", "rewritten"),
        description="what slices are told apart by: domain, language, quarter of length, source, number of copies, rewriting "
        "rules; where texts are annotated also by quarters of sentences' length, of variety of words, of entities and of terms; "
        "where rows bring embeddings also by cluster of these",
    )
    embedding: str = Field(
        "embedding", min_length=1, description="field of a row that holds the embedding of its text, a list of numbers"
    )
    clusters: int = Field(
        8, ge=2, le=64, description="clusters of embeddings; one of fewer than min_documents on each half is no slice"
    )
    min_documents: int = Field(100, ge=20, description="held-out documents that a slice needs on each half")
    size_weight: float = Field(
        0.999, gt=0, le=1, description="weight of the loss against the size of a slice in its score (alpha of SliceLine)"
    )
    min_effect: float = Field(0.4, gt=0, description="least effect size of a slice: difference of means over their common spread")
    false_discovery: float = Field(0.05, gt=0, lt=1, description="expected share of slices that are confirmed by chance")
    level: float = Field(0.05, gt=0, lt=1, description="chance of any cause found by chance in a slice that has none (Holm)")
    clip: float = Field(0.99, gt=0.5, le=1, description="share of held-out losses above which the others are cut off")
    min_label_issues: float = Field(0.05, ge=0, lt=1, description="D1: least share of suspected labels, at its lower end")
    min_consensus: float = Field(0.6, ge=0, le=1, description="D1: share of errors in which all models name the same other label")
    min_hits: float = Field(0.01, ge=0, lt=1, description="D2: least share of held-out documents that have a copy or hold an item")
    max_share: float = Field(
        0.5, gt=0, description="D3: largest share among drawn documents, as a part of that among held-out ones"
    )
    min_data_gain: float = Field(0.01, ge=0, lt=1, description="D3: least gain of twice the data, as a share of the slice's loss")
    min_area: float = Field(
        0.7, ge=0.5, le=1, description="D4: least area under the curve that tells drawn documents from held-out ones"
    )
    sure_area: float = Field(0.6, ge=0.5, lt=1, description="D4: what its lower end must exceed")
    min_gain: float = Field(0.02, ge=0, lt=1, description="M1: least gain of a wider model, as a share of the slice's loss")
    min_ratio: float = Field(2.0, ge=1, description="M1: how often that gain must hold the gain of twice the data")
    max_headroom: float = Field(
        0.05, gt=0, lt=1, description="N: largest gain of more data and of a wider model, as a share of loss"
    )

    @property
    def sets(self) -> tuple[str, ...]:
        """The signal sets that are read of documents: it tells the language, and what documents are compared by."""
        return ("basics", "annotations") if COUNTED.keys() & {*self.features} else ("basics",)

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Whether it reads what rows brought besides their texts: the table that holds it, or none."""
        return ("raw",) if "cluster" in self.features else ()

    def effective(self) -> dict[str, Any]:
        """The values that results depend on: how embeddings are clustered counts where they are."""
        unread = () if self.own_fields else ("embedding", "clusters")
        return {name: value for name, value in super().effective().items() if name not in unread}
