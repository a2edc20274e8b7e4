"""Gathers the states of operators: however many there are, the rows are read once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.arrays import find_matches
from resonance.assess.columns import Rows
from resonance.assess.shared import share_parts
from resonance.assess.texts import MISREAD, MOSTLY_HAN
from resonance.core.arrow import join_batches
from resonance.core.binding import Bound
from resonance.core.errors import InputError
from resonance.core.frames import map_batches
from resonance.core.parts import Part, merge_states
from resonance.tables import SIGNAL_SETS

Stratum = tuple[str | None, ...]
"""Values of the columns that strata are made of, as texts."""
States = Mapping[str, Mapping[str, Any]]
"""The state of each operator by its id."""
STORED = "__"
"""Stands between a set and its signal in columns of rows."""
MOST_STRATA = 10_000
"""Strata that are told apart; of more, those with fewest rows are left to the whole."""
MOST_AT_ONCE = 256
"""States of strata that a worker hands over together: an engine refuses messages that are too large."""
MOST_ROWS, MOST_BYTES = 1 << 16, 8 << 20
"""Of batches that are gathered together: a hundred operators ask less of one large batch than of many small ones."""


def measure(rows: DataFrame, bounds: Mapping[str, Bound], by: Sequence[str] = (), text: str | None = None) -> dict[Stratum, States]:
    """The states of bound operators over each stratum, in one reading of the rows; one of ``()`` where no columns are named.

    Args:
        rows: what is read.
        bounds: the operators by id.
        by: columns of strata.
        text: the column on which signals are measured.

    Raises:
        InputError: a column of ``by`` is missing.
    """
    if missing := [name for name in by if name not in rows.columns]:
        raise InputError(f"assess: no column {', '.join(missing)} to make strata of; there are {', '.join(rows.columns)}")
    found: dict[Stratum, dict[str, Any]] = {}
    parts = {f"{id}.{name}": part for id, bound in bounds.items() for name, part in bound.parts.items()}
    for row in gather(rows, bounds, by, text).collect():
        stratum, state = tuple(json.loads(row["stratum"])), json.loads(row["state"])
        known = found.get(stratum)
        found[stratum] = state if known is None else add_states(parts, known, state)
    return {
        stratum: split_state(state, bounds) for stratum, state in sorted(found.items(), key=lambda entry: order_strata(entry[0]))
    }


def gather(rows: DataFrame, bounds: Mapping[str, Bound], by: Sequence[str] = (), text: str | None = None) -> DataFrame:
    """Partial states, one row for each stratum in each part of the rows: the one query that ``measure`` runs."""
    reads = sorted({name for bound in bounds.values() for name in bound.reads} | set(by))
    expressions = {name: words for bound in bounds.values() for name, words in bound.expressions.items()}
    sets = tuple(sorted({name for bound in bounds.values() for name in bound.signals}))
    stored = {name: columns for name in sets if set(columns := name_signals(name)) <= set(rows.columns)}
    measured = tuple(name for name in sets if name not in stored)
    chosen = [F.col(f"`{name}`") for name in (*reads, *(name for columns in stored.values() for name in columns))]
    chosen += [F.expr(words).alias(name) for name, words in expressions.items()]
    if text is not None and measured and text not in {*reads, *expressions}:
        chosen.append(F.col(f"`{text}`"))
    parts = tuple((f"{id}.{name}", part) for id, bound in bounds.items() for name, part in bound.parts.items())
    kernel = Gather(parts, tuple(by), measured, text, tuple(stored))
    return map_batches(rows.select(*(chosen or [F.lit(True).alias("any")])), kernel, "stratum string, state string")


def name_signals(set: str) -> list[str]:
    """The columns of rows that hold the signals of a set; where all are there, it is not measured again.

    Parts find each as ``<set>.<signal>``: an engine would take the name for a field of a struct.
    """
    return [f"{set}{STORED}{name}" for name in SIGNAL_SETS[set].names]


def add_states(parts: Mapping[str, Part], one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The states of all operators over two sets of rows together."""
    return {**merge_states(parts, one, other), "rows": one["rows"] + other["rows"]}


def split_state(state: Mapping[str, Any], bounds: Mapping[str, Bound]) -> States:
    """The part of a state that each operator has, with the number of rows."""
    return {id: {"rows": state["rows"], **{name: state[f"{id}.{name}"] for name in bound.parts}} for id, bound in bounds.items()}


def merge_strata(states: Mapping[Any, States], bounds: Mapping[str, Bound]) -> States:
    """The states over all strata together."""
    return {id: merge_all(bound.parts, [found[id] for found in states.values()]) for id, bound in bounds.items() if states}


