"""Shares: of rows, or of cells, for which something holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resonance.assess.columns import Column, Differ, Holds, Inverse, IsAmong, IsTrue, Keeps, Lacks, Matches, Names, Valid
from resonance.assess.mappings import cap, down
from resonance.core.binding import Asked, Bound, Finding, InapplicableError, UnmeasurableError
from resonance.core.dataset import Promise
from resonance.core.parts import Part, State

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FIRST_PARTY = ("experiment", "sensor", "survey", "own business")
PROVENANCE = ("source_uri", "collector", "method", "collected_at", "place", "licence")
PROTECTED = r"^[0-9a-fA-F]{32,128}$|\*{2,}|^(tok_|enc:|ENC\(|vault:)"
"""A cell that is hashed, masked, tokenised or encrypted."""
TRUE = frozenset({"true", "True", "TRUE", "1"})
"""How a column says that something is so."""
SECRET = ("restricted", "confidential")


def bind_share(
    asked: Asked, flag: Callable[[Any], Any], reads: frozenset[str], looked_at: str | None = None, **given: Any
) -> Bound:
    """The share of all rows for which a flag is set; rows for which it is not are the evidence.

    Args:
        asked: the table.
        flag: what is to hold.
        reads: columns that it looks at.
        looked_at: the column without whose value it does not hold.
        given: other fields of what is bound.
    """
    id = asked.column_or_none("id")
    parts = {"good": Part("count", flag)}
    if id is not None:
        parts["names"] = Part("names", Names(id, Inverse(flag)))
    if looked_at is not None:
        parts["held"] = Part("count", Holds(looked_at))

    def judge(state: State) -> Finding | None:
        found = judge_share(state["good"], state["rows"])
        empty = 1 - state.get("held", state["rows"]) / state["rows"] if state["rows"] else 0.0
        return None if found is None else replace(found, empty=empty)

    return Bound(judge, parts, reads | ({id} if id else frozenset()), **given)


def judge_share(good: int, seen: int) -> Finding | None:
    """A share as a score; None where there is nothing to divide by."""
    return Finding(good / seen, good / seen) if seen else None


def bind_cells(columns: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]) -> Bound:
    """The share of cells for which a flag is set, of those for which another is: both by column."""
    parts = {f"good {name}": Part("count", good) for name, (good, _) in columns.items()}
    parts |= {f"seen {name}": Part("count", seen) for name, (_, seen) in columns.items()}

    def judge(state: State) -> Finding | None:
        return judge_share(*(sum(state[f"{kind} {name}"] for name in columns) for kind in ("good", "seen")))

    return Bound(judge, parts, frozenset(columns))


def bind_row_count(asked: Asked) -> Bound:
    """Rows, of the number that was promised."""
    goal = read_goal(asked, "min_rows")
    return Bound(lambda state: Finding(cap(state["rows"], goal), state["rows"]))


def bind_required(asked: Asked) -> Bound:
    """How full required columns are, with a tolerance."""
    columns = list_required(asked)
    tolerance, worst = asked.params["tolerance"], asked.params["worst"]
    parts = {column.name: Part("count", column) for column in columns}

    def judge(state: State) -> Finding:
        empty = [1 - state[column.name] / state["rows"] for column in columns]
        return Finding(sum(down(share, tolerance, worst) for share in empty) / len(empty), 1 - sum(empty) / len(empty))

    return Bound(judge, parts, frozenset(parts))


def bind_complete_records(asked: Asked) -> Bound:
    """Rows in which no required column is empty."""
    columns = list_required(asked)
    return bind_share(asked, Inverse(Lacks(columns)), frozenset(column.name for column in columns))


def bind_value_rules(asked: Asked) -> Bound:
    """Cells that keep the rules of their column."""
    columns = [column for column in asked.contract.columns if column.rules]
    if not columns:
        raise UnmeasurableError("the contract states no enum and no logicalTypeOptions of any column")
    return bind_rules(asked, [(column, column.rules) for column in columns])


def bind_code_lists(asked: Asked) -> Bound:
    """Values that stand in the code list of their column."""
    columns = [column for column in asked.contract.columns if "enum" in column.rules]
    if not columns:
        raise UnmeasurableError("the contract states no enum of any column")
    return bind_rules(asked, [(column, {"enum": column.rules["enum"]}) for column in columns])


def bind_rules(asked: Asked, rules: Sequence[tuple[Promise, Mapping[str, Any]]]) -> Bound:
    """The share of present cells that keep the rules of their column."""
    found = {column.name: Keeps(asked.check(column.name), given, column.missing) for column, given in rules}
    return bind_cells({name: (kept, Valid(kept)) for name, kept in found.items()})


def bind_invariants(asked: Asked) -> Bound:
    """Rows that satisfy each invariant of the contract."""
    invariants = asked.contract.invariants
    if not invariants:
        raise UnmeasurableError("the contract states no invariant: add quality rules with an SQL expression")
    expressions = {f"invariant {place}": words for place, words in enumerate(invariants.values())}
    flag = IsTrue(tuple(expressions))
    return bind_share(asked, flag, frozenset(), expressions=expressions, conditions=frozenset(expressions))


def bind_protection(asked: Asked) -> Bound:
    """Cells of sensitive columns that are masked, hashed, tokenised or encrypted."""
    columns = [column for column in asked.contract.columns if column.classification.lower() in SECRET]
    if not columns and set(asked.schema.names) <= {column.name for column in asked.contract.columns if column.classification}:
        raise InapplicableError("the contract classifies every column, and none as restricted or confidential")
    if not columns:
        raise UnmeasurableError("the contract classifies no column as restricted or confidential")
    return bind_cells({column.name: (Matches(asked.check(column.name), PROTECTED), hold(column)) for column in columns})


def bind_lawful_basis(asked: Asked) -> Bound:
    """Rows of sources with a lawful basis in the ledger."""
    return _bind_ledger(asked, lambda entry: bool(entry.get("basis")))


def bind_ledger(asked: Asked) -> Bound:
    """Rows of sources that stand in the ledger with evidence."""
    return _bind_ledger(asked, lambda entry: bool(entry.get("evidence")))


def bind_first_party(asked: Asked) -> Bound:
    """Rows of sources that are one's own."""
    return _bind_ledger(asked, lambda entry: entry.get("origin") in FIRST_PARTY)


