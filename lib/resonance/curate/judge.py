"""Signals to verdicts: a policy cuts documents by joins of stored numbers. No text is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.frames import make_frame, parse_schema
from resonance.core.job import Turn
from resonance.core.languages import speaks
from resonance.core.ledger import JUDGE, make_rejects
from resonance.core.policy import LANGUAGE, Policy, Rule
from resonance.core.settings import JudgeSettings
from resonance.tables import SIGNAL_SETS

VERSION = "judge@1"
NEEDED = ("doc_id", "bucket", "batch", "source", "slice", "n_bytes", "cleaned_hash")
"""What is read of documents: not their text."""

Signals = Mapping[str, DataFrame]
"""Signals by the name of their set: of all sets, or of those that a policy reads."""

RULES = (
    "batch string, position int, rule string, policy string, `set` string, signal string, "
    "side string, threshold double, among string, languages string"
)


def judge(documents: DataFrame, signals: Signals, *, settings: JudgeSettings, turn: Turn) -> tuple[DataFrame, DataFrame]:
    """Rejects, one for each rule that a document fails; and the rules that were asked, one row each.

    A rule of some languages is asked of documents in these, as the set ``basics`` tells them; one whose language is not known is in
    another than those that are named.
    Whatever the policy, a document whose text rewriting left empty fails the rule ``empty``, last of all.
    """
    policy = settings.policy
    return failures(documents, signals, policy), asked_rules(documents, policy, turn.batch)


def asked_rules(documents: DataFrame, policy: Policy, batch: str) -> DataFrame:
    """Rows of ``rules``: those of the policy, in its order."""
    return make_frame(documents.sparkSession, _rules(policy, batch), parse_schema(RULES))


def propose_verdicts(
    documents: DataFrame, signals: Signals, rejects: DataFrame, *, settings: JudgeSettings, turn: Turn
) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Documents of the batch, their rejects as they stand, and as the policy would have them.

    Raises:
        InputError: the batch has no documents, or a set that the policy reads was not measured on them.
    """
    own = documents.where(F.col("batch") == turn.batch)
    if own.isEmpty():
        raise InputError(f"judge: table documents has none of batch {turn.batch}; run `resonance curate` first")
    refuse_unmeasured(own, signals, settings.policy, turn)
    now = rejects.where((F.col("batch") == turn.batch) & (F.col("step") == JUDGE))
    return own, now, failures(own, signals, settings.policy)


def refuse_unmeasured(own: DataFrame, signals: Signals, policy: Policy, turn: Turn) -> None:
    """Hold what a policy reads against what was measured of a batch.

    Raises:
        InputError: a set that the policy reads was not measured on its documents, or on some of them alone.
    """
    if missing := [name for name in policy.sets if not _is_measured(signals[name], turn)]:
        there = ", ".join(name for name in sorted(signals) if _is_measured(signals[name], turn)) or "none"
        raise InputError(
            f"judge: policy {policy.title} reads signals of {', '.join(missing)}, which were not measured (there are "
            f"{there}); {_advise_missing(missing)}"
        )
    told = policy.sets if LANGUAGE[0] in signals else ()
    if partly := [name for name in told if not _find_unmeasured(own, signals, policy, name).isEmpty()]:
        raise InputError(
            f"judge: policy {policy.title} reads signals of {', '.join(partly)}, which were measured of texts in some languages "
            f"alone; {_advise_partly(partly)}"
        )


def _is_annotated(name: str) -> bool:
    return SIGNAL_SETS[name].text == "annotated"


def _advise_missing(names: Sequence[str]) -> str:
    """How sets are measured that were not."""
    if any(map(_is_annotated, names)):
        return "run `resonance annotate` first: it counts what its recipes find"
    return "run `resonance curate` with this policy, which reads the texts again"


