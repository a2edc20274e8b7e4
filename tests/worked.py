"""A loop that was never run: every table as two rounds would leave it, made by formulas from the numbers of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, fsum, sin
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from resonance.control.propose import propose_work
from resonance.control.rule_effects import measure_rules
from resonance.core.causes import ABSTAIN, CAPACITY, CAUSES, COVERAGE
from resonance.core.frames import rank_rows
from resonance.core.job import Turn
from resonance.core.moves import parse_moves
from resonance.core.settings import FeedbackSettings, JudgeSettings, TaskSettings
from resonance.core.table import Table
from resonance.curate.judge import judge
from resonance.runtime import resources
from resonance.runtime.conf import load
from resonance.runtime.policies import load_policy
from resonance.runtime.weightings import load_weighting
from resonance.states.feedback import feedback
from resonance.tables import SIGNAL_SETS, TABLES
from resonance.testing.memory import hold

PACKAGES = ("torch", "transformers", "sympy", "mlflow", "scipy", "pyspark", "numpy", "pandas", "stdlib", "other")
SLICES = tuple(f"{package}/{kind}" for package in PACKAGES for kind in ("docstring", "description", "licence"))
RUN = {"plan": "a", "control": "b"}
GRAMS = (
    *("dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac"),
    *(f"top_{n}_gram" for n in (2, 3, 4)),
    *(f"duplicated_{n}_n_grams" for n in range(5, 11)),
)
NO_LABEL = (
    *(f"CAST(NULL AS STRING) AS {name}" for name in ("label", "prediction")),
    *(f"CAST(NULL AS DOUBLE) AS {name}" for name in ("p_label", "margin", "entropy", "el2n")),
    "CAST(NULL AS MAP<STRING, DOUBLE>) AS probabilities",
)
START = datetime(2030, 1, 1, 8, tzinfo=UTC)

BASE = (
    "id",
    "pmod(id, 10) > 9 - element_at(array(0, 0, 1, 2, 4), 1 + int(pmod(xxhash64(id div 10), 5))) AS copy",
    "pmod(id, 10) = 2 AND pmod(xxhash64(id div 10, 'near'), 3) = 0 AS near",
    "(pmod(xxhash64(id, 'u'), 1000000) + 0.5D) / 1000000 AS u",
    "sqrt(-2 * ln((pmod(xxhash64(id, 'a'), 1000000) + 0.5D) / 1000000)) "
    "* cos(6.283D * pmod(xxhash64(id, 'b'), 1000000) / 1000000) AS normal",
)
"""Documents 5-9 of ten may be copies of the first, the third may resemble the second, the rest may be cut by a rule."""

DOCUMENT = (
    "*",
    "unhex(substring(sha2(concat('worked', id), 256), 1, 32)) AS doc_id",
    "unhex(substring(sha2(concat('text', if(copy, id - id % 10, id)), 256), 1, 32)) AS content_hash",
    "'main' AS batch",
    "'worked' AS source",
    "concat('row-', id) AS source_key",
    "'clean@2' AS version",
    "concat('note ', id, ' of <b>this</b> work') AS text",
    "unhex(substring(sha2(concat('text', if(copy, id - id % 10, id), if(pmod(id, 7) = 1, 'before', '')), 256), 1, 32)) "
    "AS cleaned_hash",
    "n_bytes AS n_chars",
    "0.9D + 0.05D * (place % 9) + 0.2D * normal AS hardness",
    "pmod(id, 10) BETWEEN 3 AND 5 AND NOT copy AND u < 0.3 AS cut",
)


def worked_frames(
    spark: SparkSession, documents: int = 2_000, slices: Sequence[str] = SLICES, rounds: int = 2
) -> dict[str, DataFrame]:
    """Every table by name, consistent with each other: ``rounds`` rounds, a control arm from round 2 on.

    Zero rounds leave the data half alone.
    """
    everything = hold(_documents(spark, documents, slices))
    passed = everything.where("NOT cut")
    kept = passed.where("NOT copy AND NOT near")
    signals = {"basics": _basics(everything), "datatrove": _datatrove(everything), "quality": _quality(everything)}
    settings = JudgeSettings(policy=load_policy("gopher"))
    failed, rules = judge(everything, signals, settings=settings, turn=Turn("main"))
    rejects = hold(failed.unionByName(_copies(passed)))
    read = {"path": F.lit(None), "metadata": F.lit("{}"), "line": F.lit(None), "own_slice": F.col("slice")}
    found: dict[str, DataFrame] = {
        "raw": everything.withColumns({**read, "text_hash": F.col("content_hash")}),
        "documents": everything.withColumn("raw_hash", F.col("content_hash")),
        "edits": _edits(everything),
        "rules": rules,
        "rejects": rejects,
        "duplicates": _duplicates(passed),
        **{SIGNAL_SETS[name].table: rows for name, rows in signals.items()},
    }
    weights = {number: _weights(slices, number) for number in range(1, rounds + 2)}
    if rounds:
        found["sample_plan"] = hold(_draws(kept, weights, rounds))
        found["signal_event"] = hold(_events(found["sample_plan"], kept))
        found["plans"] = spark.createDataFrame(_plans(weights), resources.contract(_table("plans")).schema)
        found["evaluations"] = _evaluations(found["signal_event"])
        found["slice_state"] = _slice_state(found["signal_event"])
        contract = resources.contract(_table("signal_event"))
        seen = contract.conform(found["signal_event"].select(*contract.schema.names))
        nothing = everything.limit(0)
        no_sums = spark.createDataFrame([], resources.contract(_table("slice_sums")).schema)
        states, _ = feedback(seen, no_sums, everything, nothing, settings=FeedbackSettings(), turn=Turn("main", rounds))
        found["signal_state"] = states
        contract = resources.contract(_table("verdicts"))
        found["verdicts"] = hold(contract.conform(spark.createDataFrame(_verdicts(slices, rounds), contract.schema)))
        propose = load().propose
        found["work_items"] = propose_work(found["verdicts"], settings=propose, task=TaskSettings(), turn=Turn("main", rounds))
    unread = [spark.createDataFrame([], resources.contract(_table(name)).schema) for name in ("duplicates", "signal_event")]
    found["rule_effects"] = hold(measure_rules(found["documents"], signals, rejects, rules, *unread, turn=Turn("", rounds)))
    small = {"steps": _steps(rejects, documents, rounds), "rounds": _rounds(rounds), "checkpoints": _checkpoints(rounds)}
    frames = {}
    for table in TABLES:
        contract = resources.contract(table)
        if table.name in found:
            frames[table.name] = contract.conform(found[table.name].select(*contract.schema.names))
        else:
            frames[table.name] = spark.createDataFrame(small.get(table.name, []), contract.schema)
    return frames


def _table(name: str) -> Table:
    return next(table for table in TABLES if table.name == name)


def _documents(spark: SparkSession, documents: int, slices: Sequence[str]) -> DataFrame:
    numbered = spark.range(documents).selectExpr(*BASE)
    placed = numbered.withColumn("place", F.expr(f"int({len(slices)} * u * u)"))
    sized = placed.withColumn("n_bytes", F.expr("int(200 + exp(6.2 + 0.9 * normal))"))
    names = F.array(*map(F.lit, slices))
    identified = sized.selectExpr(*DOCUMENT).withColumn("slice", F.get(names, F.col("place")))
    return identified.withColumn("bucket", F.expr("pmod(xxhash64(doc_id), 4096)").cast("int"))


def _copies(passed: DataFrame) -> DataFrame:
    return passed.where("copy OR near").selectExpr(
        "'dedupe' AS step", "batch", "bucket", "doc_id", "CAST(NULL AS STRING) AS path", "source", "slice",
        "if(copy, 'exact_duplicate', 'near_duplicate') AS rule", "2.0D AS value", "CAST(NULL AS DOUBLE) AS threshold",
        "substring(sha2(concat('worked', if(copy, id - id % 10, id - 1)), 256), 1, 32) AS detail",
        "'worked@1' AS version", "1 AS rank",
    )  # fmt: skip


def _edits(rows: DataFrame) -> DataFrame:
    cuts = {"too_few_words": (0, 6), "javascript": (20, 50)}
    pieces = (
        f"struct('{r}' AS rule, array({a}) AS starts, array({b}) AS ends, {b - a} AS characters)" for r, (a, b) in cuts.items()
    )
    edit = f"explode(array({', '.join(pieces)})) AS edit"
    cut = rows.where("pmod(id, 7) = 1").selectExpr("doc_id", "bucket", "batch", "cleaned_hash AS content_hash", edit)
    return cut.select("doc_id", "bucket", "batch", "content_hash", "edit.*", F.lit("c4_lines@1").alias("version"))


def _duplicates(cleaned: DataFrame) -> DataFrame:
    exact = cleaned.withColumn("method", F.lit("exact")).withColumn("cluster", F.hex("content_hash"))
    near = cleaned.withColumn("method", F.lit("near")).withColumn(
        "cluster", F.expr("if(near, id - 1, id)").cast("string").cast("binary")
    )
    both = exact.unionByName(near)
    cluster = Window.partitionBy("method", "cluster")
    sized = both.withColumn("size", F.count(F.lit(1)).over(cluster)).withColumn("keeper", F.expr("doc_id"))
    first = F.first("doc_id").over(Window.partitionBy("method", "cluster").orderBy("id"))
    named = (
        sized.withColumn("keeper", first)
        .withColumn("cluster_id", F.col("keeper"))
        .withColumns({"scope": F.lit("global"), "similarity": F.lit(None).cast("double")})
    )
    return named.where("size > 1")


def _basics(rows: DataFrame) -> DataFrame:
    measured = rows.selectExpr(
        "doc_id", "bucket", "cleaned_hash AS content_hash", "batch", "n_chars", "n_bytes",
        "0.8D AS latin_ratio", "0.45 + normal / 12 AS compression_ratio",
        "element_at(array('en', 'en', 'en', 'en', 'de', 'zh'), 1 + int(6 * u * u)) AS language", "1 - u / 3 AS language_score",
    )  # fmt: skip
    return _complete(measured, "basics")


def _datatrove(rows: DataFrame) -> DataFrame:
    """Signals of which those of documents that are ``cut`` fail Gopher's rules, and no others."""
    zeros = [f"0.0D AS {name}" for name in GRAMS]
    measured = rows.selectExpr(
        "doc_id", "bucket", "cleaned_hash AS content_hash", "batch",
        "if(cut AND u < 0.2, 31, 60 + int(n_bytes / 6)) AS n_words",
        "if(cut AND u BETWEEN 0.2 AND 0.26, 11.5, 5.2 + greatest(least(normal, 2), -2)) AS mean_word_length",
        "least(abs(normal) * u / 20, 0.09) AS hash_ratio", "0.0D AS ellipsis_ratio", "u * u / 2 AS bullet_line_ratio",
        "u / 50 AS end_ellipsis_line_ratio", "1 - least(abs(normal) / 9, 0.19) AS alpha_word_ratio",
        "if(cut AND (u < 0.1 OR u > 0.26), 1, 2 + int(6 * u)) AS stop_words", *zeros,
    )  # fmt: skip
    return _complete(measured, "datatrove")


