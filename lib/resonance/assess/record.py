"""Assessments as rows of tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from resonance.assess.assess import Assessment
from resonance.assess.history import Comparison, Distribution
from resonance.assess.operators import BY_ID
from resonance.assess.pieces import Gathered
from resonance.assess.score import grade, score_levels
from resonance.core.adaq import METRIC_OF
from resonance.core.dataset import DatasetContract
from resonance.core.frames import parse_schema
from resonance.core.gates import RULES, Gate
from resonance.core.operator import Result
from resonance.core.packages import name_software
from resonance.core.profile import WHOLE, Profile
from resonance.core.quality import Score

Row = dict[str, Any]
STATE_COLUMNS = parse_schema(
    "dataset string, part string, stratum string, mark string, asked string, version string, n_rows bigint, state string"
)
RESULT_COLUMNS = parse_schema(
    "dataset string, round int, gate string, stratum string, operator string, operator_version int, metric int, state string, "
    "score double, score_lcb double, raw double, n_examined bigint, coverage double, params string, reason string, "
    "evidence array<string>, distribution string, usual double, deviation double, shift double"
)
METRIC_COLUMNS = parse_schema(
    "dataset string, round int, stratum string, level string, number int, state string, weight double, score double, "
    "score_lcb double, low double, high double, coverage double, provisional boolean, n_rows bigint"
)
REPORT_COLUMNS = parse_schema(
    "dataset string, round int, assessment string, version string, contract string, stage string, profile string, "
    "made_by string, as_of timestamp, n_rows bigint, n_read bigint, grade string, score double, score_lcb double, low double, "
    "high double, coverage double, automation double, release boolean, vetoes array<string>, errors array<string>, "
    "strata bigint, left_out bigint"
)
GATE_COLUMNS = parse_schema(
    "dataset string, round int, gate string, assessment string, state string, reasons array<string>, mend array<string>"
)
MADE_BY = name_software()
"""The program that assesses."""
ALL_ROWS = "{}"
"""What stands for all rows where a table has a row for each stratum."""


def list_state_rows(dataset: str, pieces: Iterable[Gathered]) -> Iterator[Row]:
    """Rows of ``quality_state``."""
    for piece in pieces:
        asked = json.dumps(dict(piece.asked), sort_keys=True)
        for stratum, many in piece.rows.items():
            yield {
                "dataset": dataset,
                "part": piece.name,
                "stratum": json.dumps(list(stratum), ensure_ascii=False),
                "mark": piece.mark,
                "asked": asked,
                "version": piece.version,
                "n_rows": many,
                "state": json.dumps(piece.states[stratum], ensure_ascii=False, sort_keys=True),
            }


def read_pieces(rows: Iterable[Mapping[str, Any]], dataset: str) -> list[Gathered]:
    """What rows of ``quality_state`` say was gathered over pieces of a dataset."""
    by: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["dataset"] == dataset:
            by.setdefault((row["part"], row["mark"], row["version"], row["asked"]), []).append(row)
    return [
        Gathered(
            name,
            mark,
            version,
            json.loads(asked),
            {tuple(json.loads(row["stratum"])): row["n_rows"] for row in own},
            {tuple(json.loads(row["stratum"])): json.loads(row["state"]) for row in own},
        )
        for (name, mark, version, asked), own in sorted(by.items())
    ]


def list_result_rows(
    found: Assessment,
    dataset: str,
    round: int,
    distributions: Mapping[str, Distribution],
    compared: Mapping[str, Comparison],
) -> Iterator[Row]:
    """Rows of ``quality_result`` of the first gate."""
    for result in found.results:
        whole = not result.stratum
        distribution = distributions.get(result.operator, {}) if whole else {}
        comparison = compared.get(result.operator, Comparison()) if whole else Comparison()
        yield {
            "dataset": dataset,
            "round": round,
            "gate": RULES,
            "stratum": spell_stratum(result.stratum),
            "operator": result.operator,
            "operator_version": BY_ID[result.operator].version,
            "metric": BY_ID[result.operator].metric,
            "state": result.state,
            "score": result.score,
            "score_lcb": result.score_lcb,
            "raw": None if result.raw is None else float(result.raw),
            "n_examined": result.n_examined,
            "coverage": float(result.coverage),
            "params": json.dumps(dict(result.params), ensure_ascii=False, sort_keys=True, default=str),
            "reason": result.reason,
            "evidence": [str(name) for name in result.evidence],
            "distribution": json.dumps(distribution, sort_keys=True) if distribution else None,
            "usual": comparison.usual,
            "deviation": comparison.deviation,
            "shift": comparison.shift,
        }


def read_results(rows: Iterable[Mapping[str, Any]], dataset: str, round: int) -> tuple[Result, ...]:
    """The results that rows of ``quality_result`` of the first gate hold, those over all rows first."""
    own = [row for row in rows if (row["dataset"], row["round"], row["gate"]) == (dataset, round, RULES)]
    order = {id: place for place, id in enumerate(BY_ID)}
    own.sort(key=lambda row: (row["stratum"] != ALL_ROWS, row["stratum"], order.get(row["operator"], len(order))))
    return tuple(
        Result(
            row["operator"],
            row["state"],
            row["score"],
            row["score_lcb"],
            row["raw"],
            row["n_examined"],
            row["coverage"],
            json.loads(row["params"]),
            row["reason"],
            tuple(row["evidence"]),
            json.loads(row["stratum"]),
        )
        for row in own
    )


def list_metric_rows(found: Assessment, dataset: str, round: int, profile: Profile, strata: Sequence[str]) -> Iterator[Row]:
    """Rows of ``quality_metric``: all levels of the whole, total and groups of each stratum."""
    graded = found.grade
    place = {"dataset": dataset, "round": round}
    yield from list_scores(
        {**place, "stratum": ALL_ROWS, "n_rows": found.rows}, profile, graded.total, graded.groups, graded.metrics
    )
    by: dict[str, list[Result]] = {}
    for result in found.results:
        if result.stratum:
            by.setdefault(spell_stratum(result.stratum), []).append(result)
    sizes = {spell_stratum(dict(zip(strata, stratum, strict=True))): many for stratum, many in found.sizes.items() if stratum}
    for stratum, results in by.items():
        total, groups, _ = score_levels(results, profile)
        yield from list_scores({**place, "stratum": stratum, "n_rows": sizes.get(stratum, 0)}, profile, total, groups, {})


def list_scores(
    place: Mapping[str, Any], profile: Profile, total: Score, groups: Mapping[int, Score], metrics: Mapping[int, Score]
) -> Iterator[Row]:
    """Rows of ``quality_metric`` of one stratum, or of all rows."""
    yield {**place, "level": "total", "number": 0, "weight": 1.0, **spell_score(total)}
    for number, score in groups.items():
        yield {**place, "level": "group", "number": number, "weight": profile.groups[number] / WHOLE, **spell_score(score)}
    for number, score in metrics.items():
        weight = profile.groups[METRIC_OF[number].group] / WHOLE * profile.metrics[number] / WHOLE
        yield {**place, "level": "metric", "number": number, "weight": weight, **spell_score(score)}


def spell_score(score: Score) -> Row:
    """The columns of a score."""
    return {
        "state": score.state,
        "score": score.value,
        "score_lcb": score.lcb,
        "low": float(score.low),
        "high": float(score.high),
        "coverage": float(score.coverage),
        "provisional": score.provisional,
    }


def make_report_row(
    found: Assessment, dataset: str, round: int, assessment: str, version: str, contract: DatasetContract, as_of: datetime | None
) -> Row:
    """The row of ``quality_report``."""
    total = spell_score(found.grade.total)
    return {
        "dataset": dataset,
        "round": round,
        "assessment": assessment,
        "version": version,
        "contract": f"{contract.table} {contract.version}",
        "stage": contract.stage,
        "profile": found.profile,
        "made_by": MADE_BY,
        "as_of": as_of,
        "n_rows": found.rows,
        "n_read": found.read,
        "grade": found.grade.letter,
        **{name: total[name] for name in ("score", "score_lcb", "low", "high", "coverage")},
        "automation": found.grade.automation,
        "release": found.grade.release,
        "vetoes": list(found.grade.vetoes),
        "errors": list(found.errors),
        "strata": len(found.sizes) if contract.strata else 0,
        "left_out": found.left_out,
    }


def make_gate_row(gate: Gate, dataset: str, round: int, assessment: str) -> Row:
    """The row of ``quality_gate``."""
    said = {"state": gate.state, "reasons": list(gate.reasons), "mend": list(gate.mend)}
    return {"dataset": dataset, "round": round, "gate": gate.name, "assessment": assessment, **said}


def spell_stratum(stratum: Mapping[str, Any]) -> str:
    """The name of a stratum."""
    return json.dumps(dict(stratum), ensure_ascii=False, sort_keys=True)


def read_assessment(rows: Iterable[Mapping[str, Any]], report: Mapping[str, Any], profile: Profile, now: datetime) -> Assessment:
    """The assessment that tables hold, from rows of ``quality_result`` and its row of ``quality_report``."""
    results = read_results(rows, report["dataset"], report["round"])
    strata = {tuple(result.stratum.values()): 0 for result in results if result.stratum}
    return Assessment(results, grade(results, profile), profile.title, report["n_rows"], now, report["left_out"], strata)
