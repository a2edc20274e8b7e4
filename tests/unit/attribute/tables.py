"""Tables of a round as jobs leave them, from a few lines for each document: what models lose on it, and what is known of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from resonance.attribute.attribute import attribute
from resonance.core.job import Turn
from resonance.core.settings import AttributeSettings, TaskSettings
from resonance.core.table import Table
from resonance.runtime import resources
from resonance.runtime.conf import load
from resonance.tables import (
    CONTAMINATION,
    DOCUMENTS,
    DUPLICATES,
    EDITS,
    LABEL_QUALITY,
    RAW,
    SAMPLE_PLAN,
    SIGNAL_EVENT,
    SIGNALS,
    VERDICTS,
)
from resonance.testing.frames import EVENT

LABELS = ("a", "b", "c", "d")
HASH = bytes(16)
TURN = Turn("main", round=2)


@dataclass(frozen=True)
class Held:
    """A held-out document: losses in bits by arm, and what each arm's model names it."""

    source: str
    losses: Mapping[str, float]
    said: Mapping[str, str] = field(default_factory=dict)
    label: str | None = "a"
    entropy: float = 0.1
    slice: str = "web"
    n_bytes: int = 100
    copied: bool = False
    language: str | None = "en"
    embedding: Sequence[float] = ()


@dataclass(frozen=True)
class Drawn:
    """A drawn document: its loss in bits at the end, and whether its label is suspected (None: not rated)."""

    source: str
    loss: float = 0.5
    issue: bool | None = False
    slice: str = "web"
    n_bytes: int = 100
    draws: int = 1
    language: str | None = "en"
    embedding: Sequence[float] = ()


def make_frame(spark: SparkSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """A frame like the table: columns that a row leaves out are null, or plain values where the contract asks for one."""
    contract = resources.contract(table)
    plain = {"STRING": "", "INT": 0, "BIGINT": 0, "DOUBLE": 1.0, "BINARY": HASH, "BOOLEAN": False, "ARRAY<INT>": []}
    empty = {column.name: plain.get(column.type) if column.required else None for column in contract.columns}
    return spark.createDataFrame(
        [tuple((empty | dict(row))[name] for name in contract.schema.names) for row in rows], contract.schema
    )


def make_tables(spark: SparkSession, held: Sequence[Held], drawn: Sequence[Drawn]) -> dict[str, Any]:
    """What the job reads, by name."""
    events, documents, plan, basics, copies, rated, raw = [], [], [], [], [], [], []
    for at, one in enumerate((*held, *drawn)):
        doc = at.to_bytes(16, "big")
        key = {"doc_id": doc, "bucket": at % 4096, "batch": "main", "slice": one.slice, "content_hash": HASH}
        documents.append(key | {"source": one.source, "n_bytes": one.n_bytes, "cleaned_hash": HASH})
        place = {"pos": at, "epoch": 0, "pi": 1.0, "n_bytes": one.n_bytes}
        basics.append(key | {"language": one.language})
        if one.embedding:
            raw.append(key | {"metadata": json.dumps({"embedding": list(one.embedding)})})
        event = EVENT | key | {"pos": at, "round": TURN.round, "n_bytes": 1, "max_tok_loss": 1.0}
        if isinstance(one, Held):
            plan.append(key | place | {"round": 0, "arm": "heldout"})
            if one.copied:
                copies.append(key | {"method": "near", "scope": "global", "cluster_id": doc, "size": 2, "keeper": doc})
            for arm, bits in one.losses.items():
                told = {"arm": arm, "phase": "heldout" if arm == "plan" else "probe", "loss_sum": bits * math.log(2)}
                said = {"label": one.label, "prediction": one.said.get(arm), "entropy": one.entropy if one.label else None}
                events.append(event | told | said)
        else:
            plan += [key | place | {"round": TURN.round, "arm": "plan", "copy": copy} for copy in range(one.draws)]
            events.append(event | {"phase": "score", "loss_sum": one.loss * math.log(2)})
            if one.issue is not None:
                named = {"label": "a", "suggested": "b", "fold": "fold-0", "issue": one.issue}
                rated.append(key | {"round": TURN.round, "p_label": 0.5, "p_suggested": 0.5, "quality": 0.5} | named)
    return {
        "signal_event": make_frame(spark, SIGNAL_EVENT, events),
        "sample_plan": make_frame(spark, SAMPLE_PLAN, plan),
        "documents": make_frame(spark, DOCUMENTS, documents),
        "signals": {"basics": make_frame(spark, SIGNALS.tables["basics"], basics)},
        "own_fields": {"raw": make_frame(spark, RAW, raw)},
        "duplicates": make_frame(spark, DUPLICATES, copies),
        "contamination": make_frame(spark, CONTAMINATION, []),
        "edits": make_frame(spark, EDITS, []),
        "label_quality": make_frame(spark, LABEL_QUALITY, rated),
    }


def judge(
    tables: Mapping[str, Any],
    checkpoint: Callable[[DataFrame, str], DataFrame],
    settings: AttributeSettings | None = None,
    task: TaskSettings | None = None,
) -> dict[str, Any]:
    """The verdicts of a classification, by slice, as the contract has them."""
    chosen = settings or AttributeSettings(min_documents=30)
    own = {name: frame for name, frame in tables["own_fields"].items() if name in chosen.own_fields}
    told = attribute(
        **{**tables, "own_fields": own},
        settings=chosen,
        propose=load().propose,
        task=task or TaskSettings(kind="classification", labels=LABELS),
        turn=TURN,
        seed=1,
        checkpoint=checkpoint,
    )
    return {row["slice"]: row for row in resources.contract(VERDICTS).conform(told).collect()}
