"""A few texts: those nearest to each rule's threshold on both sides, places that rewriting changed, copies beside what stayed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import rank_rows
from resonance.report.copies import Pair, largest, pairs
from resonance.report.sample import sampled
from resonance.report.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame, Row

TEXT_BYTES = 2_000_000_000
"""Where there is more text than this, no text is read for examples."""
EACH = 2
HEAD = 200
REACH = 20_000
AROUND = 60
TINY = 3
"""Shorter pieces, such as empty lines, are shown only where there are no others."""
PIECE = 120


@dataclass(frozen=True)
class Borderline:
    """A document near a rule's threshold, on the side that passes or on the other; its text where that was read."""

    rule: str
    passes: bool
    value: float
    threshold: float
    document: str
    source: str
    text: str | None


@dataclass(frozen=True)
class Rewritten:
    """A place of a text that a rewriting rule changed; ``before`` where the text as it was is still known."""

    rule: str
    document: str
    before: str | None
    after: str


@dataclass(frozen=True)
class Examples:
    """What is shown of texts."""

    borderline: tuple[Borderline, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    copies: tuple[Pair, ...] = ()


def examples(frames: Mapping[str, DataFrame], rules: Sequence[Row], documents: int, text_bytes: int) -> Examples:
    """Examples for each rule of the policy, each rule that rewrote and the largest clusters. Reads few texts, in one scan."""
    share = sampled(documents)
    near = _near(frames["signals"].where(share), [rule for rule in rules if rule["threshold"] is not None])
    pieces = _pieces(frames["edits"].where(share))
    clusters = largest(frames["duplicates"])
    alike = {bytes(row[column]) for row in clusters for column in ("keeper", "doc_id")}
    read = text_bytes <= TEXT_BYTES
    wholes = {bytes(row["doc_id"]) for row in pieces} | alike
    texts = _texts(frames["documents"], {bytes(row["doc_id"]) for row in near}, wholes, read=read)
    raw = _raw(frames["raw"], texts, {bytes(row["doc_id"]) for row in pieces}) if read else {}
    changed = tuple(_rewritten(pieces, texts, raw)) if read else ()
    return Examples(tuple(_borderline(near, texts)), changed, tuple(pairs(clusters, texts)))


def _near(signals: DataFrame, rules: Sequence[Row]) -> list[Row]:
    """The ``EACH`` documents nearest to each rule's threshold on each side: of equal distance, those with the smallest ids."""
    if not rules:
        return []
    cells = F.array(*(_cell(rule) for rule in rules))
    long = signals.select("doc_id", F.explode(F.filter(cells, lambda cell: cell["value"].isNotNull())).alias("cell"))
    place = rank_rows(["cell.rule", "cell.passes"], [F.abs(F.col("cell.value") - F.col("cell.threshold")), "doc_id"])
    chosen = long.withColumn("place", place).where(F.col("place") <= EACH)
    return chosen.select("doc_id", "cell.*", "place").orderBy("position", "passes", "place").collect()


def _cell(rule: Row) -> Column:
    value = F.when(F.col("set") == rule["set"], F.nanvl(F.col(rule["signal"]).cast("double"), F.lit(None).cast("double")))
    limit = F.lit(float(rule["threshold"]))
    passes = value >= limit if rule["side"] == "below" else value <= limit
    return F.struct(
        F.lit(rule["position"]).alias("position"),
        F.lit(rule["rule"]).alias("rule"),
        passes.alias("passes"),
        value.alias("value"),
        limit.alias("threshold"),
    )


def _pieces(edits: DataFrame) -> list[Row]:
    """A piece that each rule cut from ``EACH`` documents, with all cuts of these, so that places in the stored text can be told."""
    pieces = F.arrays_zip(F.col("starts").alias("start"), F.col("ends").alias("end"))
    shown = F.coalesce(F.get(F.filter(pieces, lambda piece: piece["end"] - piece["start"] >= TINY), 0), F.get(pieces, 0))
    first = edits.where("rule <> 'white_space'").select("doc_id", "batch", "content_hash", "rule", shown.alias("shown"))
    first = first.withColumn("tiny", F.col("shown.end") - F.col("shown.start") < TINY)
    place = rank_rows(["rule"], ["tiny", "doc_id"])
    chosen = first.withColumn("place", place).where(F.col("place") <= EACH)
    chosen = chosen.select("doc_id", "batch", "content_hash", F.struct("rule", "shown.*").alias("piece"))
    whole = F.sort_array(F.flatten(F.collect_list(pieces))).alias("cuts")
    ids = chosen.select("doc_id", "batch").distinct()
    cuts = edits.join(F.broadcast(ids), ["doc_id", "batch"], "left_semi").groupBy("doc_id", "batch").agg(whole)
    return chosen.join(cuts, ["doc_id", "batch"]).orderBy("piece.rule", "doc_id", "piece.start").collect()


def _texts(documents: DataFrame, heads: set[bytes], wholes: set[bytes], *, read: bool) -> dict[bytes, Row]:
    """Documents that are shown, by id: with the start of their text, or as ``wholes`` with more of it."""
    ids = sorted(heads | wholes)
    if not ids:
        return {}
    known = documents.where(F.col("doc_id").isin(ids))
    long = F.when(F.col("doc_id").isin(sorted(wholes)), REACH).otherwise(HEAD) if wholes else F.lit(HEAD)
    text = F.col("text").substr(F.lit(1), long) if read else F.lit(None).cast("string")
    return {bytes(row["doc_id"]): row for row in known.select("doc_id", "source", text.alias("text")).collect()}


def _raw(raw: DataFrame, texts: Mapping[bytes, Row], wanted: set[bytes]) -> dict[bytes, str]:
    """Raw texts that are short enough, where they were kept."""
    ids = sorted(id for id in wanted if id in texts)
    if not ids:
        return {}
    kept = raw.where(F.col("doc_id").isin(ids) & (F.length("text") <= REACH)).select("doc_id", "text")
    return {bytes(row["doc_id"]): row["text"] for row in kept.collect()}


def _borderline(near: Iterable[Row], texts: Mapping[bytes, Row]) -> Iterable[Borderline]:
    for row in near:
        id = bytes(row["doc_id"])
        if id in texts:
            known = texts[id]
            yield Borderline(row["rule"], row["passes"], row["value"], row["threshold"], id.hex(), known["source"], known["text"])


def _rewritten(pieces: Iterable[Row], texts: Mapping[bytes, Row], raw: Mapping[bytes, str]) -> Iterable[Rewritten]:
    for row in pieces:
        id, piece = bytes(row["doc_id"]), row["piece"]
        left = texts[id]["text"] if id in texts else ""
        at = piece["start"] - sum(
            min(cut["end"], piece["start"]) - cut["start"] for cut in row["cuts"] if cut["start"] < piece["start"]
        )
        if at > len(left):
            continue
        before = raw.get(id)
        if before is not None and hashlib.sha256(before.encode(errors="replace")).digest()[:16] != bytes(row["content_hash"]):
            before = None
        yield Rewritten(
            piece["rule"],
            id.hex(),
            _with_piece(before, piece),
            _around(left, at, f"[{counted(piece['end'] - piece['start'], 'character')}]"),
        )


def _with_piece(text: str | None, piece: Row) -> str | None:
    if text is None:
        return None
    cut = text[piece["start"] : piece["end"]]
    shown = cut if len(cut) <= PIECE else f"{cut[: PIECE // 2]} … {cut[-PIECE // 2 :]}"
    return f"{text[max(piece['start'] - AROUND, 0) : piece['start']]}[{shown}]{text[piece['end'] : piece['end'] + AROUND]}"


def _around(text: str, at: int, mark: str) -> str:
    return f"{text[max(at - AROUND, 0) : at]}{mark}{text[at : at + AROUND]}"