def _quality(rows: DataFrame) -> DataFrame:
    measured = rows.selectExpr(
        "doc_id", "bucket", "content_hash", "batch",
        "0.5 + normal / 9 AS quality", "0.45 + normal / 12 AS compression_ratio", "0.6 + normal / 15 AS unique_word_ratio",
        "u * u / 3 AS dup_line_ratio", "u AS punct_line_ratio",
    )  # fmt: skip
    return _complete(measured, "quality")


def _complete(measured: DataFrame, name: str) -> DataFrame:
    """Rows with every signal of the set, null where there is no column for it."""
    declared = SIGNAL_SETS[name]
    missing = {s: F.lit(None).cast(kind) for s, kind in declared.types.items() if s not in measured.columns}
    return measured.withColumns({"version": F.lit(declared.version), **missing})


def _weights(slices: Sequence[str], number: int) -> dict[str, float]:
    raw = [exp(0.25 * (number - 1) * sin(index)) for index in range(len(slices))]
    return {name: value / fsum(raw) for name, value in zip(slices, raw, strict=True)}


def _plans(weights: Mapping[int, Mapping[str, float]]) -> list[tuple[Any, ...]]:
    rows, weighting = [], load_weighting("above_mean")
    for number, now in weights.items():
        for index, (name, weight) in enumerate(now.items()):
            prior, last = weights[1][name], weights.get(number - 1, now)[name]
            bpb = None if number == 1 else 2.0 + 0.3 * sin(index)
            side = "above" if weight > last else "below"
            reason = f"{abs(0.3 * sin(index)):.2f} bits per byte {side} the mean of 2.00: asked for {weight / last:.2f}×, kept"
            told = reason if number > 1 else f"equal share of {len(now)} slices"
            rows.append((number, name, weight, prior, last, weight, 1.0, bpb, bpb and 2.0, told, weighting.title, weighting.cost))
    return rows


