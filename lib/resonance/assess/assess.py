"""Assesses a dataset: binds every operator, reads the rows once, and grades what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.history import Distribution, find_distribution
from resonance.assess.measure import MOST_STRATA, States, Stratum, merge_strata
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.assess.pieces import Gathered, Piece, gather_pieces, merge_pieces
from resonance.assess.score import Grade, grade
from resonance.assess.texts import CELLS
from resonance.core.binding import Asked, Bound, InapplicableError, UnmeasurableError
from resonance.core.dataset import DatasetContract
from resonance.core.operator import Operator, Result
from resonance.core.parts import State
from resonance.core.profile import Profile
from resonance.core.records import Records

LEAST_COVERAGE = 0.5
"""The share of rows that an operator must have looked at."""
NO_ROWS = "no rows"


@dataclass(frozen=True)
class Assessment:
    """What is known of a dataset.

    Args:
        results: one of each operator that was asked over all rows, then those of strata.
        rows: how many rows the dataset has.
        now: the moment at which ages were taken.
        left_out: strata that are not told apart, being more than can be.
        sizes: rows of each stratum that is.
        pieces: what was gathered over each piece of the dataset.
        read: rows that the shared scan read; what was gathered before told the rest.
        distributions: of each operator that tallies values, their shares.
    """

    results: tuple[Result, ...]
    grade: Grade
    profile: str
    rows: int
    now: datetime
    left_out: int = 0
    sizes: Mapping[Stratum, int] = field(default_factory=dict)
    pieces: tuple[Gathered, ...] = ()
    read: int = 0
    distributions: Mapping[str, Distribution] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[str, ...]:
        """Operators that failed."""
        return tuple(dict.fromkeys(result.operator for result in self.results if result.state == "error"))


def assess(
    rows: DataFrame,
    contract: DatasetContract,
    profile: Profile,
    now: datetime,
    records: Records | None = None,
    *,
    pieces: Sequence[Piece] = (),
    known: Iterable[Gathered] = (),
) -> Assessment:
    """The results of every operator that the profile asks for, and the grade.

    Args:
        rows: the dataset.
        contract: what it promises.
        profile: what counts how much.
        now: the moment at which ages are taken.
        records: what is known beside the rows.
        pieces: the same rows in pieces; one where none are given.
        known: what was gathered over pieces before.
    """
    asked = [operator for operator in OPERATORS if operator.core or operator.id in {*profile.enable, *contract.choices}]
    bounds, refused = bind_operators(asked, rows, contract, now, records)
    whole_piece = (Piece("all", "", rows),)
    gathered, read = gather_pieces(pieces or whole_piece, bounds, contract.strata, contract.roles.get("text", CELLS), known)
    states = merge_pieces(gathered, bounds)
    whole = merge_strata(states, bounds)
    counted = complete_states(rows, bounds, whole)
    results = [refused.get(op.id) or judge(op, bounds[op.id], counted.get(op.id, {}), contract) for op in asked]
    kept = keep_largest(states) if contract.strata else {}
    results += [
        replace(judge(BY_ID[id], bounds[id], state, contract), stratum=dict(zip(contract.strata, stratum, strict=True)))
        for stratum, found in kept.items()
        for id, state in found.items()
        if bounds[id].parts and not bounds[id].whole and bounds[id].look_up is None
    ]
    graded = grade(results, set_floors(profile, contract))
    many = count_rows(whole)
    return Assessment(
        tuple(results),
        graded,
        profile.title,
        many,
        now,
        len(states) - len(kept) if contract.strata else 0,
        {stratum: count_rows(found) for stratum, found in kept.items()},
        tuple(gathered),
        read,
        {id: find_distribution(bounds[id], state) for id, state in whole.items()},
    )


def set_floors(profile: Profile, contract: DatasetContract) -> Profile:
    """The profile with the floors that the contract sets."""
    floors = {id: choice.floor for id, choice in contract.choices.items() if choice.floor is not None}
    return replace(profile, floors={**profile.floors, **floors})


def list_states(rows: DataFrame, contract: DatasetContract, records: Records | None = None) -> dict[str, str]:
    """Whether each operator can be measured on a dataset, in words: ``yes``, or why not. Reads no row."""
    bounds, refused = bind_operators(OPERATORS, rows, contract, datetime.now(UTC), records)
    return {
        op.id: "yes" if op.id in bounds else f"{refused[op.id].state.replace('_', ' ')}: {refused[op.id].reason}"
        for op in OPERATORS
    }


def bind_operators(
    operators: Sequence[Operator], rows: DataFrame, contract: DatasetContract, now: datetime, records: Records | None = None
) -> tuple[dict[str, Bound], dict[str, Result]]:
    """What can be measured, by operator, and the results of what cannot."""
    bounds: dict[str, Bound] = {}
    refused: dict[str, Result] = {}
    for operator in operators:
        asked = Asked(contract, rows.schema, read_params(operator, contract), now, records or Records())
        try:
            refuse_inapplicable(operator, contract)
            bound = bind(operator, asked)
            bounds[operator.id] = bound
            if problem := find_wrong_expression(rows, bound):
                del bounds[operator.id]
                refused[operator.id] = Result(operator.id, "error", params=asked.params, reason=problem)
        except InapplicableError as reason:
            refused[operator.id] = Result(operator.id, "not_applicable", params=asked.params, reason=str(reason))
        except UnmeasurableError as reason:
            refused[operator.id] = Result(operator.id, "not_measurable", params=asked.params, reason=str(reason))
    return bounds, refused


def bind(operator: Operator, asked: Asked) -> Bound:
    """The operator, bound to a table.

    Raises:
        UnmeasurableError: something is missing; the message says what to supply.
        InapplicableError: it has no meaning here.
    """
    if operator.mode == "M":
        raise UnmeasurableError("needs a model: none can be named in this version")
    if operator.mode == "H":
        raise UnmeasurableError("needs people who judge a sample: none can be drawn in this version")
    if operator.bind is None:
        raise UnmeasurableError("this version does not compute it")
    return operator.bind(asked)


def read_params(operator: Operator, contract: DatasetContract) -> Mapping[str, Any]:
    """The parameters of an operator: its defaults, and what the contract sets."""
    choice = contract.choices.get(operator.id)
    return {**operator.defaults, **(choice.params if choice else {})}


def refuse_inapplicable(operator: Operator, contract: DatasetContract) -> None:
    """Look at what the contract declares.

    Raises:
        InapplicableError: the operator's metric, or its kind of data, is not among it.
    """
    if reason := contract.not_applicable.get(operator.metric):
        raise InapplicableError(reason)
    if "any" not in operator.modalities and not contract.modalities & set(operator.modalities):
        first, *others = operator.modalities
        if others:
            raise InapplicableError(f"the contract declares none of {first}, {', '.join(others)}")
        raise InapplicableError(f"the contract declares no {first}")


def find_wrong_expression(rows: DataFrame, bound: Bound) -> str:
    """Why the engine refuses an expression of an operator; empty where it does not."""
    for name, words in bound.expressions.items():
        try:
            _ = rows.select(F.expr(words).alias(name)).schema
        except Exception as error:  # every engine has exceptions of its own
            return f"{name}: {' '.join(str(error).split())[:200]}"
    return ""


def complete_states(rows: DataFrame, bounds: Mapping[str, Bound], whole: States) -> dict[str, State]:
    """The states over all rows, with what takes shuffles of its own: queries, and exact counts where a sketch could decide."""
    found: dict[str, State] = {}
    for id, state in whole.items():
        bound = bounds[id]
        found[id] = {**state, **bound.own(rows)} if bound.own is not None and state["rows"] else state
        if bound.look_up is not None and state["rows"]:
            found[id] = {**found[id], **bound.look_up(state)}
        finding = bound.judge(state) if bound.exactly and state["rows"] else None
        if finding is not None and finding.recount:
            distinct = rows.select(F.expr(bound.exactly or "").alias("value")).where("value IS NOT NULL").distinct().count()
            found[id] = {**state, "exactly": distinct}
    return found


def judge(operator: Operator, bound: Bound, state: State, contract: DatasetContract) -> Result:
    """What an operator says of a state."""
    params, rows = read_params(operator, contract), state.get("rows", 0)
    if not rows:
        return Result(operator.id, "not_measurable", params=params, reason=NO_ROWS)
    try:
        finding = bound.judge(state)
    except UnmeasurableError as reason:
        return Result(operator.id, "not_measurable", params=params, reason=str(reason))
    if finding is None:
        return Result(operator.id, "not_measurable", params=params, reason="no value to look at")
    examined = rows if finding.examined is None else finding.examined
    coverage = min(1.0, examined / rows)
    if coverage < LEAST_COVERAGE:
        return Result(
            operator.id,
            "not_measurable",
            None,
            None,
            finding.raw,
            examined,
            coverage,
            params,
            f"only {coverage:.1%} of rows have a value",
        )
    lcb = finding.score if finding.lcb is None else finding.lcb
    return Result(
        operator.id, "scored", finding.score, lcb, finding.raw, examined, coverage, params, "", tuple(state.get("names", ()))
    )


def keep_largest(states: Mapping[Stratum, States]) -> Mapping[Stratum, States]:
    """The strata with most rows, as many as are told apart."""
    sizes = {stratum: count_rows(found) for stratum, found in states.items()}
    order = sorted(states, key=lambda stratum: (-sizes[stratum], tuple(value or "" for value in stratum)))
    return {stratum: states[stratum] for stratum in order[:MOST_STRATA]}


def count_rows(found: States) -> int:
    """The rows over which states were gathered."""
    return max((state["rows"] for state in found.values()), default=0)
