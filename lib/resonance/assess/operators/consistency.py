"""Consistency, group 5: whether labels, concepts and keys agree."""

from __future__ import annotations

from resonance.assess.methods.forms import bind_canonical, bind_uniform
from resonance.assess.methods.groups import bind_agreement, bind_conflicts
from resonance.assess.methods.shares import bind_code_lists
from resonance.core.operator import Operator

CONSISTENCY = (
    Operator(
        "annotator_agreement",
        14,
        "A",
        "P2",
        ("labelled",),
        ("item", "annotator", "label"),
        "up(α; 0, 0.8), Krippendorff α at the label's level; Cohen or Fleiss κ as evidence",
        "Krippendorff 2004",
        core=True,
        defaults={"lo": 0.0, "hi": 0.8},
        bind=bind_agreement,
    ),
    Operator(
        "duplicate_label_conflict_free",
        14,
        "A",
        "P2",
        ("labelled",),
        ("content_hash", "label"),
        "1 − groups of identical inputs with > 1 label / groups with ≥ 2 rows",
        "guide Table 3",
        core=True,
        bind=bind_conflicts,
    ),
    Operator(
        "knn_label_agreement",
        14,
        "M",
        "S",
        ("labelled",),
        ("embedding", "label"),
        "Sampled rows whose label is the majority of their 10 nearest embeddings / sample",
        "cleanlab Datalab",
        defaults={"neighbours": 10},
    ),
    Operator(
        "preference_transitivity",
        14,
        "A",
        "P2",
        ("preference",),
        ("prompt", "ranking"),
        "mean Kendall ζ = 1 − circular / maximum circular triads per prompt with ≥ 3 ranked responses",
        "Kendall 1940",
        defaults={"min_responses": 3},
    ),
    Operator(
        "relabel_agreement",
        14,
        "H",
        "S",
        ("labelled",),
        ("sample",),
        "up(κ; 0, 0.8)",
        "Cohen 1960",
        defaults={"lo": 0.0, "hi": 0.8, "min_n": 385, "least": 0.7},
    ),
    Operator(
        "controlled_vocabulary_rate",
        15,
        "A",
        "P1",
        ("structured",),
        ("code_lists",),
        "Values in the code list / non-null values",
        "ISO 8000",
        core=True,
        bind=bind_code_lists,
    ),
    Operator(
        "canonical_form_rate",
        15,
        "A",
        "P1",
        ("any",),
        ("categorical",),
        "Σ rows in the dominant form of a concept / rows with the concept; forms equal after NFKC, case folding, "
        "traditional→simplified, alias table",
        "guide Table 3",
        core=True,
        bind=bind_canonical,
    ),
    Operator(
        "unit_format_uniformity",
        15,
        "A",
        "P1",
        ("structured",),
        ("columns",),
        "mean over columns of the largest share of one date, unit or number pattern",
        "Deequ DataType",
        core=True,
        bind=bind_uniform,
    ),
    Operator(
        "referential_integrity", 15, "A", "P2", ("structured",), ("relationships",), "1 − orphan keys / keys", "ODCS", core=True
    ),
    Operator(
        "definition_stability",
        15,
        "A",
        "P1",
        ("any",),
        ("stable_columns", "stored_state"),
        "mean over declared stable columns of 1 − jsd(p_v, p_v−1)",
        "Lin 1991",
    ),
)
"""The operators of consistency, metric by metric."""
