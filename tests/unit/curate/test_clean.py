import hashlib
from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Turn
from resonance.core.settings import CleanSettings
from resonance.curate.clean import GOPHER, clean, tag, verdict
from resonance.curate.operators import OPERATORS
from resonance.curate.operators.prepare import Prepared, prepare
from resonance.runtime.resources import contract
from resonance.tables import DOCUMENTS, REJECTS, SIGNALS

Checkpoint = Callable[[DataFrame, str], DataFrame]
PROSE = "The house that we have seen stands with its back to the wood and the people of the town like to be there. "
GERMAN = "Das Haus, das wir gesehen haben, steht mit dem Rücken zum Wald, und die Leute der Stadt sind gerne dort. "
TEXTS = {
    "good": PROSE * 3 + "\r\n\r\n\r\n\r\nEnd. \t",
    "copy": PROSE * 3 + "\n\nEnd.",
    "short": PROSE,
    "symbols": PROSE * 3 + "# " * 60,
    "dots": "\n".join([PROSE + "..."] * 3),
    "foreign": GERMAN * 3 + "the of and",
    "empty": "",
    "blank": " \r\n\x00\t ",
    "null": None,
    "accent": "Cafe\u0301 " + PROSE * 3,
}


def raw_of(spark: SparkSession, texts: dict[str, str | None]) -> DataFrame:
    rows = [(hashlib.sha256(name.encode()).digest()[:16], "s", name, f"slice/{name}", text) for name, text in texts.items()]
    return spark.createDataFrame(rows, "doc_id binary, source string, source_key string, slice string, text string")


def run(spark: SparkSession, checkpoint: Checkpoint, texts: dict[str, str | None], **settings: object) -> list[dict[str, Row]]:
    names = {hashlib.sha256(name.encode()).digest()[:16]: name for name in texts}
    frames = clean(raw_of(spark, texts), settings=CleanSettings.model_validate(settings), turn=Turn("b"), checkpoint=checkpoint)
    for frame, table in zip(frames, (DOCUMENTS, SIGNALS, REJECTS), strict=True):
        contract(table).conform(frame)
    return [{names[bytes(row["doc_id"])]: row for row in frame.collect()} for frame in frames]


def test_texts_are_cleaned_and_cut_by_the_first_rule_they_fail(spark: SparkSession, checkpoint: Checkpoint) -> None:
    documents, signals, rejects = run(spark, checkpoint, TEXTS)
    assert {name: row["rule"] for name, row in rejects.items()} == {
        "short": "gopher_short_doc",
        "symbols": "gopher_too_many_hashes",
        "dots": "gopher_too_many_end_ellipsis",
        "empty": "empty",
        "blank": "empty",
        "null": "empty",
    }
    assert set(documents) == {"good", "copy", "foreign", "accent"}
    assert set(signals) == set(TEXTS) - {"empty", "blank", "null"}
    assert documents["good"]["content_hash"] == documents["copy"]["content_hash"]
    for name, row in documents.items():
        text = prepare(TEXTS[name]).cleaned or ""
        assert row["text"] == text
        assert bytes(row["content_hash"]) == hashlib.sha256(text.encode()).digest()[:16] == bytes(signals[name]["content_hash"])
        assert (row["n_chars"], row["n_bytes"], row["batch"]) == (len(text), len(text.encode()), "b")
    cut = rejects["symbols"]
    assert cut["value"] == pytest.approx(60 / (3 * len(PROSE.split()) + 60))
    assert (cut["threshold"], cut["version"], cut["step"], cut["path"]) == (0.1, "gopher@1/whitespace", "clean", None)
    found = {field: signals["dots"][field] for field in Prepared._fields if field in signals["dots"]}
    assert found == {field: value for field, value in prepare(TEXTS["dots"])._asdict().items() if field in found}


def test_without_rules_only_empty_texts_are_cut(spark: SparkSession, checkpoint: Checkpoint) -> None:
    documents, signals, rejects = run(spark, checkpoint, TEXTS, rules="none")
    assert {row["rule"] for row in rejects.values()} == {"empty"}
    assert set(documents) == set(signals) == set(TEXTS) - set(rejects)