def _draws(kept: DataFrame, weights: Mapping[int, Mapping[str, float]], rounds: int) -> DataFrame:
    held = kept.where("pmod(id, 20) = 0")
    draws = [_placed(held.withColumn("copies", F.lit(1)), 0, "heldout", F.lit(1.0))]
    mean = F.lit(0.2 * len(weights[1]))
    for number in range(1, rounds + 1):
        for arm in ("plan", "control") if number > 1 else ("plan",):
            plan = weights[number if arm == "plan" else 1]
            share = F.create_map(*(F.lit(part) for pair in plan.items() for part in pair))[F.col("slice")]
            chance = (F.pmod(F.xxhash64("id", F.lit(number)), F.lit(1_000_000)) + 0.5) / 1_000_000
            rows = kept.where("pmod(id, 20) <> 0").withColumn("pi", share * mean)
            drawn = rows.withColumn("copies", (F.floor("pi") + (chance < F.col("pi") - F.floor("pi")).cast("int")).cast("int"))
            draws.append(_placed(drawn, number, arm, F.col("pi")))
    whole = draws[0]
    for draw in draws[1:]:
        whole = whole.unionByName(draw)
    return whole


def _placed(rows: DataFrame, number: int, arm: str, pi: Any) -> DataFrame:
    copies = rows.where("copies > 0").select("*", F.explode(F.expr("sequence(0, copies - 1)")).alias("nth"))
    place = rank_rows(["batch"], [F.xxhash64("doc_id", "nth"), "doc_id", "nth"])
    return copies.withColumn("pos", place - 1).select(
        F.lit(number).alias("round"),
        F.lit(arm).alias("arm"),
        F.lit(0).alias("epoch"),
        F.col("pos").cast("bigint"),
        "batch",
        "doc_id",
        "bucket",
        "content_hash",
        "slice",
        F.col("nth").alias("copy"),
        "n_bytes",
        pi.alias("pi"),
        F.lit(1.0).alias("weight"),
    )


