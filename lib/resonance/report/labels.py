"""What training said of labels: some samples on the map of confidence and variability, and the most suspect labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, Row

POINTS = 300
SUSPECTS = 20
HEAD = 240
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class Mapped:
    """One sample on the map; ``text`` where texts were read."""

    document: str
    confidence: float
    variability: float
    right: int
    exposures: int
    text: str | None


@dataclass(frozen=True)
class Suspect:
    """A label that models which never saw the sample find implausible."""

    document: str
    slice: str
    label: str
    suggested: str
    p_label: float
    p_suggested: float
    text: str | None


@dataclass(frozen=True)
class Labels:
    """What is shown of labels: ``current`` counts samples with states, ``scored`` and ``issues`` labels."""

    current: int = 0
    mapped: tuple[Mapped, ...] = ()
    round: int | None = None
    scored: int = 0
    issues: int = 0
    suspects: tuple[Suspect, ...] = ()


def labels(frames: Mapping[str, DataFrame], *, read: bool) -> Labels:
    """A sample of ``POINTS`` states, chosen by hash, and the ``SUSPECTS`` lowest of the newest round's suspected labels.

    Two scans of states and of label qualities; with ``read`` one of texts, which brings the starts of those that are shown.
    """
    states = frames["signal_state"].where("confidence IS NOT NULL AND current")
    current = states.count()
    chosen = states.orderBy(F.xxhash64("doc_id")).limit(POINTS).collect() if current else []
    newest = frames["label_quality"].agg(F.max("round")).collect()[0][0]
    quality = frames["label_quality"].where(F.col("round") == newest)
    sums = quality.agg(F.count(F.lit(1)).alias("scored"), F.count_if("issue").alias("issues")).collect()[0]
    worst = quality.where("issue").orderBy("quality", "doc_id").limit(SUSPECTS).collect() if sums["issues"] else []
    shown = [bytes(row["doc_id"]) for row in (*chosen, *worst)]
    texts = _texts(frames["documents"], shown) if read and shown else {}
    return Labels(
        current=current,
        mapped=tuple(_mapped(row, texts) for row in sorted(chosen, key=lambda row: (row["confidence"], bytes(row["doc_id"])))),
        round=newest,
        scored=sums["scored"],
        issues=sums["issues"],
        suspects=tuple(_suspect(row, texts) for row in worst),
    )


def _texts(documents: DataFrame, ids: list[bytes]) -> dict[bytes, str]:
    start = F.col("text").substr(1, HEAD).alias("start")
    return {
        bytes(row["doc_id"]): row["start"] for row in documents.where(F.col("doc_id").isin(ids)).select("doc_id", start).collect()
    }


def _mapped(row: Row, texts: Mapping[bytes, str]) -> Mapped:
    id = bytes(row["doc_id"])
    return Mapped(id.hex(), row["confidence"], row["variability"], row["n_correct"], row["n_labelled"], texts.get(id))


def _suspect(row: Row, texts: Mapping[bytes, str]) -> Suspect:
    id = bytes(row["doc_id"])
    told = (row["slice"], row["label"], row["suggested"], row["p_label"], row["p_suggested"])
    return Suspect(id.hex(), *told, texts.get(id))
