"""Originality, group 10: whether it is new."""

from __future__ import annotations

from resonance.assess.methods.ngrams import bind_novelty, bind_templates
from resonance.assess.methods.shares import bind_first_party
from resonance.assess.methods.tables import bind_public_overlap
from resonance.core.operator import Operator

ORIGINALITY = (
    Operator(
        "first_party_share",
        29,
        "A",
        "P1",
        ("any",),
        ("source_id", "source_ledger"),
        "Tokens or rows from sources marked experiment, sensor, survey or own business / total",
        "guide Table 3",
        core=True,
        bind=bind_first_party,
    ),
    Operator(
        "public_dataset_overlap_free",
        29,
        "A",
        "P2",
        ("any",),
        ("content_hash", "public_registry"),
        "1 − rows whose content hash is in the public-dataset registry / N (exact, by a join)",
        "own",
        core=True,
        bind=bind_public_overlap,
    ),
    Operator(
        "novel_ngram_ratio",
        30,
        "A",
        "S",
        ("text",),
        ("text", "reference_index"),
        "13-gram hashes of a sample of 1 M tokens absent from the reference index / all",
        "Lee 2022",
        core=True,
        defaults={"n": 13, "sample_tokens": 1000000},
        bind=bind_novelty,
    ),
    Operator(
        "template_free_ratio",
        30,
        "A",
        "P1u",
        ("text",),
        ("text",),
        "1 − rows whose skeleton (digits, URLs, entities masked) occurs > 20 times / N",
        "own",
        core=True,
        defaults={"max_rows": 20},
        bind=bind_templates,
    ),
    Operator(
        "undeclared_synthetic_free",
        30,
        "M",
        "S",
        ("text", "image"),
        ("sample",),
        "down(max(0, r − 0.01); 0.01, 0.20); r = rows declared human-made flagged at 1 % false-positive rate; never blocking",
        "own",
        defaults={"false_positive_rate": 0.01, "lo": 0.01, "hi": 0.2},
    ),
)
"""The operators of originality, metric by metric."""
