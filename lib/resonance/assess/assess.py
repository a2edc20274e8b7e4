"""Assesses a dataset: binds every operator, reads the rows once, and grades what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.assess.distinct import count_distinct
from resonance.assess.history import Distribution, find_distribution
from resonance.assess.measure import MOST_STRATA, States, Stratum, merge_strata
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.assess.pieces import Gathered, Piece, gather_pieces, merge_pieces
from resonance.assess.score import Grade, grade
from resonance.assess.texts import CELLS
from resonance.core.binding import Asked, Bound, InapplicableError, UnmeasurableError
from resonance.core.dataset import DatasetContract
from resonance.core.errors import InputError, ResonanceError
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
    if odd := [name for name in rows.columns if "`" in name]:
        raise InputError(f"assess: column {odd[0]!r} has a backtick in its name, which no SQL can name here: rename it")
    asked = [operator for operator in OPERATORS if operator.core or operator.id in {*profile.enable, *contract.choices}]
    bounds, refused = bind_operators(asked, rows, contract, now, records)
    whole_piece = (Piece("all", "", rows),)
    gathered, read, failed = gather_states(pieces or whole_piece, bounds, contract, tuple(known))
    refused |= failed
    bounds = {id: bound for id, bound in bounds.items() if id not in failed}
    states = merge_pieces(gathered, bounds)
    whole = merge_strata(states, bounds)
    counted, failed = complete_states(rows, bounds, whole)
    refused |= failed
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


def gather_states(
    pieces: Sequence[Piece], bounds: Mapping[str, Bound], contract: DatasetContract, known: Sequence[Gathered]
) -> tuple[list[Gathered], int, dict[str, Result]]:
    """What the shared scan gathers, how many rows it read, and the results of operators whose conditions fail on a row.

    Conditions stand in the contract: only the engine can tell, while it reads, that a cast or a division fails.
    """
    text = contract.roles.get("text", CELLS)
    try:
        return *gather_pieces(pieces, bounds, contract.strata, text, known), {}
    except ResonanceError:
        raise
    except Exception as error:  # every engine has exceptions of its own
        failed = {id: fail(id, error) for id, bound in bounds.items() if bound.conditions}
        if not failed:
            raise
        sound = {id: bound for id, bound in bounds.items() if id not in failed}
        return *gather_pieces(pieces, sound, contract.strata, text, known), failed


def fail(id: str, error: Exception) -> Result:
    """The result of an operator whose query failed; the message of a foreign error may hold a text of the data."""
    return Result(id, "error", reason=f"its SQL fails on a row ({type(error).__name__}): use try_cast, and ask for null first")


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
        raise InapplicableError(f"the contract declares no {first} data")


def find_wrong_expression(rows: DataFrame, bound: Bound) -> str:
    """Why an expression of an operator cannot be used; empty where all can."""
    for name, words in bound.expressions.items():
        try:
            kind = rows.select(F.expr(words).alias(name)).schema[0].dataType
        except Exception as error:  # every engine has exceptions of its own
            return f"{name}: {' '.join(str(error).split())[:200]}"
        if name in bound.conditions and not isinstance(kind, T.BooleanType):
            return f"{name} is no condition: it gives {kind.simpleString()}, neither true nor false"
    return ""


def complete_states(rows: DataFrame, bounds: Mapping[str, Bound], whole: States) -> tuple[dict[str, State], dict[str, Result]]:
    """The states over all rows, with what takes shuffles of its own, and the results of operators whose query fails."""
    found: dict[str, State] = {}
    failed: dict[str, Result] = {}
    for id, state in whole.items():
        try:
            found[id] = complete_state(rows, bounds[id], state) if state["rows"] else state
        except ResonanceError:
            raise
        except Exception as error:  # every engine has exceptions of its own
            failed[id] = fail(id, error)
    return found, failed


def complete_state(rows: DataFrame, bound: Bound, state: State) -> State:
    """A state with what queries of its own say, and an exact count where a sketch could decide."""
    if bound.own is not None:
        state = {**state, **bound.own(rows)}
    if bound.look_up is not None:
        state = {**state, **bound.look_up(state)}
    finding = bound.judge(state) if bound.exactly else None
    if finding is not None and finding.recount:
        state = {**state, "exactly": count_distinct(rows, bound.exactly or "")}
    return state


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
        inputs = ", ".join(operator.inputs).replace("|", " or ")
        return Result(operator.id, "not_measurable", params=params, reason=f"no value to look at in {inputs}")
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
    names = tuple(state.get("names", ()))
    given = (finding.score, lcb, finding.raw, examined, coverage, params, "", names)
    return Result(operator.id, "scored", *given, empty=finding.empty)


def keep_largest(states: Mapping[Stratum, States]) -> Mapping[Stratum, States]:
    """The strata with most rows, as many as are told apart."""
    sizes = {stratum: count_rows(found) for stratum, found in states.items()}
    order = sorted(states, key=lambda stratum: (-sizes[stratum], tuple(value or "" for value in stratum)))
    return {stratum: states[stratum] for stratum in order[:MOST_STRATA]}


def count_rows(found: States) -> int:
    """The rows over which states were gathered."""
    return max((state["rows"] for state in found.values()), default=0)
