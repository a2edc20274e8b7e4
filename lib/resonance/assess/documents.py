"""The job that assesses the documents of a workspace: what is left after curation, by batch, so that only new batches are read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import yaml
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.assess import assess, bind_operators, judge, set_floors
from resonance.assess.contracts import parse_dataset
from resonance.assess.history import read_past
from resonance.assess.measure import name_signals
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.assess.pieces import Piece
from resonance.assess.record import ALL_ROWS, MADE_BY, read_assessment, read_pieces
from resonance.assess.recorded import Frames, Rows, collect, list_accepted
from resonance.core.dataset import DatasetContract
from resonance.core.frames import write_hex
from resonance.core.gates import DOCUMENTS, RULES
from resonance.core.hashes import hash_text
from resonance.core.job import Turn
from resonance.core.ledger import drop_cut
from resonance.core.profile import Profile, parse_profile
from resonance.core.records import Records, Run
from resonance.core.settings import AssessSettings, CleanSettings, DedupeSettings
from resonance.core.versions import VERSION_KEY
from resonance.tables import SIGNAL_SETS

NO_AGES = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment at which ages of documents are taken: they have none."""
STANDS, HELD, SETS = "representative", "contaminated", "evaluation_registry"
"""Roles of what earlier jobs found out, and the declaration of the evaluation sets that were looked for."""
LANGUAGE = "basics"
"""The signal set that tells the language of a document."""
PRIVATE = "privacy"
"""The set that is measured before masking: where texts are masked it says nothing of what is stored."""


def assess_documents(
    documents: DataFrame,
    rejects: DataFrame,
    signals: Mapping[str, DataFrame],
    duplicates: DataFrame,
    contamination: DataFrame,
    evaluation_items: DataFrame,
    quality_state: DataFrame,
    quality_result: DataFrame,
    quality_report: DataFrame,
    quality_gate: DataFrame,
    approvals: DataFrame,
    *,
    settings: AssessSettings,
    cleaning: CleanSettings,
    dedupe: DedupeSettings,
    records: Records,
    turn: Turn,
) -> Frames:
    """States, results, scores, headline and gates of the documents that no step cut.

    One query over ids, hashes and signals tells which batches hold what they held; texts of the others alone are read, once. Where
    the same documents were held to the same promises before, that assessment is read back. Shuffles ids and signals, no text.

    Raises:
        ContractError: the contract or the profile is none.
    """
    contract, profile = read_promises(settings)
    sets = sorted(row["set"] for row in evaluation_items.select("set").distinct().collect())
    contract = declare_found(contract, sets, dedupe)
    kept = drop_cut(documents, rejects)
    kept, marks = mark_batches(kept, find_facts(kept, signals, duplicates, contamination, dedupe), signals, cleaning)
    told = replace(records, runs=[name_outputs(run, contract.table) for run in records.runs or ()])
    id = identify(settings, marks, [sets, contract.roles.get(STANDS), *list_recorded(kept, contract, told)])
    reports = collect(quality_report, DOCUMENTS)
    same = [row for row in reports if row["assessment"] == id]
    before = collect(quality_result.where(f"gate = '{RULES}' AND (stratum = '{ALL_ROWS}' OR round = {_newest(same)})"), DOCUMENTS)
    known = read_pieces(collect(quality_state, DOCUMENTS), DOCUMENTS)
    if same:
        report = max(same, key=lambda row: int(row["round"]))
        found = replace(read_assessment(before, report, set_floors(profile, contract), NO_AGES), pieces=tuple(known))
        distributions = read_past(before, [report["round"]]).distributions
    else:
        pieces = [Piece(batch, mark, kept.where(F.col("batch") == batch)) for batch, mark in marks.items()]
        found = assess(kept, contract, profile, NO_AGES, told, pieces=pieces, known=known)
        distributions = found.distributions
    accepted = list_accepted(collect(quality_gate, DOCUMENTS), collect(approvals, DOCUMENTS), turn.round)
    version, past = hash_text(json.dumps(marks)), read_past(before, accepted)
    rows = Rows(found, DOCUMENTS, turn.round, id, version, contract, profile, distributions, past)
    return rows.make_frames(documents)


def read_promises(settings: AssessSettings) -> tuple[DatasetContract, Profile]:
    """The contract of the documents, and the weights.

    Raises:
        ContractError: the contract is none.
        ConfigError: the profile is none.
    """
    contract = replace(parse_dataset(settings.contract, "assess.contract"), stage=settings.stage)
    return contract, parse_profile(yaml.safe_load(settings.profile), "assess.profile", frozenset(BY_ID))


def identify(settings: AssessSettings, marks: Mapping[str, str], recorded: Sequence[Any]) -> str:
    """The identity of an assessment: of the documents, what they promise, what is recorded of them, and what measures them."""
    operators = [(operator.id, operator.version) for operator in OPERATORS]
    return hash_text(json.dumps([dict(marks), settings.effective(), operators, MADE_BY, list(recorded)], sort_keys=True))


