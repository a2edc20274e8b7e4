"""Probes of what jobs are made of, over documents, signals and events of chance. Doubles are compared to twelve digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.benchmark.evaluate import evaluate
from resonance.control.rule_effects import measure_rules
from resonance.control.weigh_samples import weigh_samples
from resonance.core.frames import load_parquet, make_frame
from resonance.core.job import Turn
from resonance.core.ledger import drop_cut, drop_cut_before, find_cut_before, keep_drawable
from resonance.core.order import place_rows
from resonance.core.settings import (
    CrossFitSettings,
    DecideSettings,
    DedupeSettings,
    EvaluateSettings,
    FeedbackSettings,
    JudgeSettings,
    RebalanceSettings,
)
from resonance.core.weighting import ByScore, Weighting
from resonance.curate.draw import draw, draw_fixed
from resonance.curate.duplicates.compare import dedupe
from resonance.curate.duplicates.components import components
from resonance.curate.duplicates.retractions import retractions
from resonance.curate.duplicates.standing import batches, digest
from resonance.curate.duplicates.verified import candidates, members
from resonance.curate.hold_out import hold_out
from resonance.curate.judge import judge
from resonance.report.facts.languages import count_languages
from resonance.report.sections.signals import find_distributions
from resonance.runtime import resources
from resonance.runtime.policies import load_policy
from resonance.runtime.storage.digest import digest as digest_table
from resonance.states.excess import average_excess, measure_excess
from resonance.states.feedback import feedback
from resonance.states.labels import rate_labels
from resonance.states.progress import measure_progress
from resonance.tables import (
    APPRAISALS,
    DOCUMENTS,
    DUPLICATES,
    EVALUATIONS,
    EXAMPLES,
    EXCESS_LOSS,
    REJECTS,
    REPAIRS,
    SAMPLE_PLAN,
    SAMPLE_WEIGHTS,
    SIGNAL_EVENT,
    SIGNAL_SETS,
    SIGNALS,
    SLICE_SUMS,
    STEPS,
    TABLES,
)
from resonance.testing import documents_frame, events_frame, hold, tiny_corpus
from resonance.train.shadow import choose_shadow
from tests.conformance.sources import Frames, Probe

NAMES = ("a", "b", "é", "")
POLICY = load_policy("gopher")
TURN = Turn("main", round=2)


def _held(f: Frames, rows: DataFrame, name: str) -> DataFrame:
    """Rows in the form that is asked: from memory, or from files."""
    if f.form == "memory":
        return rows
    place = f.folder / f"{f.form}-{name}"
    if not place.exists():
        rows.write.parquet(str(place))
    stored = load_parquet(f.session, [str(place)], rows.schema)
    return stored if f.form == "files" else stored.repartition(3)


def _documents(f: Frames) -> DataFrame:
    return f.once("documents", lambda: _make_documents(f))


def _make_documents(f: Frames) -> DataFrame:
    rows = [(row["id"], f"s/{n % 3}", row["text"]) for n, row in enumerate(tiny_corpus(40, copies=12))]
    near = [(f"near-{n}", "s/0", f"{text} The end of it.") for n, (_, _, text) in enumerate(rows[:9])]
    return _held(f, documents_frame(f.session, rows + near), "documents")


def _checkpoint(rows: DataFrame, name: str) -> DataFrame:
    return hold(rows)


def _deduped(f: Frames) -> tuple[DataFrame, DataFrame]:
    return f.once("deduped", lambda: tuple(map(hold, _dedupe(f))))


def _dedupe(f: Frames) -> tuple[DataFrame, DataFrame]:
    nothing = make_frame(f.session, [], resources.contract(REJECTS).schema)
    return dedupe(_documents(f), nothing, settings=DedupeSettings(), checkpoint=_checkpoint)


def _rejects(f: Frames) -> DataFrame:
    return _documents(f).where("pmod(bucket, 5) = 0").select(
        F.when(F.col("bucket") % 2 == 0, "judge").otherwise("dedupe").alias("step"), "batch", "bucket", "doc_id",
        F.lit(None).cast("string").alias("path"), "source", "slice", F.lit("rule").alias("rule"), F.lit(1.0).alias("value"),
        F.lit(None).cast("double").alias("threshold"), F.lit(None).cast("string").alias("detail"), F.lit("v").alias("version"),
        F.lit(1).alias("rank"),
    )  # fmt: skip


def _rated(f: Frames) -> DataFrame:
    return _documents(f).select(
        "doc_id", "bucket", "content_hash", "slice", "n_bytes", F.length("slice").cast("double").alias("pi")
    )


def _placed(f: Frames, rows: DataFrame) -> DataFrame:
    return place_rows(rows, seed=42, epochs=2).select("doc_id", "copy", "epoch", "pos", "pi")


def _events(f: Frames) -> DataFrame:
    return f.once("events", lambda: _make_events(f))


def _make_events(f: Frames) -> DataFrame:
    chance = Random(5)
    rows: list[dict[str, Any]] = []
    for doc in range(60):
        shares = [chance.randrange(1, 9) for _ in NAMES]
        known = {
            "doc": doc,
            "slice": f"s/{doc % 4}",
            "n_bytes": chance.randrange(1, 400),
            "label": NAMES[doc % 4],
            "probabilities": {name: share / sum(shares) for name, share in zip(NAMES, shares, strict=True)},
        }
        for number in (1, 2):
            trained = {"p_label": chance.randrange(9) / 8, "margin": chance.randrange(-8, 9) / 8, "el2n": chance.randrange(9) / 8}
            rows += [
                known
                | trained
                | {"phase": "train", "round": number, "run": f"train{number}", "prediction": NAMES[chance.randrange(4)]}
                | {"loss_sum": chance.choice([None, chance.randrange(800) / 8]), "epoch": epoch, "step": 50 * epoch + doc // 9}
                for epoch in range(2)
            ]
            rows += [
                known
                | {"phase": phase, "round": number, "arm": arm, "run": f"{phase}{number}{arm}"}
                | {"loss_sum": chance.randrange(800) / 8}
                for phase, arm in (
                    ("score", "plan"), ("score", "control"), ("heldout", "plan"), ("heldout", "control"),
                    ("reference", f"fold-{doc % 2}"), ("target", f"target-{doc % 2}"),
                )
            ]  # fmt: skip
            rows.append(known | {"phase": "fit", "round": number, "arm": f"fold-{(doc + 1) % 2}", "loss_sum": 1.0, **trained})
    return _held(f, events_frame(f.session, rows), "exposures")


def _feedback(f: Frames) -> tuple[DataFrame, DataFrame]:
    events, documents = _events(f), _documents(f)
    sums = make_frame(f.session, [], resources.contract(SLICE_SUMS).schema)
    return feedback(events, sums, documents, documents.limit(0), settings=FeedbackSettings(), turn=TURN)


def _signals(f: Frames) -> dict[str, DataFrame]:
    return f.once("signals", lambda: {name: _make_signals(f, name) for name in ("basics", "datatrove")})


def _make_signals(f: Frames, name: str) -> DataFrame:
    contract, types = resources.contract(SIGNALS.tables[name]), SIGNAL_SETS[name].types
    known = _documents(f).select("doc_id", "bucket", F.col("cleaned_hash").alias("content_hash"), "batch")
    chance = {signal: F.pmod(F.xxhash64("doc_id", F.lit(signal)), F.lit(64)) / 16 for signal in types}
    values = {signal: F.lit("en") if types[signal] == "string" else value for signal, value in chance.items()}
    rows = known.withColumns({**values, "version": F.lit(1)}).where("bucket % 7 <> 0")
    return _held(f, contract.conform(rows), contract.name)


def _judge_languages(f: Frames) -> DataFrame:
    """Verdicts on documents of four languages, one of them unknown, each by the rules of its own; no set is measured of all."""
    spoken = F.element_at(F.array(*map(F.lit, ("en", "zh", "th", None))), F.pmod(F.xxhash64("doc_id"), F.lit(4)).cast("int") + 1)
    signals = {name: _make_signals(f, name) for name in ("datatrove", "any_language", "chinese")}
    signals["basics"] = _signals(f)["basics"].withColumn("language", spoken)
    return judge(_documents(f), signals, settings=JudgeSettings(policy=load_policy("by_language")), turn=TURN)[0]


def _weigh_by_score(f: Frames) -> DataFrame:
    """Documents by a score that some lack: in proportion between two values, wherever they lie."""
    parameters = ByScore(signal="classifier.score", least_at=3.0, full_at=1.0)
    nothing = [
        make_frame(f.session, [], resources.contract(table).schema)
        for table in (APPRAISALS, REPAIRS, EXCESS_LOSS, EVALUATIONS, SAMPLE_WEIGHTS, EXAMPLES)
    ]
    settings = DecideSettings(weighting=Weighting(name="own", parameters=parameters))
    return weigh_samples(
        _documents(f),
        _rejects(f),
        {"classifier": _make_signals(f, "classifier")},
        *nothing,
        settings=settings,
        turn=Turn("main", 1),
    )


def _count_languages(f: Frames) -> Any:
    return [
        (found.language, found.step, found.rule, found.documents)
        for found in count_languages(_documents(f), _signals(f)["basics"], _rejects(f))
    ]


def _changed(f: Frames) -> DataFrame:
    found, cut = _deduped(f)
    fewer = found.where("bucket % 3 <> 0"), cut.where("bucket % 3 <> 0")
    return retractions(fewer, (found, cut), _documents(f))


def _pairs(f: Frames) -> DataFrame:
    return f["many"].where("k IS NOT NULL").select(
        F.col("k").alias("doc_id"), F.lit(1).alias("priority"), F.length("s").alias("n_bytes"),
        F.pmod("l", F.lit(40)).alias("hash"), F.lit(0).alias("band"), F.lit(2).alias("size"),
    ).where("n_bytes IS NOT NULL")  # fmt: skip


def _edges(f: Frames) -> DataFrame:
    """Chains: each node with the next of those that share its last digit."""
    names = f.session.range(300).select(
        F.unhex(F.substring(F.sha2(F.col("id").cast("string").cast("binary"), 256), 1, 32)).alias("k"), "id"
    )
    other = names.select(F.col("k").alias("other"), (F.col("id") - 10).alias("id"))
    return names.join(other, "id").where("id % 70 > 9").select(F.col("k").alias("doc_id"), "other")


def _digests(f: Frames) -> Any:
    """Hashes of tables and of parts of them."""
    events = resources.contract(SIGNAL_EVENT)
    row = {
        "run": "r", "job": "j", "batch": "b", "round": 0, "arm": "plan", "rows_in": 1, "rows_out": 1, "rows_cut": 0,
        "cut_by_rule": {"x": 3, "é": 2}, "written": {}, "read": {"t": 1}, "seconds": 1.5, "finished_at": None,
    }  # fmt: skip
    schema = resources.contract(STEPS).schema
    for field in schema.fields:
        field.nullable = True
    steps = f.session.createDataFrame([row], schema)
    return [
        digest_table(_events(f), events),
        digest_table(steps, resources.contract(STEPS)),
        digest_table(_documents(f), resources.contract(DOCUMENTS)),
        digest(_documents(f), ("doc_id", "slice")),
        batches(_documents(f), ("doc_id", "slice")),
    ]


VALUES = {
    "int": (0, 1, -1, 4095, 4096, 7),
    "boolean": (True, False),
    "bigint": (1, 0, -1, 2**40, 5, 16),
    "double": (0.5, 0.0, -0.5, float("nan"), float("inf"), 1.0),
    "string": ("", "é", "near", "global", "words", "below", "train", "exact"),
    "binary": (b"", bytes(16), b"\xff" * 15, b"\x80" * 16),
    "array<int>": ([1], [0, 5], [-1, 2, 3], [7, 8]),
    "array<string>": ([], ["one"], ["one", "two"]),
}


def _excess(f: Frames) -> DataFrame:
    return f.once("excess", lambda: hold(measure_excess(_events(f), settings=CrossFitSettings(), turn=TURN)))


def _rules(f: Frames) -> DataFrame:
    """Every rule of every contract over values that keep it and such that break it, null among them."""
    kinds: dict[str, str] = {}
    rules: dict[str, None] = {}
    for contract in map(resources.contract, TABLES):
        for rule in contract.rules:
            rules[rule.expression] = None
            words = set(re.findall(r"[a-z_]+", re.sub(r"'[^']*'", "", rule.expression)))
            kinds |= {field.name: field.dataType.simpleString() for field in contract.schema.fields if field.name in words}
    columns = [VALUES[kind] if "array" in kind else (*VALUES[kind], None) for kind in kinds.values()]
    chance = Random(11)
    rows = [tuple(chance.choice(values) for values in columns) for _ in range(60)]
    frame = f.session.createDataFrame(
        [(n, *row) for n, row in enumerate(rows)], "id int, " + ", ".join(f"`{n}` {k}" for n, k in kinds.items())
    )
    return _held(f, frame, "rules").selectExpr("id", *rules)


def _distributions(f: Frames) -> Any:
    return [(d.set, d.signal, d.values, d.counts, d.names) for d in find_distributions(_signals(f))]


def _measure_rules(f: Frames) -> DataFrame:
    """What rules do, counted on verdicts of documents of which some were never measured."""
    rejects, rules = judge(_documents(f), _signals(f), settings=JudgeSettings(policy=POLICY), turn=TURN)
    nothing = [make_frame(f.session, [], resources.contract(table).schema) for table in (DUPLICATES, SIGNAL_EVENT)]
    return measure_rules(_documents(f), _signals(f), rejects, rules, *nothing, turn=TURN)


def _choose_shadow(f: Frames) -> DataFrame:
    """Documents that one rule alone cut, and held-out ones."""
    lenient = JudgeSettings(policy=POLICY.model_copy(update={"rules": POLICY.rules[:1]}))
    rejects, _ = judge(_documents(f), _signals(f), settings=lenient, turn=TURN)
    held = _documents(f).where("bucket % 3 = 0").withColumns({"arm": F.lit("heldout"), "round": F.lit(0)})
    return choose_shadow(_documents(f), rejects, held.select("arm", "round", "doc_id", "batch"), round=1, seed=42)


JOBS: Mapping[str, Probe] = {
    "job: shadow": lambda f: _choose_shadow(f).select("doc_id", "pos"),
    "job: rule effects": _measure_rules,
    "job: rules of contracts": _rules,
    "job: duplicates": lambda f: _deduped(f)[0],
    "job: what goes": lambda f: _deduped(f)[1],
    "job: connected": lambda f: dedupe(
        _documents(f), _rejects(f), settings=DedupeSettings(near="connected", scope="source"), checkpoint=_checkpoint
    )[0],
    "job: candidates": lambda f: candidates(_pairs(f)).agg(F.count(F.lit(1)), F.bit_xor(F.xxhash64("doc_id", "other"))),
    "job: members": lambda f: members(
        candidates(_pairs(f)), f["many"].select(F.col("k").alias("doc_id"), F.lit(b"c").alias("component"))
    ).select("doc_id", F.size("earlier").alias("n")),
    "job: components in one task": lambda f: components(_edges(f), checkpoint=_checkpoint, max_rounds=50),
    "job: components in rounds": lambda f: components(_edges(f), checkpoint=_checkpoint, max_rounds=50, few=0),
    "job: retractions": _changed,
    "job: kept": lambda f: drop_cut(_documents(f), _rejects(f)).select("doc_id"),
    "job: pool": lambda f: keep_drawable(
        _documents(f), _rejects(f), make_frame(f.session, [], resources.contract(SAMPLE_PLAN).schema)
    ).select("doc_id"),
    "job: came to": lambda f: drop_cut_before("dedupe", _documents(f), _rejects(f)).select("doc_id"),
    "job: cut before": lambda f: find_cut_before("decontaminate", _rejects(f)).select("doc_id"),
    "job: judge": lambda f: judge(_documents(f), _signals(f), settings=JudgeSettings(policy=POLICY), turn=TURN)[0],
    "job: judge by language": _judge_languages,
    "job: weighed by score": _weigh_by_score,
    "job: languages of the funnel": _count_languages,
    "job: rules": lambda f: judge(_documents(f), _signals(f), settings=JudgeSettings(policy=POLICY), turn=TURN)[1],
    "job: draw": lambda f: _placed(f, draw(_rated(f), seed=42, round=3)),
    "job: fixed draw": lambda f: _placed(f, draw_fixed(_rated(f).withColumn("pi", F.lit(1.3)), seed=42, round=3)),
    "job: hold out": lambda f: hold_out(
        _documents(f), _rejects(f), _deduped(f)[0], settings=RebalanceSettings(heldout_share=0.4), seed=1
    ).select("doc_id", "pos", "slice"),
    "job: evaluate": lambda f: evaluate(
        _events(f),
        make_frame(f.session, [], resources.contract(APPRAISALS).schema),
        settings=EvaluateSettings(replicates=40),
        turn=Turn("main", 2, "plan"),
        seed=3,
    ),
    "job: states": lambda f: _feedback(f)[0],
    "job: slices": lambda f: _feedback(f)[1],
    "job: progress": lambda f: measure_progress(_events(f).where("epoch = 0")),
    "job: excess": lambda f: _excess(f),
    "job: excess of slices": lambda f: average_excess(_excess(f)),
    "job: labels": lambda f: rate_labels(_events(f), turn=TURN),
    "job: digests": _digests,
    "job: distributions": _distributions,
}