def test_other_languages_are_cut_where_languages_are_named(spark: SparkSession, checkpoint: Checkpoint) -> None:
    documents, _, rejects = run(spark, checkpoint, {"en": PROSE * 3, "de": GERMAN * 3}, rules="none", languages=("en",))
    assert set(documents) == {"en"}
    assert (rejects["de"]["rule"], rejects["de"]["detail"], rejects["de"]["threshold"]) == ("language", "de", 0.65)


def test_operators_keep_every_row_and_add_what_they_say(spark: SparkSession) -> None:
    rows = raw_of(spark, TEXTS)
    tagged = tag(rows)
    assert tagged.columns == [*rows.columns, *(name for operator in OPERATORS for name in operator.adds)]
    assert tagged.count() == len(TEXTS)
    assert {name for operator in OPERATORS for name in operator.reads} <= set(tagged.columns)


LIMITS = {
    "gopher_short_doc": (49, 50),
    "gopher_long_doc": (100_001, 100_000),
    "gopher_below_avg_threshold": (2.99, 3.0),
    "gopher_above_avg_threshold": (10.01, 10.0),
    "gopher_too_many_hashes": (0.101, 0.1),
    "gopher_too_many_ellipsis": (0.101, 0.1),
    "gopher_too_many_bullets": (0.901, 0.9),
    "gopher_too_many_end_ellipsis": (0.301, 0.3),
    "gopher_below_alpha_threshold": (0.799, 0.8),
    "gopher_enough_stop_words": (1, 2),
}
SOUND = {
    "cleaned": "text",
    "n_words": 100.0,
    "mean_word_length": 5.0,
    "hash_ratio": 0.0,
    "ellipsis_ratio": 0.0,
    "bullet_line_ratio": 0.0,
    "end_ellipsis_line_ratio": 0.0,
    "alpha_word_ratio": 1.0,
    "stop_words": 4.0,
    "language": "en",
    "language_score": 0.9,
}


def test_limits_pass_what_lies_beyond_fails_and_null_never_passes(spark: SparkSession) -> None:
    """Every rule of curation-rules 3.2 at its limit, beyond it, and with its signal unknown."""
    assert [rule.name for rule in GOPHER] == list(LIMITS)
    cases, expected = [SOUND], {0: None}
    for rule in GOPHER:
        beyond, limit = LIMITS[rule.name]
        first = next(other.name for other in GOPHER if other.signal == rule.signal)
        for value, verdict_of in ((float(beyond), rule.name), (float(limit), None), (None, first)):
            expected[len(cases)] = verdict_of
            cases.append({**SOUND, rule.signal: value})
    # the first rule in order wins: all wrong at once
    expected[len(cases)] = "gopher_short_doc"
    cases.append({**SOUND, **{rule.signal: float(LIMITS[rule.name][0]) for rule in reversed(GOPHER)}})
    kinds = ", ".join(f"{name} {'string' if isinstance(value, str) else 'double'}" for name, value in SOUND.items())
    frame = spark.createDataFrame([(n, *case.values()) for n, case in enumerate(cases)], f"n int, {kinds}")
    found = frame.select("n", verdict(CleanSettings()).alias("verdict")).collect()
    assert {row["n"]: row["verdict"] and row["verdict"]["rule"] for row in found} == expected


def test_results_do_not_depend_on_partitions(spark: SparkSession, checkpoint: Checkpoint) -> None:
    def documents(rows: DataFrame) -> set[tuple[object, ...]]:
        kept, *_ = clean(rows, settings=CleanSettings(), turn=Turn("b"), checkpoint=checkpoint)
        return {tuple(row) for row in kept.select("source_key", "text", F.hex("content_hash"), "bucket").collect()}

    rows = raw_of(spark, TEXTS)
    assert documents(rows.coalesce(1)) == documents(rows.repartition(5))
