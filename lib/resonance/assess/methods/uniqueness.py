"""Distinct values: by a sketch in the shared scan, counted exactly where its error could decide."""

from __future__ import annotations

from collections.abc import Sequence

from resonance.assess.columns import Hashes, Holds, Valid
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.parts import REGISTERS, Part, State, estimate_distinct

ERROR = 1.96 * 1.04 / REGISTERS**0.5
"""Half the width of the 95 % interval of a sketch's count."""


def bind_unique(asked: Asked) -> Bound:
    """Distinct contents, of the rows: by hash, text or key, and of a table that has none of them by all of its columns."""
    role = next((role for role in ("content_hash", "text", "id") if asked.column_or_none(role)), None)
    if role is None and asked.holds_texts:
        role = "content_hash"
    words = hash_words(asked.column(role)) if role else hash_row(asked.list_single())
    choice = asked.contract.choices.get("exact_unique_ratio")
    bounds = (1.0, 0.95 if choice is None or choice.floor is None else choice.floor)
    margin = asked.params["decision_margin"]

    def judge(state: State) -> Finding:
        empty = 1 - state.get("held", state["rows"]) / state["rows"]
        if "exactly" in state:
            share = state["exactly"] / state["rows"]
            return Finding(share, share, empty=empty)
        share = min(1.0, estimate_distinct(state["distinct"]) / state["rows"])
        near = any(abs(share - bound) <= margin for bound in bounds)
        return Finding(share, share, lcb=max(0.0, share - ERROR), recount=near, empty=empty)

    hashes = Hashes("content hash")
    parts = {"distinct": Part("distinct", hashes)} | ({"held": Part("count", Valid(hashes))} if role == "text" else {})
    return Bound(judge, parts, expressions={"content hash": words}, exactly=f"`{asked.column(role)}`" if role else words)


def bind_attributes(asked: Asked) -> Bound:
    """Declared attributes that are filled, and vary."""
    names = [asked.check(str(name)) for name in asked.declared("attributes")]
    if not names:
        raise UnmeasurableError("attributes in adaqDeclared must list columns")
    parts = {f"filled {name}": Part("count", Holds(name)) for name in names}
    parts |= {f"distinct {name}": Part("distinct", Hashes(f"hash of {name}")) for name in names}
    expressions = {f"hash of {name}": hash_words(name) for name in names}

    def judge(state: State) -> Finding:
        good = sum(
            state[f"filled {name}"] >= asked.params["min_fill"] * state["rows"]
            and round(estimate_distinct(state[f"distinct {name}"])) >= asked.params["min_distinct"]
            for name in names
        )
        return Finding(good / len(names), good)

    return Bound(judge, parts, frozenset(names), expressions)


def hash_row(columns: Sequence[str]) -> str:
    """A hash of all values of a row in words of SQL: one that is missing differs from any that is there."""
    return f"xxhash64({', '.join(f'`{name}` IS NULL, `{name}`' for name in columns)})"


def hash_words(column: str) -> str:
    """A hash of a column's value in words of SQL, null where there is none."""
    return f"CASE WHEN `{column}` IS NOT NULL THEN xxhash64(`{column}`) END"