def merge_all(parts: Mapping[str, Part], states: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """States of one operator together, pair by pair: a table that grows is copied a few times, not once for each state."""
    while len(states) > 1:
        pairs = list(zip(states[::2], states[1::2], strict=False))
        states = [*(add_states(parts, one, other) for one, other in pairs), *states[2 * len(pairs) :]]
    return states[0]


@dataclass(frozen=True)
class Gather:
    """Turns batches of rows into partial states, on a worker."""

    parts: tuple[tuple[str, Part], ...]
    by: tuple[str, ...]
    sets: tuple[str, ...]
    text: str | None
    stored: tuple[str, ...] = ()

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """One batch: the state of each stratum."""
        import pyarrow as pa

        known: dict[str, dict[str, Any]] = {}
        parts, same = share_parts(self.parts)
        for batch in join_batches(batches, MOST_ROWS, MOST_BYTES):
            for stratum, part_of_it in split_batch(self._add_signals(batch), self.by):
                rows = Rows(part_of_it)
                before = known.get(stratum, {})
                state = {"rows": rows.num_rows, **{name: part.gather(rows, before.get(name)) for name, part in parts.items()}}
                known[stratum] = add_states(parts, before, state) if before else state
        whole = ({"rows": state["rows"], **{name: state[first] for name, first in same.items()}} for state in known.values())
        pairs = zip(known, whole, strict=True)
        for _ in range(0, max(1, len(known)), MOST_AT_ONCE):
            some = list(islice(pairs, MOST_AT_ONCE))
            states = [json.dumps(state, ensure_ascii=False) for _, state in some]
            names = [stratum for stratum, _ in some]
            yield pa.RecordBatch.from_pydict({"stratum": pa.array(names, pa.string()), "state": pa.array(states, pa.string())})

    def _add_signals(self, batch: Any) -> Any:
        import pyarrow as pa

        known = {column: column.replace(STORED, ".", 1) for name in self.stored for column in name_signals(name)}
        columns, names = list(batch.columns), [known.get(name, name) for name in batch.schema.names]
        texts = batch.column(self.text).cast(pa.string()) if self.text is not None and self.sets else None
        for chosen, found in measure_sets(texts, self.sets).items() if texts is not None else ():
            columns += found.flatten()
            names += [f"{chosen}.{field.name}" for field in found.type]
        return pa.RecordBatch.from_arrays(columns, names=names)


def measure_sets(texts: Any, sets: Sequence[str]) -> dict[str, Any]:
    """The signals of each set, null of texts that it is not measured on: those whose operators look at another set there.

    Without this, half of an assessment's time would go into sets that no operator reads: of a text in ASCII alone, what is asked
    of Han characters, of a Chinese one what is asked of words between blanks, and of all others but those in which a wrong encoding
    may have left something what is asked of any language.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from resonance.curate.kernels.text.glance import GARBLED, HAN, WIDE, glance

    if not {"any_language", "chinese"} & set(sets):
        return {name: measure_set(name, texts) for name in sets}
    seen = glance(texts)
    if "chinese" not in sets:
        found = {"any_language": measure_where("any_language", texts, seen & WIDE != 0)}
    else:
        found = {"chinese": measure_where("chinese", texts, seen & HAN != 0)}
        is_chinese = (
            pc.greater_equal(found["chinese"].field("han_ratio"), MOSTLY_HAN).fill_null(False).to_numpy(zero_copy_only=False)
        )
        misread = seen & GARBLED != 0
        misread[misread] = find_matches(texts.filter(pa.array(misread)), MISREAD)
        chosen = {"any_language": is_chinese | misread, "datatrove": ~is_chinese}
        found |= {name: measure_where(name, texts, among) for name, among in chosen.items() if name in sets}
    return {name: found[name] if name in found else measure_set(name, texts) for name in sets}


def measure_set(name: str, texts: Any) -> Any:
    """The signals of a set as a struct array: those that operators may read, and others as null where that is quicker."""
    return (SIGNAL_SETS[name].brief or SIGNAL_SETS[name].measure)(texts)


def measure_where(name: str, texts: Any, chosen: Any) -> Any:
    """The signals of a set as a struct array, null of texts that are not chosen."""
    import numpy as np
    import pyarrow as pa

    if chosen.all():
        return measure_set(name, texts)
    found = measure_set(name, texts.filter(pa.array(chosen)))
    return found.take(pa.array(np.cumsum(chosen) - 1, mask=~chosen))


def split_batch(batch: Any, by: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The rows of each stratum, by its values as JSON."""
    import numpy as np

    from resonance.assess.arrays import read_texts

    if not batch.num_rows:
        return
    if not by:
        yield "[]", batch
        return
    codes = np.zeros(batch.num_rows, np.int64)
    values = [read_texts(batch.column(name)).dictionary_encode(null_encoding="encode") for name in by]
    for each in values:
        both = codes * len(each.dictionary) + each.indices.to_numpy(zero_copy_only=False)
        codes = np.unique(both, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    ends = [*np.flatnonzero(np.diff(codes[order])) + 1, len(order)]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        rows = batch.take(order[start:end])
        first = int(order[start])
        yield json.dumps([each[first].as_py() for each in values], ensure_ascii=False), rows


def order_strata(stratum: Stratum) -> tuple[tuple[bool, str], ...]:
    """The place of a stratum among others: null comes first."""
    return tuple((value is not None, value or "") for value in stratum)
