"""Kinds of data: which formats and modalities share the bytes, and how long recordings last together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from resonance.assess.arrays import read_numbers, read_texts
from resonance.assess.columns import Holds, IsAmong, Valid
from resonance.assess.mappings import cap, find_evenness, to_shares
from resonance.assess.methods.distributions import list_several
from resonance.assess.methods.shares import read_goal
from resonance.core.binding import Asked, Bound, Finding
from resonance.core.parts import SCALE, Part, State


@dataclass(frozen=True)
class Number:
    """A column's values as doubles, none of them below zero; null where there is none."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = read_numbers(batch.column(self.name))
        return pc.if_else(pc.greater_equal(numbers, 0.0), numbers, pa.scalar(None, pa.float64()))


@dataclass(frozen=True)
class Bytes:
    """Bytes of a column's texts."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.binary_length(read_texts(batch.column(self.name))).cast(pa.int64())


@dataclass(frozen=True)
class Where:
    """Numbers of rows for which a flag is set; null for other rows."""

    flag: Any
    of: Any

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = self.of(batch)
        return pc.if_else(self.flag(batch).fill_null(False), numbers, pa.scalar(None, numbers.type))


def bind_formats(asked: Asked) -> Bound:
    """Declared formats that hold a share of the bytes."""
    values, least = list_several(asked, "formats"), asked.params["min_share"]

    def judge(held: Mapping[str, int], whole: int) -> Finding:
        reached = sum(held[value] >= least * whole for value in values)
        return Finding(reached / len(values), reached)

    return bind_bytes(asked, "format", values, judge)


def bind_modalities(asked: Asked) -> Bound:
    """How evenly declared modalities share the bytes."""
    values = list_several(asked, "modalities")

    def judge(held: Mapping[str, int], _: int) -> Finding:
        raw = find_evenness(to_shares([held[value] for value in values]), len(values)) if any(held.values()) else 0.0
        return Finding(min(1.0, raw), raw)

    return bind_bytes(asked, "modality", values, judge)


def bind_bytes(asked: Asked, role: str, values: tuple[str, ...], judge: Callable[[Mapping[str, int], int], Finding]) -> Bound:
    """The bytes of each value of a column, judged with those of all rows that have one: as a column says, or those of the text."""
    column = asked.column(role)
    by_text = "bytes" not in asked.contract.roles and "text" in asked.contract.roles
    name = asked.column("text" if by_text else "bytes")
    size: Any = Bytes(name) if by_text else Number(name)
    present = Holds(column)
    parts = {f"bytes of {value}": Part("sum", Where(IsAmong(column, frozenset({value})), size)) for value in values}
    parts |= {"bytes": Part("sum", Where(present, size)), "seen": Part("count", Valid(Where(present, size)))}

    def judge_bytes(state: State) -> Finding | None:
        if not state["bytes"]:
            return None
        found = judge({value: state[f"bytes of {value}"] for value in values}, state["bytes"])
        return Finding(found.score, found.raw, state["seen"])

    return Bound(judge_bytes, parts, frozenset({column, name}))


def bind_duration(asked: Asked) -> Bound:
    """Hours of recordings, of the number that was promised."""
    column, goal = asked.column("duration_s"), read_goal(asked, "min_hours")
    length = Number(column)
    parts = {"seconds": Part("sum", length), "seen": Part("count", Valid(length))}

    def judge(state: State) -> Finding | None:
        hours = state["seconds"] / SCALE / 3600
        return Finding(cap(hours, goal), hours, state["seen"]) if state["seen"] else None

    return Bound(judge, parts, frozenset({column}))