def _events(plan: DataFrame, kept: DataFrame) -> DataFrame:
    hard = kept.select("doc_id", "hardness")
    learnt = "1.0D / round + 1.6D * exp(-0.9D * (round - 1) - {pos} / 600.0D) "
    learnt += " - if(arm = 'plan' AND round > 1, 0.02D + 0.06D * sin(length(slice)), 0.0D)"
    draws = plan.where("arm <> 'heldout'").join(hard, "doc_id")
    arms = plan.where("arm <> 'heldout'").select("round", "arm").distinct()
    held = plan.where("arm = 'heldout'").drop("round", "arm").join(hard, "doc_id").crossJoin(arms)
    parts = (("train", draws, "pos"), ("score", draws.where("copy = 0"), "900"), ("heldout", held, "800"))
    events = [
        rows.withColumn("phase", F.lit(phase)).withColumn("bpb", F.col("hardness") + F.expr(learnt.format(pos=pos)))
        for phase, rows, pos in parts
    ]
    joined = events[0].unionByName(events[1]).unionByName(events[2])
    return joined.selectExpr(
        "*", "concat(if(phase = 'train', 'train', 'score'), round, arm) AS run", "50L AS step", "0 AS rank",
        "bpb * ln(2) * n_bytes AS loss_sum", "int(n_bytes / 3) AS n_tok", "9.0D AS max_tok_loss", "0.3D AS tok_acc",
        "copy + 1 AS exposure", "0 AS n_cut", "1.0D AS log_pi", *NO_LABEL,
    )  # fmt: skip


def _evaluations(events: DataFrame) -> DataFrame:
    held = events.where("phase = 'heldout'").withColumn("slice", F.explode(F.array("slice", F.lit("*"))))
    sums = held.groupBy("round", "arm", "slice").agg(
        F.count(F.lit(1)).alias("n_docs"), F.sum("n_bytes").alias("n_bytes"), F.sum("n_tok").alias("n_tok"),
        (F.sum("loss_sum") / F.lit(0.6931) / F.sum("n_bytes")).alias("bpb"),
    )  # fmt: skip
    rival = sums.where("arm = 'control'").select("round", "slice", F.lit("plan").alias("arm"), F.col("bpb").alias("rival"))
    return sums.join(rival, ["round", "arm", "slice"], "left").selectExpr(
        "*", "bpb - 0.3 / sqrt(n_docs) AS low", "bpb + 0.3 / sqrt(n_docs) AS high", "if(rival IS NULL, NULL, 'control') AS versus",
        "bpb - rival AS delta", "bpb - rival - 0.1 / sqrt(n_docs) AS delta_low", "bpb - rival + 0.1 / sqrt(n_docs) AS delta_high",
        "if(rival IS NULL, 0L, n_docs) AS n_compared", "0L AS n_suspected", "200 AS replicates", "CAST(NULL AS DOUBLE) AS accuracy",
    )  # fmt: skip


