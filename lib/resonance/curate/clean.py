"""Raw rows to documents: cleans and measures every text in one pass, then cuts in one visible place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Turn
from resonance.core.settings import CleanSettings
from resonance.curate.identity import bucket
from resonance.curate.operators import OPERATORS
from resonance.curate.signals import signal_rows

VERSION = "clean@1"
GOPHER_VERSION = "gopher@1/whitespace"
LANGUAGE_VERSION = "language@1/lid.176"
SIGNALS_VERSION = 1


@dataclass(frozen=True)
class Rule:
    """Cuts a text whose signal lies on the wrong side of the limit, or is not known."""

    name: str
    signal: str
    wrong: Literal["below", "above"]
    limit: float


GOPHER = (
    Rule("gopher_short_doc", "n_words", "below", 50),
    Rule("gopher_long_doc", "n_words", "above", 100_000),
    Rule("gopher_below_avg_threshold", "mean_word_length", "below", 3),
    Rule("gopher_above_avg_threshold", "mean_word_length", "above", 10),
    Rule("gopher_too_many_hashes", "hash_ratio", "above", 0.1),
    Rule("gopher_too_many_ellipsis", "ellipsis_ratio", "above", 0.1),
    Rule("gopher_too_many_bullets", "bullet_line_ratio", "above", 0.9),
    Rule("gopher_too_many_end_ellipsis", "end_ellipsis_line_ratio", "above", 0.3),
    Rule("gopher_below_alpha_threshold", "alpha_word_ratio", "below", 0.8),
    Rule("gopher_enough_stop_words", "stop_words", "below", 2),
)
"""Gopher's quality rules (Rae et al. 2021, table A1) in their order; limits themselves pass."""


def clean(raw: DataFrame, *, settings: CleanSettings, turn: Turn, checkpoint: Checkpoint) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Documents, the signals of every text that is not empty, and rejects. Each raw row is a document or a reject. No shuffle."""
    needed = raw.select("doc_id", "source", "source_key", "slice", "text")
    return judge(checkpoint(tag(needed).drop("text"), "clean"), settings, turn)


def tag(rows: DataFrame) -> DataFrame:
    """``rows`` with what the operators add. Cuts nothing."""
    return reduce(lambda tagged, operator: operator(tagged), OPERATORS, rows)


def judge(tagged: DataFrame, settings: CleanSettings, turn: Turn) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Documents, signals and rejects of tagged rows, by the first rule that each row fails."""
    judged = tagged.withColumns({"verdict": verdict(settings), "bucket": bucket(F.col("doc_id")), "batch": F.lit(turn.batch)})
    signals = signal_rows(judged.where("cleaned <> ''"), "gopher", SIGNALS_VERSION)
    return _documents(judged.where("verdict IS NULL")), signals, _rejects(judged.where("verdict IS NOT NULL"))


def verdict(settings: CleanSettings) -> Column:
    """The first rule that a row fails, with what was measured; null where it passes all. A signal that is null fails."""
    rules = [_empty()]
    if settings.languages:
        rules.append(_language(settings))
    if settings.rules == "gopher":
        rules += [_gopher(rule) for rule in GOPHER]
    return F.coalesce(*rules)


def _empty() -> Column:
    fails = F.col("cleaned").isNull() | (F.col("cleaned") == "")
    return F.when(fails, _finding("empty", F.lit(0.0), F.lit(1.0), VERSION))


def _language(settings: CleanSettings) -> Column:
    known = F.col("language").isin(*settings.languages) & (F.col("language_score") >= settings.min_language_score)
    said = F.coalesce("language", F.lit("unknown"))
    finding = _finding("language", F.col("language_score"), F.lit(settings.min_language_score), LANGUAGE_VERSION, said)
    return F.when(~F.coalesce(known, F.lit(False)), finding)


def _gopher(rule: Rule) -> Column:
    signal = F.col(rule.signal)
    fails = signal < rule.limit if rule.wrong == "below" else signal > rule.limit
    return F.when(signal.isNull() | fails, _finding(rule.name, signal, F.lit(float(rule.limit)), GOPHER_VERSION))


def _finding(rule: str, value: Column, threshold: Column, version: str, detail: Column | None = None) -> Column:
    said = F.lit(None) if detail is None else detail
    return F.struct(
        F.lit(rule).alias("rule"),
        value.cast("double").alias("value"),
        threshold.cast("double").alias("threshold"),
        said.cast("string").alias("detail"),
        F.lit(version).alias("version"),
    )


def _documents(passed: DataFrame) -> DataFrame:
    return passed.select(
        "doc_id",
        "bucket",
        "batch",
        "source",
        "source_key",
        "slice",
        F.col("cleaned").alias("text"),
        "content_hash",
        "n_chars",
        "n_bytes",
        F.lit(VERSION).alias("version"),
    )


def _rejects(cut: DataFrame) -> DataFrame:
    return cut.select(
        F.lit("clean").alias("step"),
        "batch",
        "bucket",
        "doc_id",
        F.lit(None).cast("string").alias("path"),
        "source",
        "slice",
        "verdict.rule",
        "verdict.value",
        "verdict.threshold",
        "verdict.detail",
        "verdict.version",
    )