def list_recorded(kept: DataFrame, contract: DatasetContract, records: Records) -> list[tuple[str, str, float | None]]:
    """What operators say that look at records alone: state and score of each. Reads no document."""
    recorded = [operator for operator in OPERATORS if operator.passes == "L"]
    bounds, refused = bind_operators(recorded, kept, contract, NO_AGES, records)
    asked = [op for op in recorded if op.id in refused or not bounds[op.id].parts]
    found = [refused.get(op.id) or judge(op, bounds[op.id], {"rows": 1}, contract) for op in asked]
    return [(result.operator, result.state, result.score) for result in found]


def name_outputs(run: Run, table: str) -> Run:
    """A run that calls the documents as their contract does."""
    return replace(run, outputs={table if name == DOCUMENTS else name: version for name, version in run.outputs.items()})


def declare_found(contract: DatasetContract, sets: Sequence[str], dedupe: DedupeSettings) -> DatasetContract:
    """The contract with what earlier jobs looked for: near duplicates, and the items of registered evaluation sets."""
    roles = {role: role for role, was in ((STANDS, dedupe.method == "minhash"), (HELD, bool(sets))) if was}
    declared = {SETS: list(sets)} if sets else {}
    return replace(contract, roles={**contract.roles, **roles}, declared={**contract.declared, **declared})


def find_facts(
    kept: DataFrame, signals: Mapping[str, DataFrame], duplicates: DataFrame, contamination: DataFrame, dedupe: DedupeSettings
) -> DataFrame:
    """Of each document its language, the one that stands for it and others like it, and whether it holds an evaluation item."""
    method = "verified" if dedupe.near == "verified" else "near"
    keepers = duplicates.where(F.col("method") == method).groupBy("doc_id").agg(F.min("keeper").alias("keeper"))
    held = contamination.select("doc_id").distinct().withColumn(HELD, F.lit(True))
    ids = kept.select(*VERSION_KEY).join(find_languages(kept, signals), list(VERSION_KEY), "left")
    facts = ids.join(keepers, "doc_id", "left").join(held, "doc_id", "left")
    stands = write_hex(F.coalesce("keeper", "doc_id")).alias(STANDS)
    return facts.select(*VERSION_KEY, "language", stands, F.coalesce(F.col(HELD), F.lit(False)).alias(HELD))


def mark_batches(
    kept: DataFrame, facts: DataFrame, signals: Mapping[str, DataFrame], cleaning: CleanSettings
) -> tuple[DataFrame, dict[str, str]]:
    """Documents with their facts and the signals that are stored of all of them, and a hash of what each batch holds.

    A set is taken from its table where it was measured of every text as it is stored; else it is measured anew. One query over
    ids and hashes.
    """
    usable = [name for name in signals if may_tell(name, cleaning)]
    ids = kept.select(*VERSION_KEY, "content_hash", "slice", "source")
    ids = ids.join(facts, list(VERSION_KEY), "left")
    for name in usable:
        own = signals[name].select(*VERSION_KEY, F.col("content_hash").alias(name))
        ids = ids.join(own, list(VERSION_KEY), "left")
    mark = F.expr(f"coalesce(bit_xor(xxhash64(doc_id, content_hash, slice, source, language, {STANDS}, {HELD})), 0)").alias("mark")
    lacking = [F.expr(f"count_if(NOT coalesce({name} = content_hash, false))").alias(name) for name in usable]
    rows = ids.groupBy("batch").agg(F.count(F.lit(1)).alias("many"), mark, *lacking).collect()
    marks = {row["batch"]: f"{row['many']}-{row['mark'] & 0xFFFFFFFFFFFFFFFF:016x}" for row in rows}
    stored = {name: signals[name] for name in usable if not any(row[name] for row in rows)}
    return add_signals(kept, stored, facts), dict(sorted(marks.items()))


def may_tell(name: str, cleaning: CleanSettings) -> bool:
    """Whether the table of a set may tell of texts as they are stored: no scorer made it, and no language was left out."""
    return not (SIGNAL_SETS[name].scored or name in cleaning.languages or (name == PRIVATE and cleaning.mask != "none"))


def find_languages(kept: DataFrame, signals: Mapping[str, DataFrame]) -> DataFrame:
    """The language of each document, where the set that tells it was measured; no row elsewhere."""
    if LANGUAGE in signals:
        return signals[LANGUAGE].select(*VERSION_KEY, "language")
    return kept.select(*VERSION_KEY, F.lit(None).cast("string").alias("language")).where("false")


def add_signals(kept: DataFrame, stored: Mapping[str, DataFrame], facts: DataFrame) -> DataFrame:
    """Documents with their facts, and with signals as columns ``<set>.<signal>``. Joins by document; texts stay where they are."""
    known = facts
    added = ["language", STANDS, HELD]
    for name, rows in stored.items():
        columns = [F.col(signal).alias(column) for signal, column in zip(SIGNAL_SETS[name].names, name_signals(name), strict=True)]
        known = known.join(rows.select(*VERSION_KEY, *columns), list(VERSION_KEY), "left")
        added += name_signals(name)
    joined = known.join(kept, list(VERSION_KEY), "right")
    return joined.select(*kept.columns, *(F.col(f"`{name}`") for name in added))


def _newest(rows: Sequence[Mapping[str, Any]]) -> int:
    return max((int(row["round"]) for row in rows), default=-1)