def _slice_state(events: DataFrame) -> DataFrame:
    sums = events.where("phase = 'score'").groupBy("round", "arm", "slice").agg(
        F.count(F.lit(1)).alias("n_docs"), F.sum("n_bytes").alias("n_bytes"), F.sum("n_tok").alias("n_tok"),
        F.sum("loss_sum").alias("nats"),
    )  # fmt: skip
    mean = F.avg("bpb").over(Window.partitionBy("round", "arm"))
    told = sums.withColumn("bpb", F.expr("nats / ln(2) / n_bytes")).withColumn("mean_bpb", mean)
    taught = told.withColumn("excess", F.col("bpb") - F.col("mean_bpb"))
    return taught.withColumns({"progress": F.lit(0.1), "progress_error": F.lit(0.02)})


def _verdicts(slices: Sequence[str], number: int) -> list[dict[str, Any]]:
    """A verdict on the data, one on the model and an abstention, on as many of the slices as there are."""
    told = (
        (COVERAGE, "drawn 0.25 times as often as held out; twice the data would gain 0.100 bits (0.050 to 0.150)", None),
        (CAPACITY, "a wider model gains 0.200 bits (0.100 to 0.300), and drawn documents are not learnt either", None),
        (ABSTAIN, "no test shows a cause for certain", "a round with more held-out documents"),
    )
    moves = parse_moves(load().propose.moves, "default")
    return [
        {
            "round": number,
            "slice": f"slice = {name}",
            "n_found": 120,
            "n_checked": 110 + at,
            "n_needed": 60,
            "score": 2.0 - at / 2,
            "inside": 3.0 - at / 4,
            "outside": 2.0,
            "effect": 0.9 - at / 5,
            "p": 1e-6,
            "adjusted_p": 1e-5,
            "cause": cause,
            "kind": CAUSES[cause].kind,
            "move": "none" if settle else moves.find(cause, "loss").move,
            "reason": reason,
            "settle": settle,
            "statistics": {"share_ratio": 0.25, "gain": 0.1 + at / 10},
            "tests": {"D3": "fired" if not at else "quiet"},
            **(dict.fromkeys(("low", "high", "confidence")) if settle else {"low": 0.05, "high": 0.15, "confidence": 0.99}),
        }
        for at, (name, (cause, reason, settle)) in enumerate(zip(slices, told, strict=False))
    ]


def _arms(rounds: int) -> list[tuple[int, str]]:
    return [(n, arm) for n in range(1, rounds + 1) for arm in (("plan", "control") if n > 1 else ("plan",))]


def _steps(rejects: DataFrame, documents: int, rounds: int) -> list[tuple[Any, ...]]:
    reasons = rejects.where("rank = 1").groupBy("step", "rule").count().collect()
    cut = {step: {r["rule"]: r["count"] for r in reasons if r["step"] == step} for step in ("judge", "dedupe")}
    passed = documents - sum(cut["judge"].values())
    kept = passed - sum(cut["dedupe"].values())
    half = [
        ("ingest", documents, documents, {}, {"raw": 0, "rejects": 0}, 41.0),
        ("clean", documents, documents, {}, {"documents": 0, "signals_basics": 0, "edits": 0, "rejects": 1}, 22.4),
        ("judge", documents, passed, cut["judge"], {"rejects": 2, "rules": 0}, 2.4),
        ("dedupe", passed, kept, cut["dedupe"], {"duplicates": 0, "rejects": 3}, 17.9),
    ]
    done = [(job, 0, "plan", *rest) for job, *rest in half]
    for number, arm in _arms(rounds):
        done += [("train", number, arm, 0, 900, {}, {"signal_event": 2 * number}, 61.0)]
        done += [("score_model", number, arm, 0, 900, {}, {"signal_event": 2 * number + 1}, 14.0)]
        done += [("decide", number + 1, "plan", 0, 30, {}, {"plans": number}, 2.1)] if arm == "plan" else []
    return [
        (
            {"train": "train", "score_model": "score"}.get(job, job) + (f"{number}{arm}" if number else ""),
            job, "main", number, arm, came, went, sum(rules.values()), rules, written, {}, seconds,
            START + timedelta(seconds=60 * index), None, None,
        )
        for index, (job, number, arm, came, went, rules, written, seconds) in enumerate(done)
    ]  # fmt: skip


def _rounds(rounds: int) -> list[tuple[Any, ...]]:
    versions = {table.name: index for index, table in enumerate(TABLES)}
    return [
        (
            n,
            42,
            "3f1c9a5be20d7788",
            versions,
            {},
            {},
            f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}",
            97.5 + n,
            START + timedelta(hours=n),
        )
        for n in range(1, rounds + 1)
    ]


def _checkpoints(rounds: int) -> list[tuple[Any, ...]]:
    return [
        (f"train{n}{arm}", 50, n, arm, "models/x", True, 400_000, 461_280, "f00d", 0, START + timedelta(hours=n))
        for n, arm in _arms(rounds)
    ]
