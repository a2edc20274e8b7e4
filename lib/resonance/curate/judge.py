"""Signals to verdicts: a policy cuts documents by joins of stored numbers. No text is read."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.job import Turn
from resonance.core.policy import Policy, Rule
from resonance.core.settings import JudgeSettings

VERSION = "judge@1"
NEEDED = ("doc_id", "bucket", "batch", "source", "slice", "n_bytes", "cleaned_hash")
"""What is read of documents: not their text."""

RULES = (
    "batch string, position int, rule string, policy string, `set` string, signal string, "
    "side string, threshold double, among string"
)


def judge(documents: DataFrame, signals: DataFrame, *, settings: JudgeSettings, turn: Turn) -> tuple[DataFrame, DataFrame]:
    """Rejects, one for each rule that a document fails; and the rules that were asked, one row each.

    Whatever the policy, a document whose text rewriting left empty fails the rule ``empty``, last of all.
    """
    policy = settings.policy
    rules = documents.sparkSession.createDataFrame(_rules(policy, turn.batch), RULES)
    return failures(documents, signals, policy), rules


def proposed(
    documents: DataFrame, signals: DataFrame, rejects: DataFrame, *, settings: JudgeSettings, turn: Turn
) -> tuple[DataFrame, DataFrame, DataFrame, DataFrame]:
    """Documents of the batch, their rejects as they stand, as the policy would have them, and its verdicts.

    Raises:
        InputError: the batch has no documents, or a set that the policy reads was not measured on them.
    """
    own = documents.where(F.col("batch") == turn.batch)
    if own.isEmpty():
        raise InputError(f"judge: table documents has none of batch {turn.batch}; run `resonance curate` first")
    rows = signals.where(F.col("batch") == turn.batch).select("set").distinct().collect()
    measured, policy = {row["set"] for row in rows}, settings.policy
    if missing := [name for name in policy.sets if name not in measured]:
        raise InputError(
            f"judge: policy {policy.title} reads signals of {', '.join(missing)}, which were not measured (there are "
            f"{', '.join(sorted(measured))}); run `resonance curate` with this policy, which reads the texts again"
        )
    now = rejects.where((F.col("batch") == turn.batch) & (F.col("step") == "judge"))
    return own, now, failures(own, signals, policy), verdicts(own, signals, policy)


def rewriting(documents: DataFrame, policy: Policy) -> str:
    """A sentence where documents were not rewritten as the policy asks; else nothing."""
    rows = documents.select("version").distinct().collect()
    made = {row["version"].partition("/")[2].partition("@")[0] or "none" for row in rows}
    if made <= {policy.rewrite}:
        return ""
    return (
        f"policy {policy.title} asks for rewriting {policy.rewrite}, but texts were stored with rewriting "
        f"{', '.join(sorted(made))}: verdicts do not depend on it, the texts that stay do; run `resonance curate` with this "
        "policy to have them so"
    )


def rule_names(policy: Policy) -> tuple[str, ...]:
    """Every rule that a verdict tells of, in its order."""
    return (*(rule.rule for rule in policy.rules), "empty")


def verdicts(documents: DataFrame, signals: DataFrame, policy: Policy) -> DataFrame:
    """``doc_id``, ``source``, and ``fails``: for each of ``rule_names`` whether the document fails it.

    What ``failures`` tells, without the numbers: rules are asked where the signals lie, and a byte a rule meets the documents
    in the join by doc_id.
    """
    known = documents.select(*NEEDED)
    answers: dict[str, Column] = {}
    for name in policy.sets:
        own = [rule for rule in policy.rules if policy.set_of(rule) == name]
        fails = F.array(*(~F.coalesce(_asked(policy, rule)[0], F.lit(False)) for rule in own))
        asked = _measured(signals, policy, name).select("doc_id", "batch", "cleaned_hash", fails.alias(name))
        known = known.join(asked, ["doc_id", "batch", "cleaned_hash"], "left")
        answers |= {rule.rule: F.coalesce(F.col(name)[place], F.lit(True)) for place, rule in enumerate(own)}
    in_order = [*(answers[rule.rule] for rule in policy.rules), ~_empty()[0]]
    return known.select("doc_id", "source", F.array(*in_order).alias("fails"))


def failures(documents: DataFrame, signals: DataFrame, policy: Policy) -> DataFrame:
    """Rows of ``rejects``: every rule that a document fails, ``rank`` 1 being the first in the policy's order.

    A signal that is null, or was never measured on the document's text, fails its rule. One join of numbers by doc_id for
    each signal set that the policy reads.
    """
    known = documents.select(*NEEDED)
    for name in policy.sets:
        known = known.join(_measured(signals, policy, name), ["doc_id", "batch", "cleaned_hash"], "left")
    asked = [*(_asked(policy, rule) for rule in policy.rules), _empty()]
    fails = {f"fails_{place}": (~F.coalesce(passes, F.lit(False))).cast("int") for place, (passes, _) in enumerate(asked)}
    flagged = known.withColumns(fails)
    verdicts = F.array(*(F.when(F.col(name) == 1, finding) for name, (_, finding) in zip(fails, asked, strict=True)))
    # Exploded whole and filtered then: a filtered array is no compiled code in Spark, and took most of the time.
    failed = flagged.select(*NEEDED, *fails, F.posexplode(verdicts).alias("place", "verdict")).where("verdict IS NOT NULL")
    earlier = (F.when(F.col("place") >= place, F.col(name)).otherwise(0) for place, name in enumerate(fails))
    return failed.select(
        F.lit("judge").alias("step"),
        "batch",
        "bucket",
        "doc_id",
        F.lit(None).cast("string").alias("path"),
        "source",
        "slice",
        "verdict.*",
        reduce(Column.__add__, earlier).alias("rank"),
    )


def _measured(signals: DataFrame, policy: Policy, name: str) -> DataFrame:
    """The signals of one set that the policy reads, gathered in a column of the set's name."""
    columns = dict.fromkeys(rule.signal for rule in policy.rules if policy.set_of(rule) == name)
    return signals.where(F.col("set") == name).select(
        "doc_id", "batch", F.col("content_hash").alias("cleaned_hash"), F.struct("version", *columns).alias(name)
    )


