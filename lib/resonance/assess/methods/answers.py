"""Answers that a program can check: numbers, texts, and SQL that is run on a small database of the contract's."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from math import isclose
from typing import Any

from resonance.assess.arrays import read_texts
from resonance.assess.columns import Inverse, Names, Valid
from resonance.assess.methods.shares import judge_share
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.parts import Part, State

NUMBER = re.compile(r"[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?%?")
BOXED = re.compile(r"\\boxed\{([^{}]*)\}|####\s*(.+)|(?i:answer is|答案是|答案为|答案：)\s*:?\s*(.+)")
"""Where an answer says what it comes to: MATH's box, GSM8K's mark, or in words."""
STEPS = 1_000_000
"""Instructions of SQLite's machine after which a query is given up."""
MOST_ROWS = 10_000
ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
"""What a query may do: read, and nothing else."""


def read_number(text: str) -> float | None:
    """The number that an answer comes to: the last one of what it calls its answer, or of all of it; None where there is none."""
    said = [next(part for part in found if part) for found in BOXED.findall(text) if any(found)]
    numbers = NUMBER.findall(said[-1] if said else text)
    if not numbers:
        return None
    plain = numbers[-1].replace(",", "").replace(" ", "")
    top, _, bottom = plain.rstrip("%").partition("/")
    if bottom and not float(bottom):
        return None
    value = float(top) / (float(bottom) if bottom else 1.0)
    return value / 100 if plain.endswith("%") else value


def check_number(answer: str, reference: str) -> bool | None:
    """Whether both come to the same number; None where the reference is none."""
    wanted = read_number(reference)
    if wanted is None:
        return None
    given = read_number(answer)
    return given is not None and isclose(given, wanted, rel_tol=1e-6, abs_tol=1e-9)


def check_text(answer: str, reference: str) -> bool | None:
    """Whether both are the same text but for case, white space and the marks around them; None where the reference is empty."""

    def plain(text: str) -> str:
        return " ".join(text.casefold().split()).strip(" .。,，;；:：!！?？\"'“”‘’()（）")

    return plain(answer) == plain(reference) if plain(reference) else None


def check_query(answer: str, reference: str, setup: str) -> bool | None:
    """Whether two SQL queries give the same rows, in any order, on a database that ``setup`` makes; None if the reference fails.

    Nothing but reading is allowed, and for so many steps: a query cannot write, open a file, or run for ever.
    """
    wanted = run_query(reference, setup)
    return None if wanted is None else run_query(answer, setup) == wanted


def run_query(query: str, setup: str) -> list[str] | None:
    """The rows of a query as sorted texts; None where it fails, asks for what it may not, or takes too long."""
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            make_tables(base, setup)
            base.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY)
            base.set_progress_handler(lambda: 1, STEPS)
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 20)
            rows = base.execute(query).fetchmany(MOST_ROWS + 1)
        except (sqlite3.Error, sqlite3.Warning, MemoryError):
            return None
    return None if len(rows) > MOST_ROWS else sorted(map(repr, rows))


CHECKERS: Mapping[str, Callable[..., bool | None]] = {"number": check_number, "text": check_text, "sql": check_query}


@dataclass(frozen=True)
class Verified:
    """Whether an answer passes its checker; null where one of both is missing, or nothing can be checked."""

    answer: str
    reference: str
    kind: str
    given: tuple[str, ...] = ()

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow as pa

        check = CHECKERS[self.kind]
        pairs = zip(*(read_texts(batch.column(name)).to_pylist() for name in (self.answer, self.reference)), strict=True)
        return pa.array([None if a is None or r is None else check(a, r, *self.given) for a, r in pairs], pa.bool_())


def bind_verifiable(asked: Asked) -> Bound:
    """Answers that pass their checker, of those that can be checked against a reference; the others are the evidence."""
    answer, reference = asked.column("answer"), asked.column("reference")
    kind, given = read_checker(asked.declared("checker"))
    id, flag = asked.column_or_none("id"), Verified(answer, reference, kind, given)
    parts = {"good": Part("count", flag), "seen": Part("count", Valid(flag))}
    if id is not None:
        parts["names"] = Part("names", Names(id, Inverse(flag)))

    def judge(state: State) -> Finding | None:
        found = judge_share(state["good"], state["seen"])
        return None if found is None else Finding(found.score, found.raw, state["seen"])

    return Bound(judge, parts, frozenset({answer, reference, *([id] if id else [])}))


def read_checker(given: Any) -> tuple[str, tuple[str, ...]]:
    """The kind of a checker, and what it needs.

    Raises:
        UnmeasurableError: it is none that this version knows. Code is not run.
    """
    about = given if isinstance(given, Mapping) else {"kind": given}
    kind, setup = str(about.get("kind")), about.get("setup")
    if kind not in CHECKERS:
        raise UnmeasurableError(f"checker in adaqDeclared must be one of {', '.join(CHECKERS)}: this version runs no code")
    if kind == "sql" and not isinstance(setup, str):
        raise UnmeasurableError("checker in adaqDeclared must hold setup: SQL that makes the tables which queries read")
    if kind == "sql" and (problem := find_wrong_setup(str(setup))):
        raise UnmeasurableError(f"setup of checker in adaqDeclared must be SQL of SQLite: {problem}")
    return kind, (str(setup),) if kind == "sql" else ()


def make_tables(base: sqlite3.Connection, setup: str) -> None:
    """Run a setup on an empty database; it may attach no file."""
    base.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK)
    base.executescript(setup)


def find_wrong_setup(setup: str) -> str:
    """Why SQLite refuses to make the tables; empty where it does not."""
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            make_tables(base, setup)
        except (sqlite3.Error, sqlite3.Warning) as error:
            return str(error)
    return ""