def _advise_partly(names: Sequence[str]) -> str:
    """How sets are measured of all texts."""
    if any(map(_is_annotated, names)):
        return "give the rules the languages of the recipes that annotate, such as languages: [en], or annotate by recipes for all"
    return f'measure all: `resonance curate` the same files with --set "clean.sets=[{",".join(names)}]", then judge'


def _find_unmeasured(documents: DataFrame, signals: Signals, policy: Policy, name: str) -> DataFrame:
    """Documents whose language is told and whose rules read a set that says nothing of them."""
    key = ["doc_id", "batch", "cleaned_hash"]
    told, measured = (
        signals[of].select("doc_id", "batch", F.col("content_hash").alias("cleaned_hash"), *more)
        for of, more in ((LANGUAGE[0], LANGUAGE[1:]), (name, ()))
    )
    asked = documents.select(*key).join(told, key)
    if languages := policy.read_only_of.get(name):
        asked = asked.where(speaks(F.col(LANGUAGE[1]), languages))
    return asked.join(measured, key, "left_anti")


def _is_measured(signals: DataFrame, turn: Turn) -> bool:
    return not signals.where(F.col("batch") == turn.batch).isEmpty()


def rewriting(documents: DataFrame, policy: Policy) -> str:
    """A sentence where documents were not rewritten and masked as the policy asks; else nothing."""
    wanted = {name for name in (policy.rewrite, policy.mask) if name != "none"}
    rows = documents.select("version").distinct().collect()
    made = [{part.partition("@")[0] for part in row["version"].split("/")[1:]} for row in rows]
    if all(names == wanted for names in made):
        return ""
    found = sorted({" and ".join(sorted(names)) or "none" for names in made})
    return (
        f"policy {policy.title} asks for rewriting {' and '.join(sorted(wanted)) or 'none'}, but texts were stored with rewriting "
        f"{', '.join(found)}: verdicts do not depend on it, the texts that stay do; run `resonance curate` with this "
        "policy to have them so"
    )


def failures(documents: DataFrame, signals: Signals, policy: Policy) -> DataFrame:
    """Rows of ``rejects``: every rule that a document fails, ``rank`` 1 being the first in the policy's order.

    A signal that is null, or was never measured on the document's text, fails its rule. One join of numbers by doc_id for
    each signal set that the policy reads. Rows are multiplied by the rules that fail, as place and value; words come after.
    Rules are asked in text of SQL: Spark takes milliseconds for each call that makes a column.
    """
    known = documents.select(*NEEDED)
    for name in policy.sets:
        known = known.join(_gather_signals(signals[name], policy, name), ["doc_id", "batch", "cleaned_hash"], "left")
    asked = {**_ask_languages(policy), **_ask_labels(policy)}
    known = known.select("*", *(column.alias(name) for name, column in asked.items()))
    cells = (_cell(place, *_ask_rule(policy, rule, place)) for place, rule in enumerate(policy.rules))
    empty = _cell(len(policy.rules), "n_bytes = 0", "CAST(0 AS DOUBLE)")
    failing = F.posexplode(F.array_compact(F.array(*cells, empty))).alias("nth", "cell")
    said = [_name_set(policy, name).alias(f"{name} said") for name in policy.sets]
    failed = known.select("doc_id", "bucket", "batch", "source", "slice", *said, *_labels(policy), failing)
    return make_rejects(
        failed,
        JUDGE,
        F.when(_place() < len(policy.rules), F.lit(policy.title)).otherwise(F.lit(VERSION)),
        rule=_choose_value([f"'{rule.rule}'" for rule in policy.rules] + ["'empty'"]),
        value=F.col("cell.value"),
        threshold=_choose_value([_write_double(limit) for limit in (*map(_limit, policy.rules), 1.0)]),
        detail=_detail(policy),
        rank=F.col("nth") + 1,
    )