def bind_in_domain(asked: Asked) -> Bound:
    """Rows of declared domains."""
    column = asked.column("domain")
    return bind_share(asked, IsAmong(column, frozenset(map(str, asked.declared("domain_taxonomy")))), frozenset({column}))


def bind_near_duplicates(asked: Asked) -> Bound:
    """Rows that stand for themselves, of rows of which it is known which row stands for them and their near duplicates.

    Where no column says so, and somebody looks for them, they are sought among the texts.
    """
    if "representative" not in asked.contract.roles and asked.records.count_redundant is not None:
        return _seek_near_duplicates(asked, asked.records.count_redundant)
    id, column = asked.column("id"), asked.column("representative")
    found = Differ(id, column)
    parts = {"redundant": Part("count", found), "seen": Part("count", Holds(column)), "names": Part("names", Names(id, found))}
    return Bound(lambda state: judge_seen(state["redundant"], state["seen"]), parts, frozenset({id, column}))


def bind_contamination(asked: Asked) -> Bound:
    """How rare rows are that hold an item of a registered evaluation set; these rows are the evidence."""
    looked_for = asked.declared("evaluation_registry")
    if not isinstance(looked_for, list) or not looked_for:
        raise UnmeasurableError("evaluation_registry in adaqDeclared must list the evaluation sets that were looked for")
    column, id, low, high = asked.column("contaminated"), asked.column_or_none("id"), asked.params["lo"], asked.params["hi"]
    held = IsAmong(column, TRUE)
    parts = {"held": Part("count", held), "seen": Part("count", Holds(column))}
    if id is not None:
        parts["names"] = Part("names", Names(id, held))

    def judge(state: State) -> Finding | None:
        found = judge_seen(state["held"], state["seen"])
        return None if found is None else Finding(down(1 - found.score, low, high), 1 - found.score, state["seen"])

    return Bound(judge, parts, frozenset({column} | ({id} if id else set())))


def _seek_near_duplicates(asked: Asked, count: Callable[[DataFrame, str, str, float, int], int | None]) -> Bound:
    id, text = asked.column("id"), asked.column("text")
    given = float(asked.params["jaccard"]), int(asked.params["shingle"])

    def judge(state: State) -> Finding | None:
        if state["redundant"] is None:
            raise UnmeasurableError(
                "too many texts to compare with each other here: name a column in the role representative of adaqRoles, as "
                "`resonance curate` finds them"
            )
        return judge_seen(state["redundant"], state["texts"])

    def seek(rows: DataFrame) -> Mapping[str, Any]:
        return {"redundant": count(rows, id, text, *given)}

    return Bound(judge, {"texts": Part("count", Valid(Column(text)))}, frozenset({text}), own=seek, whole=True)


def judge_seen(bad: int, seen: int) -> Finding | None:
    """The share of rows that are not bad, of those that were looked at."""
    return Finding(1 - bad / seen, 1 - bad / seen, seen) if seen else None


def bind_provenance(asked: Asked) -> Bound:
    """How full the fields are that say where a row comes from; one that no column plays is empty."""
    columns = [Holds(name) for role in PROVENANCE if (name := asked.column_or_none(role))]
    if not columns:
        raise UnmeasurableError(f"no column plays any of the roles {', '.join(PROVENANCE)}: name them in adaqRoles of the contract")
    parts = {column.name: Part("count", column) for column in columns}

    def judge(state: State) -> Finding:
        share = sum(state[name] for name in parts) / len(PROVENANCE) / state["rows"]
        return Finding(share, share)

    return Bound(judge, parts, frozenset(parts))


def list_required(asked: Asked) -> tuple[Holds, ...]:
    """Required columns of the contract.

    Raises:
        UnmeasurableError: there is none, or the table lacks one.
    """
    columns = tuple(hold(column) for column in asked.contract.columns if column.required)
    if not columns:
        raise UnmeasurableError("the contract requires no column")
    for column in columns:
        asked.check(column.name)
    return columns


def hold(column: Promise) -> Holds:
    """Whether a promised column holds something."""
    return Holds(column.name, column.missing)


def read_goal(asked: Asked, name: str) -> float:
    """A declared figure above zero.

    Raises:
        UnmeasurableError: there is none.
    """
    goal = asked.declared(name)
    if isinstance(goal, bool) or not isinstance(goal, int | float) or not 0 < goal < float("inf"):
        raise UnmeasurableError(f"{name} in adaqDeclared must be a number above zero")
    return float(goal)


def _bind_ledger(asked: Asked, holds: Callable[[Mapping[str, Any]], bool]) -> Bound:
    column, ledger = asked.column("source_id"), asked.declared("source_ledger")
    if not isinstance(ledger, Mapping) or not all(isinstance(entry, Mapping) for entry in ledger.values()):
        raise UnmeasurableError("source_ledger in adaqDeclared must hold one entry for each source: basis, evidence, origin")
    return bind_share(
        asked, IsAmong(column, frozenset(str(name) for name, entry in ledger.items() if holds(entry))), frozenset({column})
    )
