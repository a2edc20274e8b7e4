"""Balance, group 8: how evenly classes and sources share it."""

from __future__ import annotations

from resonance.core.operator import Operator

BALANCE = (
    Operator(
        "class_evenness",
        24,
        "A",
        "P1",
        ("labelled",),
        ("label", "labels"),
        "even(p_label; K declared)",
        "ISO/IEC 5259-2",
        core=True,
    ),
    Operator(
        "imbalance_ratio_score",
        24,
        "A",
        "P1",
        ("labelled",),
        ("label", "labels"),
        "down(ln(n_max/n_min); ln 3, ln 100); an empty declared class scores 0",
        "He 2009",
        core=True,
        defaults={"lo": 3.0, "hi": 100.0},
    ),
    Operator(
        "tail_class_sufficiency",
        24,
        "A",
        "P1",
        ("labelled",),
        ("label", "labels"),
        "Declared classes with n_c ≥ 50 / declared",
        "own",
        core=True,
        defaults={"min_per_class": 50},
    ),
    Operator("source_evenness", 25, "A", "P1", ("any",), ("source_id",), "even(p_source; S)", "Pielou 1966", core=True),
    Operator("source_concentration_score", 25, "A", "P1", ("any",), ("source_id",), "1 − (HHI − 1/S)/(1 − 1/S)", "HHI", core=True),
    Operator(
        "web_host_balance",
        25,
        "A",
        "P2",
        ("web-text",),
        ("source_uri", "n_tokens"),
        "down(token share of the top 1 % of registered hosts; 0.3, 0.9)",
        "guide 5.4",
        core=True,
        defaults={"lo": 0.3, "hi": 0.9, "top": 0.01},
    ),
    Operator(
        "mix_adherence", 25, "A", "P1", ("any",), ("source_id", "source_mix"), "1 − tv(p_source, contract mix)", "own", core=True
    ),
    Operator(
        "annotator_group_balance",
        25,
        "A",
        "P1",
        ("preference",),
        ("annotator_group", "annotator_groups"),
        "even(shares of declared annotator groups)",
        "guide Table 2",
    ),
)
"""The operators of balance, metric by metric."""