def _gather_signals(signals: DataFrame, policy: Policy, name: str) -> DataFrame:
    """The signals of one set that the policy reads, gathered in a column of the set's name."""
    told = [LANGUAGE[1]] if name == LANGUAGE[0] and any(rule.languages for rule in policy.rules) else []
    columns = dict.fromkeys([*told, *(rule.signal for rule in policy.rules if policy.set_of(rule) == name)])
    return signals.select("doc_id", "batch", F.col("content_hash").alias("cleaned_hash"), F.struct("version", *columns).alias(name))


def _ask_languages(policy: Policy) -> dict[str, Column]:
    """Whether a document is in the languages that some rules are asked of."""
    several = dict.fromkeys(rule.languages for rule in policy.rules if rule.languages is not None)
    return {f"speaks {each}": speaks(F.col(LANGUAGE[0])[LANGUAGE[1]], each) for each in several}


def _ask_labels(policy: Policy) -> dict[str, Column]:
    """Whether the signals of rules that ask for one of some labels hold one; null where that is not known."""
    asked = {place: rule for place, rule in enumerate(policy.rules) if rule.among is not None}
    return {f"passes {place}": F.col(policy.set_of(rule))[rule.signal].isin(*(rule.among or ())) for place, rule in asked.items()}


def _ask_rule(policy: Policy, rule: Rule, place: int) -> tuple[str, str]:
    """Whether a document is asked and fails the rule; and the number that is held to its limit, null for a label."""
    value = f"nanvl(CAST(`{policy.set_of(rule)}`.`{rule.signal}` AS DOUBLE), CAST(NULL AS DOUBLE))"
    passes = f"{value} {'>=' if rule.side == 'below' else '<='} {_write_double(_limit(rule))}"
    if rule.among is not None:
        value, passes = _write_double(None), f"`passes {place}`"
    fails = f"NOT coalesce({passes}, false)"
    return fails if rule.languages is None else f"{fails} AND `speaks {rule.languages}`", value


def _cell(place: int, fails: str, value: str) -> Column:
    """Place of a rule and value of its signal where the document fails it, else null."""
    return F.expr(f"CASE WHEN {fails} THEN struct({place} AS place, {value} AS value) END")


def _place() -> Column:
    return F.col("cell.place")


def _limit(rule: Rule) -> float | None:
    return None if rule.among is not None else float(rule.threshold or 0.0)


def _write_double(value: float | None) -> str:
    return "CAST(NULL AS DOUBLE)" if value is None else f"CAST('{value!r}' AS DOUBLE)"


def _choose_value(values: Sequence[str]) -> Column:
    """The value at the place of the rule that fails; values are text of SQL."""
    return F.element_at(F.expr(f"array({', '.join(values)})"), _place() + 1)


def _name_set(policy: Policy, name: str) -> Column:
    """The set and version by which the document was measured."""
    measured = F.concat(F.lit(f"{name}@"), F.col(name)["version"].cast("string"))
    return F.coalesce(measured, F.lit(f"{name}, not measured"))


def _labels(policy: Policy) -> list[Column]:
    """The signals of rules that ask for one of some labels."""
    asked = dict.fromkeys((policy.set_of(rule), rule.signal) for rule in policy.rules if rule.among is not None)
    return [F.col(name)[signal].alias(f"{name} {signal}") for name, signal in asked]


def _detail(policy: Policy) -> Column:
    """What was measured, and of labels what was found; null for a document that rewriting left empty."""
    detail = F.lit(None).cast("string")
    for place, rule in enumerate(policy.rules):
        if rule.among is not None:
            name = policy.set_of(rule)
            detail = F.when(_place() == place, F.concat_ws(": ", f"{name} said", f"{name} {rule.signal}")).otherwise(detail)
    for name in policy.sets:
        places = [n for n, rule in enumerate(policy.rules) if policy.set_of(rule) == name and rule.among is None]
        if places:
            detail = F.when(_place().isin(*places), F.col(f"{name} said")).otherwise(detail)
    return detail


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
            None if rule.languages is None else str(rule.languages),
        )
        for position, rule in enumerate(policy.rules, 1)
    ]
