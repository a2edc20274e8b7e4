"""Verdicts are joins of numbers: every failing rule is kept, nothing unknown passes, no row is lost, no text is read."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.job import Turn
from resonance.core.languages import Languages
from resonance.core.policy import Policy
from resonance.core.settings import JudgeSettings
from resonance.curate.judge import failures, judge, propose_verdicts, rewriting
from resonance.runtime.policies import load_policy
from resonance.tables import SIGNAL_SETS, SIGNALS

GOPHER = load_policy("gopher")
SOUND = {
    "n_words": 100.0,
    "mean_word_length": 5.0,
    "alpha_word_ratio": 1.0,
    "stop_words": 4.0,
}
"""A text that passes; all other signals of it are 0."""
BATCH = "main"


def policy(*rules: dict[str, Any], **head: Any) -> Policy:
    return Policy.model_validate({"name": "mine", "version": 7, **head, "rules": rules})


def documents_of(spark: SparkSession, texts: dict[str, int]) -> DataFrame:
    """Documents by name with their bytes. They have no column of texts: judging must not need it."""
    rows = [(name, BATCH, f"site-{name[:1]}", f"slice-{name[:1]}", size) for name, size in texts.items()]
    frame = spark.createDataFrame(rows, "name string, batch string, source string, slice string, n_bytes int")
    ids = {"doc_id": F.col("name").cast("binary"), "cleaned_hash": F.md5("name").cast("binary"), "bucket": F.lit(1)}
    return frame.withColumns(ids).drop("name")


def signals_of(
    spark: SparkSession, *rows: tuple[str, str, dict[str, Any]], batch: str = BATCH, stale: bool = False
) -> dict[str, DataFrame]:
    """Signals by set from rows of (name, set, values); signals that a row does not give are null."""
    text = F.concat("name", F.lit(" before")) if stale else F.col("name")
    own = {"doc_id": F.col("name").cast("binary"), "content_hash": F.md5(text).cast("binary")}
    found = {}
    for set_ in SIGNALS.tables:
        types = SIGNAL_SETS[set_].types
        whole = [
            (name, *(int(v) if isinstance(v := values.get(s), float) and kind == "int" else v for s, kind in types.items()))
            for name, of, values in rows
            if of == set_
        ]
        frame = spark.createDataFrame(whole, "name string, " + ", ".join(f"{s} {kind}" for s, kind in types.items()))
        found[set_] = frame.withColumns({**own, "batch": F.lit(batch), "version": F.lit(1)}).drop("name")
    return found


def unite(*parts: dict[str, DataFrame]) -> dict[str, DataFrame]:
    return {name: reduce(DataFrame.unionByName, [part[name] for part in parts]) for name in SIGNALS.tables}


def measured(**changed: float | None) -> dict[str, float | None]:
    return {**dict.fromkeys(SIGNAL_SETS["datatrove"].names, 0.0), **SOUND, **changed}


def found(rejects: DataFrame) -> dict[str, list[tuple[int, str]]]:
    """(rank, rule) of each cut document by name."""
    rows: dict[str, list[tuple[int, str]]] = {}
    for row in rejects.orderBy("doc_id", "rank").collect():
        rows.setdefault(bytes(row["doc_id"]).decode(), []).append((row["rank"], row["rule"]))
    return rows


def judged(documents: DataFrame, signals: dict[str, DataFrame], asked: Policy) -> DataFrame:
    """What ``failures`` gives; no document fails a rule twice, and ranks have no gaps."""
    rejects = failures(documents, signals, asked)
    for rows in found(rejects).values():
        assert [rank for rank, _ in rows] == list(range(1, len(rows) + 1))
        assert len({rule for _, rule in rows}) == len(rows)
    return rejects


def test_every_rule_at_its_limit_beyond_it_and_unknown(spark: SparkSession) -> None:
    texts, rows, expected = {"sound": 9}, [("sound", "datatrove", measured())], {}
    for rule in GOPHER.rules:
        step = 1 if SIGNAL_SETS["datatrove"].types[rule.signal] == "int" else 1e-6
        limit = rule.threshold
        assert limit is not None
        beyond = limit - step if rule.side == "below" else limit + step
        same = [other.rule for other in GOPHER.rules if other.signal == rule.signal]
        for name, value, fails in (
            ("beyond", beyond, [rule.rule]),
            ("limit", limit, []),
            ("null", None, same),
            ("nan", float("nan"), same),
        ):
            if step == 1 and name == "nan":
                continue  # whole numbers have none
            texts[f"{rule.rule}/{name}"] = 9
            rows.append((f"{rule.rule}/{name}", "datatrove", measured(**{rule.signal: value})))
            if fails:
                expected[f"{rule.rule}/{name}"] = list(enumerate(fails, 1))
    rejects = judged(documents_of(spark, texts), signals_of(spark, *rows), GOPHER)
    assert found(rejects) == expected


def test_all_failing_rules_are_kept_in_order_with_what_was_measured(spark: SparkSession) -> None:
    rules = (
        {"rule": "long", "signal": "n_words", "above": 1000},
        {"rule": "hashes", "signal": "hash_ratio", "above": 0.1},
        {"rule": "language", "set": "basics", "signal": "language", "in": ["en", "de"]},
        {"rule": "short", "signal": "n_words", "below": 50},
    )
    signals = signals_of(
        spark,
        ("a", "datatrove", measured(n_words=20.0, hash_ratio=0.5)),
        ("a", "basics", {"language": "fr"}),
        ("b", "datatrove", measured(hash_ratio=None)),
        ("b", "basics", {"language": "de"}),
    )
    rejects = judged(documents_of(spark, {"a": 9, "b": 9}), signals, policy(*rules))
    assert found(rejects) == {"a": [(1, "hashes"), (2, "language"), (3, "short")], "b": [(1, "hashes")]}
    rows = {(bytes(row["doc_id"]).decode(), row["rule"]): row for row in rejects.collect()}

    def said(row: Row) -> tuple[object, ...]:
        return tuple(row[name] for name in ("value", "threshold", "detail", "version", "source", "slice", "step", "path"))

    place = ("site-a", "slice-a", "judge", None)
    assert said(rows["a", "hashes"]) == (0.5, 0.1, "datatrove@1", "mine@7", *place)
    assert said(rows["a", "short"]) == (20.0, 50.0, "datatrove@1", "mine@7", *place)
    assert said(rows["a", "language"]) == (None, None, "basics@1: fr", "mine@7", *place)
    assert (rows["b", "hashes"]["value"], rows["b", "hashes"]["threshold"]) == (None, 0.1)


def test_what_was_not_measured_fails_and_nothing_vanishes(spark: SparkSession) -> None:
    """No row of signals, one of another batch, one of a text that was cleaned anew since, one of another set."""
    rules = ({"rule": "short", "signal": "n_words", "below": 50},)
    documents = documents_of(spark, dict.fromkeys(("good", "absent", "elsewhere", "stale", "other"), 9))
    good = signals_of(spark, ("good", "datatrove", measured()), ("other", "dolma", measured()))
    others = signals_of(spark, ("elsewhere", "datatrove", measured()), batch="old")
    stale = signals_of(spark, ("stale", "datatrove", measured()), stale=True)
    rejects = judged(documents, unite(good, others, stale), policy(*rules))
    assert found(rejects) == {name: [(1, "short")] for name in ("absent", "elsewhere", "stale", "other")}
    assert {row["detail"] for row in rejects.collect()} == {"datatrove, not measured"}
    assert {row["value"] for row in rejects.collect()} == {None}
    cut = rejects.where("rank = 1").select("doc_id")
    assert cut.count() == cut.distinct().count() == documents.count() - documents.join(cut, "doc_id", "left_anti").count()


def test_a_text_that_rewriting_emptied_never_passes(spark: SparkSession) -> None:
    documents = documents_of(spark, {"full": 9, "void": 0})
    signals = signals_of(spark, ("full", "datatrove", measured()), ("void", "datatrove", measured(n_words=3.0)))
    assert found(judged(documents, signals, policy())) == {"void": [(1, "empty")]}
    assert found(judged(documents, signals, GOPHER)) == {"void": [(1, "gopher_short_doc"), (2, "empty")]}


def test_without_rules_signals_are_not_read(spark: SparkSession) -> None:
    assert failures(documents_of(spark, {"a": 9}), {}, policy()).collect() == []


def test_the_job_also_tells_the_rules(spark: SparkSession) -> None:
    rules = (
        {"rule": "short", "signal": "n_words", "below": 50},
        {"rule": "tongue", "set": "basics", "signal": "language", "in": ["en", "de"]},
    )  # noqa: E501
    settings = JudgeSettings(policy=policy(*rules))
    rejects, asked = judge(documents_of(spark, {"a": 9}), signals_of(spark), settings=settings, turn=Turn(BATCH))
    assert found(rejects) == {"a": [(1, "short"), (2, "tongue")]}
    assert [tuple(row) for row in asked.orderBy("position").collect()] == [
        (BATCH, 1, "short", "mine@7", "datatrove", "n_words", "below", 50.0, None, None),
        (BATCH, 2, "tongue", "mine@7", "basics", "language", "in", None, "en, de", None),
    ]


def test_a_proposal_needs_documents_and_their_signals(spark: SparkSession) -> None:
    rules = ({"rule": "short", "signal": "n_words", "below": 50},)
    documents, signals = documents_of(spark, {"a": 9, "b": 9}), signals_of(spark, ("a", "datatrove", measured()))
    settings = JudgeSettings(policy=policy(*rules))
    standing = failures(documents, signals, policy(*rules))
    others = standing.withColumn("batch", F.lit("old")).unionByName(standing.withColumn("step", F.lit("dedupe")))
    own, now, then = propose_verdicts(documents, signals, standing.unionByName(others), settings=settings, turn=Turn(BATCH))
    assert own.count() == 2
    assert found(now) == found(then) == {"b": [(1, "short")]}
    with pytest.raises(InputError, match="table documents has none of batch new; run `resonance curate` first"):
        propose_verdicts(documents, signals, standing, settings=settings, turn=Turn("new"))
    dolma = JudgeSettings(policy=policy(*rules, profile="dolma"))
    with pytest.raises(InputError, match=r"mine@7 reads signals of dolma, .* \(there are datatrove\); run `resonance curate`"):
        propose_verdicts(documents, signals, standing, settings=dolma, turn=Turn(BATCH))


EN, REST = Languages(named=("en",)), Languages(named=("en",), others=True)


def by_language() -> Policy:
    """English is held to words, all else to letters."""
    return policy(
        {"rule": "mine.words", "set": "datatrove", "signal": "n_words", "below": 50, "languages": EN},
        {"rule": "any.letters", "set": "any_language", "signal": "n_letters", "below": 50, "languages": REST},
        profile="basics",
    )


def test_a_rule_of_some_languages_is_asked_of_no_other_document(spark: SparkSession) -> None:
    spoken = {"english": "en", "short": "en", "thai": "th", "brief": "th", "unknown": None}
    rows = [(name, "basics", {"language": language}) for name, language in spoken.items()]
    rows += [(name, "datatrove", measured(n_words=words)) for name, words in (("english", 60.0), ("short", 6.0))]
    rows += [(name, "any_language", {"n_letters": letters}) for name, letters in (("thai", 60), ("brief", 6), ("unknown", 60))]
    documents, signals = documents_of(spark, dict.fromkeys((*spoken, "untold"), 9)), signals_of(spark, *rows)
    assert by_language().sets == ("datatrove", "any_language", "basics")
    rejects = judged(documents, signals, by_language())
    assert found(rejects) == {"short": [(1, "mine.words")], "brief": [(1, "any.letters")], "untold": [(1, "any.letters")]}
    settings = JudgeSettings(policy=by_language())
    _, asked = judge(documents, signals, settings=settings, turn=Turn(BATCH))
    assert [row["languages"] for row in asked.orderBy("position").collect()] == ["en", "all but en"]


def test_a_proposal_needs_signals_of_every_text_that_it_judges(spark: SparkSession) -> None:
    rows = [("a", "basics", {"language": "en"}), ("b", "basics", {"language": "th"}), ("a", "datatrove", measured())]
    rows += [("b", "any_language", {"n_letters": 60})]
    documents, signals = documents_of(spark, {"a": 9, "b": 9}), signals_of(spark, *rows)
    nothing = failures(documents, signals, policy()).limit(0)
    asked = JudgeSettings(policy=by_language())
    assert propose_verdicts(documents, signals, nothing, settings=asked, turn=Turn(BATCH))[2].isEmpty()
    words = {"datatrove": signals["datatrove"]}
    short = JudgeSettings(policy=policy({"rule": "short", "signal": "n_words", "below": 50}))
    assert found(propose_verdicts(documents, words, nothing, settings=short, turn=Turn(BATCH))[2]) == {"b": [(1, "short")]}
    with pytest.raises(
        InputError, match=r'gopher@1 reads .* measured of texts in some languages alone; .*"clean.sets=\[datatrove\]"'
    ):
        propose_verdicts(documents, signals, nothing, settings=JudgeSettings(policy=GOPHER), turn=Turn(BATCH))


@pytest.mark.parametrize(("versions", "rewrite", "says"), [
    (["clean@2"], "none", ""),
    (["clean@2/c4_lines@1"], "c4_lines", ""),
    (["clean@2"], "c4_lines", "asks for rewriting c4_lines, but texts were stored with rewriting none"),
    (["clean@2", "clean@2/c4_lines@1"], "none", "asks for rewriting none, but texts were stored with rewriting c4_lines, none"),
    (["clean@2/placeholders@1"], "none", "asks for rewriting none, but texts were stored with rewriting placeholders"),
    (["clean@2/c4_lines@1/placeholders@1"], "c4_lines", "but texts were stored with rewriting c4_lines and placeholders"),
])  # fmt: skip
def test_texts_that_were_rewritten_otherwise_are_told(spark: SparkSession, versions: list[str], rewrite: str, says: str) -> None:
    documents = spark.createDataFrame([(version,) for version in versions], "version string")
    assert says in rewriting(documents, policy(rewrite=rewrite))
    assert bool(says) == bool(rewriting(documents, policy(rewrite=rewrite)))


@pytest.mark.parametrize("partitions", [1, 8])
def test_verdicts_do_not_depend_on_partitions(spark: SparkSession, partitions: int) -> None:
    names = [f"{n}" for n in range(200)]
    rows = [(name, "datatrove", measured(n_words=float(n), stop_words=float(n % 4))) for n, name in enumerate(names)]
    documents = documents_of(spark, dict.fromkeys(names, 9)).repartition(partitions)
    rejects = found(
        failures(documents, {name: rows.repartition(partitions) for name, rows in signals_of(spark, *rows).items()}, GOPHER)
    )
    for n, name in enumerate(names):
        fails = (["gopher_short_doc"] if n < 50 else []) + (["gopher_enough_stop_words"] if n % 4 < 2 else [])
        assert rejects.get(name, []) == list(enumerate(fails, 1))
