"""A policy at work on a few texts: those nearest to each threshold on both sides, and places that rewriting changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import rank_rows
from resonance.core.languages import Languages, speaks
from resonance.core.policy import LANGUAGE
from resonance.report.facts.sample import choose_sample
from resonance.report.facts.texts import hide_persons, read_texts
from resonance.report.language import say
from resonance.report.parts import Grid
from resonance.report.wording import amount, count, name, start
from resonance.tables import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame, Row

    from resonance.core.expression import Hidden
    from resonance.report.facts.shared import Facts

EACH = 2
HEAD = 200
REACH = 20_000
AROUND = 60
TINY = 3
"""Shorter pieces, such as empty lines, are shown only where there are no others."""
PIECE = 120
EXCERPT = 150
"""Characters of a text that a row of the page shows."""


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
    """A place of a text that a rewriting rule changed.

    Args:
        rule: that rule.
        document: the text's document.
        before: what stood around the place, where the text as it was is still known.
        left: what stands in front of the place now.
        cut: characters that were cut there.
        right: what stands behind it now.
    """

    rule: str
    document: str
    before: str | None
    left: str
    cut: int
    right: str


@dataclass(frozen=True)
class Edited:
    """Pieces that a rewriting rule cut from texts."""

    rule: str
    pieces: int
    characters: int
    documents: int


@dataclass(frozen=True)
class Excerpts:
    """What is shown of texts, and what rewriting cut of all of them."""

    borderline: tuple[Borderline, ...] = ()
    edited: tuple[Edited, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()


def gather_excerpts(frames: Mapping[str, DataFrame], shared: Facts) -> Excerpts:
    """Excerpts for each rule of the policy and each rule that rewrote. One scan of documents reads the few texts."""
    if not shared.rows["documents"]:
        return Excerpts()
    share = choose_sample(shared.rows["documents"])
    near = find_near(frames, share, [rule for rule in shared.rules if rule["threshold"] is not None])
    pieces = _find_pieces(frames["edits"].where(share)) if shared.rows["edits"] else []
    wholes = {bytes(row["doc_id"]) for row in pieces}
    long = F.when(F.col("doc_id").isin(sorted(wholes)), REACH).otherwise(HEAD) if wholes else F.lit(HEAD)
    ids = {bytes(row["doc_id"]) for row in near} | wholes
    texts = read_texts(frames["documents"], ids, long, shared)
    edited = count_edits(frames["edits"]) if shared.rows["edits"] else ()
    if not shared.texts_shown:
        return Excerpts(tuple(pair_texts(near, texts)), edited)
    raw = _read_raw(frames["raw"], wholes & texts.keys(), shared.hidden)
    return Excerpts(tuple(pair_texts(near, texts)), edited, tuple(_show_pieces(pieces, texts, raw)))


def count_edits(edits: DataFrame) -> tuple[Edited, ...]:
    """What each rewriting rule cut. Shuffles partial sums by rule."""
    pieces, characters = F.sum(F.size("starts")).alias("pieces"), F.sum("characters").alias("characters")
    sums = edits.groupBy("rule").agg(pieces, characters, F.count(F.lit(1)).alias("documents"))
    return tuple(Edited(**row.asDict()) for row in sums.orderBy(F.desc("pieces"), "rule").collect())


def find_near(frames: Mapping[str, DataFrame], share: Column, rules: Sequence[Row]) -> list[Row]:
    """The ``EACH`` documents nearest to each rule's threshold on each side: of equal distance, those with the smallest ids.

    A rule of some languages shows documents in these. Joins signals with languages where there is such a rule.
    """
    if not rules:
        return []
    parts = []
    for measured in dict.fromkeys(rule["set"] for rule in rules):
        asked = [rule for rule in rules if rule["set"] == measured]
        signals = frames[SIGNALS.tables[measured].name].where(share)
        if measured != LANGUAGE[0] and any(rule["languages"] for rule in asked):
            tongues = frames[SIGNALS.tables[LANGUAGE[0]].name].select("doc_id", "batch", LANGUAGE[1])
            signals = signals.join(tongues, ["doc_id", "batch"], "left")
        cells = F.array(*map(_measure_rule, asked))
        known = F.explode(F.filter(cells, lambda cell: cell["value"].isNotNull())).alias("cell")
        parts.append(signals.select("doc_id", known))
    long = reduce(lambda one, other: one.unionByName(other), parts)
    place = rank_rows(["cell.rule", "cell.passes"], [F.abs(F.col("cell.value") - F.col("cell.threshold")), "doc_id"])
    chosen = long.withColumn("place", place).where(F.col("place") <= EACH)
    return chosen.select("doc_id", "cell.*", "place").orderBy("position", "passes", "place").collect()


def _measure_rule(rule: Row) -> Column:
    signal = F.col(rule["signal"]).cast("double")  # may be null in all cells: an array's cells are of one type
    held = signal.isNotNull()
    if rule["languages"]:
        held &= speaks(F.col(LANGUAGE[1]), Languages.read(rule["languages"]))
    value = F.when(held, F.nanvl(signal, F.lit(None).cast("double")))
    limit = F.lit(float(rule["threshold"]))
    passes = value >= limit if rule["side"] == "below" else value <= limit
    return F.struct(
        F.lit(rule["position"]).alias("position"),
        F.lit(rule["rule"]).alias("rule"),
        passes.alias("passes"),
        value.alias("value"),
        limit.alias("threshold"),
    )


def _find_pieces(edits: DataFrame) -> list[Row]:
    """A piece that each rule cut from ``EACH`` documents, and all cuts of these, by which its place in the stored text is known."""
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


def _read_raw(raw: DataFrame, ids: set[bytes], hidden: Hidden) -> dict[bytes, tuple[str, bytes]]:
    """Raw texts that are short enough, where they were kept, persons and secrets hidden; with the hash of what they say."""
    if not ids:
        return {}
    kept = raw.where(F.col("doc_id").isin(sorted(ids)) & (F.length("text") <= REACH)).select("doc_id", "text")
    rows = kept.collect()
    shown = hide_persons([row["text"] for row in rows], hidden)
    return {
        bytes(row["doc_id"]): (said, hashlib.sha256(row["text"].encode(errors="replace")).digest()[:16])
        for row, said in zip(rows, shown, strict=True)
        if said is not None
    }


def pair_texts(near: Iterable[Row], texts: Mapping[bytes, Row]) -> Iterable[Borderline]:
    """What ``find_near`` found, with source and text; documents that are not in ``texts`` are left out."""
    for row in near:
        id = bytes(row["doc_id"])
        if id in texts:
            known = texts[id]
            yield Borderline(row["rule"], row["passes"], row["value"], row["threshold"], id.hex(), known["source"], known["text"])


def _show_pieces(pieces: Iterable[Row], texts: Mapping[bytes, Row], raw: Mapping[bytes, tuple[str, bytes]]) -> Iterable[Rewritten]:
    for row in pieces:
        id, piece = bytes(row["doc_id"]), row["piece"]
        text = texts[id]["text"] if id in texts else ""
        at = piece["start"] - sum(
            min(cut["end"], piece["start"]) - cut["start"] for cut in row["cuts"] if cut["start"] < piece["start"]
        )
        if at > len(text):
            continue
        before, said = raw.get(id, (None, b""))
        if said != bytes(row["content_hash"]):
            before = None
        yield Rewritten(
            piece["rule"],
            id.hex(),
            _mark_piece(before, piece),
            text[max(at - AROUND, 0) : at],
            piece["end"] - piece["start"],
            text[at : at + AROUND],
        )


def _mark_piece(text: str | None, piece: Row) -> str | None:
    if text is None:
        return None
    cut = text[piece["start"] : piece["end"]]
    shown = cut if len(cut) <= PIECE else f"{cut[: PIECE // 2]} … {cut[-PIECE // 2 :]}"
    return f"{text[max(piece['start'] - AROUND, 0) : piece['start']]}[{shown}]{text[piece['end'] : piece['end'] + AROUND]}"


def draw_excerpts(found: Excerpts) -> list[Grid]:
    """Tables of texts near thresholds, of what rewriting cut, and of places before and after it; empty ones are left out."""
    grids = (_draw_borderline(found.borderline), _draw_edited(found.edited), _draw_rewritten(found.rewritten))
    return [grid for grid in grids if grid is not None]


def _draw_borderline(found: tuple[Borderline, ...]) -> Grid | None:
    rows = tuple(
        (
            name(row.rule),
            say("passes" if row.passes else "cut"),
            write_value(row.value),
            write_value(row.threshold),
            row.document,
            "–" if row.text is None else start(row.text, EXCERPT),
        )
        for row in found
    )
    columns = (say("rule"), say("verdict"), say("measured"), say("threshold"), say("document"), say("text begins"))
    note = say("Documents nearest to each threshold on both sides, among a sample; `resonance why` shows all that is known of one.")
    return Grid(say("On the border"), columns, rows, frozenset(columns[2:4]), cards=True, note=note) if rows else None


def write_value(value: float) -> str:
    """Four digits, and all of a large number: both sides of a threshold must look different."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _draw_edited(found: tuple[Edited, ...]) -> Grid | None:
    rows = tuple((name(row.rule), count(row.pieces), count(row.characters), count(row.documents)) for row in found)
    columns = (say("rule"), say("pieces cut"), say("characters"), say("documents"))
    return Grid(say("What rewriting cut"), columns, rows, frozenset(columns[1:])) if rows else None


def _draw_rewritten(found: tuple[Rewritten, ...]) -> Grid | None:
    rows: list[tuple[str, ...]] = []
    for row in found:
        lost = say("not kept (ingest.keep_raw is off, or cleaning changed it)")
        after = f"{row.left}[{amount(row.cut, 'character')}]{row.right}"
        rows += [
            (name(row.rule), row.document, say("before"), lost if row.before is None else name(row.before, 2 * EXCERPT)),
            (name(row.rule), row.document, say("after"), name(after, EXCERPT)),
        ]
    columns = (say("rule"), say("document"), "", say("text around the place"))
    return Grid(say("Before and after rewriting"), columns, tuple(rows), cards=True) if rows else None
