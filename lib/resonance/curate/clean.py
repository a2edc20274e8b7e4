"""Raw rows to documents: cleans, measures and rewrites every text in one pass. It cuts texts that are empty, no others."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import look_up
from resonance.core.job import Checkpoint, Left, Turn
from resonance.core.ledger import CLEAN, make_rejects
from resonance.core.settings import CleanSettings, ScoreSettings
from resonance.core.signal import SignalSet
from resonance.curate.carry import Stay, find_staying
from resonance.curate.identity import bucket
from resonance.curate.prepare import BY_NAME, Prepare
from resonance.curate.signals import PRIVACY, QUALITY
from resonance.curate.signals.privacy import choose_masking

VERSION = "clean@2"
REWRITES = {"none": "", "c4_lines": "c4_lines@1"}
"""Names and versions of what may rewrite a text."""
MASKS = {"none": "", "placeholders": f"placeholders@{PRIVACY.version}", "pseudonyms": f"pseudonyms@{PRIVACY.version}"}
"""Names and versions of what may stand in place of persons and secrets."""
NAMES = {True: "names@1", False: ""}
"""Name and version of the model that finds Chinese names, where it is asked."""

Signals = dict[str, DataFrame]
"""Signals by the name of their set."""
Parts = tuple[DataFrame, Signals, DataFrame, DataFrame, DataFrame, DataFrame]


def clean(
    raw: DataFrame, *, settings: CleanSettings, quality: ScoreSettings, turn: Turn, checkpoint: Checkpoint, left: Left | None = None
) -> Parts:
    """Documents, their signals by set, their quality, what rewriting cut, where persons and secrets stand, and rejects.

    Each raw row is a document or a reject. No shuffle. Documents that the last run ``left`` of equal texts stay as they are; then
    hashes of texts are joined by doc_id.
    """
    needed = raw.select("doc_id", "source", "source_key", "slice", "text", "text_hash")
    if left is None:
        return split_prepared(checkpoint(prepare_by(settings, quality)(needed), "clean"), settings, turn)
    known = left["documents"].select("doc_id", F.col("raw_hash").alias("text_hash"))
    ids = raw.select("doc_id", "text_hash", "slice")
    new = checkpoint(ids.join(known, ["doc_id", "text_hash"], "left_anti").select("doc_id"), "clean_new")
    now = checkpoint(ids.join(known, ["doc_id", "text_hash"], "left_semi").select("doc_id", "slice"), "clean_kept")
    fresh = checkpoint(prepare_by(settings, quality)(look_up(needed, new, ["doc_id"])), "clean")
    made = split_prepared(fresh, settings, turn)
    documents, signals, scores, edits, spans, _ = add_staying(made, left, find_staying(left["documents"], now, checkpoint))
    return documents, signals, scores, edits, spans, made[-1]  # texts that are empty were looked at again


def prepare_by(settings: CleanSettings, quality: ScoreSettings) -> Prepare:
    """The pass over texts that these settings ask for."""
    scorers, languages = tuple(settings.scorers.items()), tuple(settings.languages.items())
    masking = choose_masking(settings)
    return Prepare(settings.sets, settings.rewrite, quality.head_words, scorers, masking, languages)


def add_staying(made: Parts, left: Left, stay: Stay) -> Parts:
    """``made`` with the rows of texts that stay, as they are."""
    documents, signals, scores, edits, spans, cut = made
    was = left["rejects"].where(F.col("step") == CLEAN)
    return (
        documents.unionByName(stay.keep_named(left["documents"])),
        {name: rows.unionByName(stay.keep(left[BY_NAME[name].table])) for name, rows in signals.items()},
        scores.unionByName(stay.keep(left[QUALITY.table])),
        edits.unionByName(stay.keep(left["edits"])),
        spans.unionByName(stay.keep(left["privacy_spans"])),
        cut.unionByName(stay.keep_named(was)),
    )


def split_prepared(rows: DataFrame, settings: CleanSettings, turn: Turn) -> Parts:
    """Splits prepared rows into documents, signals by set, quality, edits, places of persons and secrets, and rejects."""
    own = rows.withColumns({"bucket": bucket(F.col("doc_id")), "batch": F.lit(turn.batch)})
    held = own.where("cleaned_hash IS NOT NULL")
    sets = {name: _signals(held, BY_NAME[name]) for name in settings.sets}
    edits = _edits(held, REWRITES[settings.rewrite])
    masked = (MASKS[settings.mask], NAMES[settings.names and settings.mask != "none"])
    made = (VERSION, REWRITES[settings.rewrite], *masked)
    return (
        _documents(held, "/".join(filter(None, made)), masked=settings.mask != "none"),
        sets,
        _signals(held, QUALITY),
        edits,
        _spans(held),
        _rejects(own),
    )


def _documents(held: DataFrame, version: str, *, masked: bool) -> DataFrame:
    """Rows of ``documents``. Of a masked text no hash says what it was: that of a short one could be tried out."""
    return held.select(
        "doc_id",
        "bucket",
        "batch",
        "source",
        "source_key",
        "slice",
        F.col("cleaned").alias("text"),
        "content_hash",
        "cleaned_hash",
        "n_chars",
        "n_bytes",
        F.lit(version).alias("version"),
        (F.lit(None).cast("binary") if masked else F.col("text_hash")).alias("raw_hash"),
    )


def _signals(held: DataFrame, measured: SignalSet) -> DataFrame:
    """Rows of the table of one set, under the hash of the text that it measures: one for each text that was measured."""
    text = "cleaned_hash" if measured.text == "cleaned" else "content_hash"
    version = F.lit(measured.version).alias("version")
    known = held.where(F.col(measured.name).isNotNull())
    return known.select("doc_id", "bucket", F.col(text).alias("content_hash"), "batch", version, f"{measured.name}.*")


def _edits(held: DataFrame, version: str) -> DataFrame:
    cut = held.select("doc_id", "bucket", "batch", F.col("cleaned_hash").alias("content_hash"), F.explode("edits").alias("edit"))
    return cut.select("doc_id", "bucket", "batch", "content_hash", "edit.*", F.lit(version).alias("version"))


def _spans(held: DataFrame) -> DataFrame:
    """Rows of ``privacy_spans``: where values of each type stand, never what they are."""
    found = held.select("doc_id", "bucket", "batch", F.col("cleaned_hash").alias("content_hash"), F.explode("spans").alias("span"))
    return found.select("doc_id", "bucket", "batch", "content_hash", "span.*", F.lit(PRIVACY.version).alias("version"))


def _rejects(own: DataFrame) -> DataFrame:
    empty = own.where("cleaned_hash IS NULL")
    return make_rejects(empty, CLEAN, VERSION, rule="empty", value=F.lit(0.0), threshold=F.lit(1.0))
