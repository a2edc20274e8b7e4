"""Forms: whether one concept is written in one way, and values of a column in one format."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import types as T

from resonance.assess.columns import Column, Holds
from resonance.assess.forms import Pattern, share_of_dates, share_of_numbers
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.dataset import Promise
from resonance.core.parts import MOST_VALUES, Part, State

DATES = ("date", "timestamp")
NUMBERS = ("integer", "number")


def bind_canonical(asked: Asked) -> Bound:
    """Values in the form that most values of their concept have, of the values of columns of categories."""
    given = asked.declared("categorical")
    if isinstance(given, list) and given:
        given = dict.fromkeys(given)
    if not isinstance(given, Mapping) or not given or not all(isinstance(known or {}, Mapping) for known in given.values()):
        raise UnmeasurableError("categorical in adaqDeclared must list columns, or hold the other names of values for each")
    names = {asked.check(str(name)): known or {} for name, known in given.items()}
    simplify = asked.records.simplify

    def judge(state: State) -> Finding | None:
        good = seen = most = 0
        for name, known in names.items():
            counts = _read_tally(state, name)
            aliases = {_fold(other, simplify): _fold(value, simplify) for other, value in known.items()}
            concepts: dict[str, list[int]] = {}
            for form, count in counts.items():
                if key := _fold(form, simplify):
                    concepts.setdefault(aliases.get(key, key), []).append(count)
            held = sum(map(sum, concepts.values()))
            good, seen, most = good + sum(map(max, concepts.values())), seen + held, max(most, held)
        return Finding(good / seen, good / seen, most) if seen else None

    return Bound(judge, {name: Part("tally", Column(name)) for name in names}, frozenset(names))


def bind_uniform(asked: Asked) -> Bound:
    """The mean over columns of numbers, dates and values with a unit of the largest share that is written in one way.

    A column whose type is one of numbers or times has one way of writing.
    """
    columns = [column for column in asked.contract.columns if column.type in (*DATES, *NUMBERS) or column.unit]
    if not columns:
        raise UnmeasurableError("the contract lists no column of numbers or dates, and none with a unit")
    texts = {column.name: column for column in columns if _is_text(asked, column)}
    parts = {column.name: Part("count", Holds(column.name, column.missing)) for column in columns}
    parts |= {f"forms of {n}": Part("tally", Pattern(n, column.type in DATES, column.missing)) for n, column in texts.items()}

    def judge(state: State) -> Finding | None:
        seen = [column for column in columns if state[column.name]]
        if not seen:
            return None
        shares = [1.0 if column.name not in texts else _share(state, column) for column in seen]
        mean = sum(shares) / len(shares)
        return Finding(mean, mean, max(state[column.name] for column in seen))

    return Bound(judge, parts, frozenset(column.name for column in columns))


def _share(state: State, column: Promise) -> float:
    counts = _read_tally(state, f"forms of {column.name}", column.name)
    return share_of_dates(counts) if column.type in DATES else share_of_numbers(counts)


def _is_text(asked: Asked, column: Promise) -> bool:
    return isinstance(asked.schema[asked.check(column.name)].dataType, T.StringType)


def _read_tally(state: State, part: str, column: str = "") -> Mapping[str, int]:
    """How often each text occurs.

    Raises:
        UnmeasurableError: there are too many texts to tell.
    """
    counts: Mapping[str, int] | None = state[part]
    if counts is None:
        raise UnmeasurableError(f"column {column or part} has more than {MOST_VALUES:,} values")
    return counts


def _fold(value: Any, simplify: Callable[[str], str]) -> str:
    """What all forms of a concept have in common: compatibility forms, case, Chinese script and blanks make no difference."""
    return " ".join(simplify(unicodedata.normalize("NFKC", str(value))).casefold().split())