def _asked(policy: Policy, rule: Rule) -> tuple[Column, Column]:
    """Whether a document passes the rule, null where that is not known; and what is said of it where it does not."""
    name = policy.set_of(rule)
    signal = F.col(name)[rule.signal]
    measured = F.concat(F.lit(f"{name}@"), F.col(name)["version"].cast("string"))
    said = F.coalesce(measured, F.lit(f"{name}, not measured"))
    if rule.among is not None:
        finding = _finding(rule.rule, F.lit(None), None, F.concat_ws(": ", said, signal), policy.title)
        return signal.isin(*rule.among), finding
    value = F.nanvl(signal.cast("double"), F.lit(None).cast("double"))
    limit = float(rule.threshold or 0.0)
    passes = value >= limit if rule.side == "below" else value <= limit
    return passes, _finding(rule.rule, value, limit, said, policy.title)


def _empty() -> tuple[Column, Column]:
    return F.col("n_bytes") != 0, _finding("empty", F.lit(0.0), 1.0, F.lit(None), VERSION)


def _finding(rule: str, value: Column, threshold: float | None, detail: Column, version: str) -> Column:
    return F.struct(
        F.lit(rule).alias("rule"),
        value.cast("double").alias("value"),
        F.lit(threshold).cast("double").alias("threshold"),
        detail.cast("string").alias("detail"),
        F.lit(version).alias("version"),
    )


def _rules(policy: Policy, batch: str) -> list[tuple[object, ...]]:
    return [
        (
            batch,
            position,
            rule.rule,
            policy.title,
            policy.set_of(rule),
            rule.signal,
            rule.side,
            None if rule.threshold is None else float(rule.threshold),
            None if rule.among is None else ", ".join(rule.among),
        )
        for position, rule in enumerate(policy.rules, 1)
    ]
