"""Lexicons that a contract declares: texts that hold a word of risk, and entries of an index that texts speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from resonance.assess.arrays import read_plainly, read_texts
from resonance.assess.columns import Column, Holds, Inverse, Matches
from resonance.assess.mappings import down
from resonance.assess.methods.shares import bind_share
from resonance.assess.texts import make_pattern
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.parts import MOST_VALUES, SCALE, Part, State

NO_SOURCE = ""


@dataclass(frozen=True)
class Where:
    """The values of rows for which a flag is set, an empty text where there is none; null of other rows."""

    of: Any
    flag: Any

    def __call__(self, batch: Any) -> Any:
        """One text a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = pc.fill_null(read_plainly(self.of(batch)), NO_SOURCE)
        return pc.if_else(self.flag(batch).fill_null(False), values, pa.scalar(None, values.type))


@dataclass(frozen=True)
class CountsOfEntries:
    """How often a column's text names each entry of an index: one list of numbers a row, null for null.

    Texts that name none are found by one pattern, so that an index of many entries costs little where few are named.
    """

    name: str
    phrases: tuple[tuple[str, ...], ...]

    def __call__(self, batch: Any) -> Any:
        """One struct a row, a field for each entry by its number."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = read_texts(batch.column(self.name))
        known = [phrase for names in self.phrases for phrase in names]
        places = np.flatnonzero(
            pc.match_substring_regex(texts, make_pattern(known)).fill_null(False).to_numpy(zero_copy_only=False)
        )
        some = texts.take(pa.array(places))
        fields = []
        for names in self.phrases:
            counts = np.zeros(len(texts), np.int64)
            counts[places] = pc.count_substring_regex(some, make_pattern(names)).to_numpy(zero_copy_only=False)
            fields.append(pa.array(counts))
        return pa.StructArray.from_arrays(fields, [str(place) for place in range(len(fields))])


@dataclass(frozen=True)
class CountOfEntry:
    """How often each row names one entry."""

    of: Any
    place: int

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        return self.of(batch).field(self.place)


def bind_risks(asked: Asked) -> Bound:
    """How rare texts are that hold a phrase of the risk lexicon; where they are many in a source, all its texts count as such."""
    column, source = asked.column("text"), asked.column_or_none("source_id")
    flag = Matches(column, make_pattern(list_risks(asked)))
    shared = bind_share(asked, Inverse(flag), frozenset({column, *([source] if source else [])}))
    parts = {**shared.parts, "texts": Part("count", Holds(column))}
    if source:
        held, names = Holds(column), Column(source)
        parts |= {"of source": Part("tally", Where(names, held)), "bad of source": Part("tally", Where(names, flag))}
    low, high, most = (asked.params[name] for name in ("lo", "hi", "max_source_rate"))

    def judge(state: State) -> Finding | None:
        if not state["texts"]:
            return None
        bad = count_rejected(state, most, source) if source else state["rows"] - state["good"]
        return Finding(down(bad / state["texts"], low, high), bad / state["texts"], state["texts"])

    return replace(shared, judge=judge, parts=parts)


def count_rejected(state: State, most: float, column: str) -> int:
    """Texts that hold a risk, and all others of sources in which more than a share of the texts do."""
    texts, bad = state["of source"], state["bad of source"]
    if texts is None or bad is None:
        raise UnmeasurableError(f"column {column} has more than {MOST_VALUES:,} values")
    return sum(count if bad.get(name, 0) > most * count else bad.get(name, 0) for name, count in texts.items())


def list_risks(asked: Asked) -> list[str]:
    """The phrases of the risk lexicon: a list, or lists by class of risk.

    Raises:
        UnmeasurableError: there is none.
    """
    given = asked.declared("risk_lexicon")
    lists = list(given.values()) if isinstance(given, Mapping) else [given]
    if not lists or not all(isinstance(each, list) for each in lists):
        raise UnmeasurableError("risk_lexicon in adaqDeclared must list phrases, or list them for each class of risk")
    phrases = [str(phrase) for each in lists for phrase in each if str(phrase).strip()]
    if not phrases:
        raise UnmeasurableError("risk_lexicon in adaqDeclared must list phrases")
    return phrases


def bind_knowledge(asked: Asked) -> Bound:
    """Entries of the knowledge index that are named often enough, by weight; an entry goes by its name and its aliases."""
    column, index, least = asked.column("text"), asked.declared("knowledge_index"), asked.params["min_hits"]
    entries = read_index(index)
    weights = [weight for _, weight in entries]
    found = CountsOfEntries(column, tuple(names for names, _ in entries))
    parts = {str(place): Part("sum", CountOfEntry(found, place)) for place in range(len(entries))}
    parts["texts"] = Part("count", Holds(column))

    def judge(state: State) -> Finding | None:
        if not state["texts"]:
            return None
        known = sum(weight for place, weight in enumerate(weights) if state[str(place)] >= least * SCALE)
        return Finding(known / sum(weights), known)

    return Bound(judge, parts, frozenset({column}))


def read_index(given: Any) -> list[tuple[tuple[str, ...], float]]:
    """The names of each entry, and its weight, which is 1 where none is given.

    Raises:
        UnmeasurableError: it is neither a list of names, nor names with their aliases or with ``aliases`` and ``weight``.
    """
    wrong = UnmeasurableError(
        "knowledge_index in adaqDeclared must list names, or hold aliases, or aliases and weight, of each name"
    )
    if isinstance(given, list):
        given = dict.fromkeys(map(str, given))
    if not isinstance(given, Mapping) or not given:
        raise wrong
    entries = []
    for name, about in given.items():
        about = about if isinstance(about, Mapping) else {"aliases": about}
        aliases, weight = about.get("aliases") or [], about.get("weight", 1)
        if not isinstance(aliases, list) or isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < 1e9:
            raise wrong
        entries.append((tuple(dict.fromkeys([str(name), *map(str, aliases)])), float(weight)))
    return entries
