"""Promises: what the contract itself says, held against the table's schema and against lists of what it should say."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import types as T

from resonance.assess.columns import Holds, Inverse, Unreadable
from resonance.assess.mappings import down
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.dataset import Promise
from resonance.core.parts import Part, State

WHOLE = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
TYPES: Mapping[str, tuple[type[T.DataType], ...]] = {
    "string": (T.StringType, T.BinaryType),
    "integer": WHOLE,
    "number": (*WHOLE, T.FloatType, T.DoubleType, T.DecimalType),
    "boolean": (T.BooleanType,),
    "timestamp": (T.TimestampType, T.TimestampNTZType),
    "date": (T.DateType, T.TimestampType),
    "time": (T.StringType,),
    "object": (T.StructType, T.MapType),
    "array": (T.ArrayType,),
}
"""Types that a logical type may have."""
STEPS = (1.0, 0.8, 0.6, 0.3)
"""How easy access is with no manual step, one, two, or more."""
READ_FROM_TEXT = ("integer", "number", "boolean", "date", "timestamp")
"""Logical types whose values a file of texts may hold."""


def bind_schema(asked: Asked) -> Bound:
    """Promises of presence, type and nullability that the table keeps. A column of texts has a type where each reads as one."""
    columns = asked.contract.columns
    if not columns:
        raise UnmeasurableError("the contract lists no column")
    there = [column for column in columns if column.name in asked.schema.names]
    required = [column for column in there if column.required]
    texts = [column for column in there if _is_read(asked, column)]
    parts = {f"empty {column.name}": Part("count", Inverse(Holds(column.name, column.missing))) for column in required}
    parts |= {f"unread {column.name}": Part("count", Unreadable(column.name, column.type, column.missing)) for column in texts}
    typed = [column for column in there if column not in texts and column.type]
    checks = len(columns) + sum(column.required for column in columns) + sum(bool(column.type) for column in columns)
    passed = len(there) + sum(_has_type(asked, column) for column in typed)

    def judge(state: State) -> Finding:
        share = (passed + sum(not state[name] for name in parts)) / checks
        return Finding(share, share)

    return Bound(judge, parts, frozenset(column.name for column in (*required, *texts)))


def bind_dictionary(asked: Asked) -> Bound:
    """Columns that the contract describes in full."""
    columns = asked.contract.columns
    if not columns:
        raise UnmeasurableError("the contract lists no column")
    least = asked.params["min_description"]
    full = sum(
        len(column.description) >= least
        and bool(column.type)
        and bool(column.examples)
        and bool(column.unit or "enum" in column.rules)
        for column in columns
    )
    return Bound(lambda _: Finding(full / len(columns), full))


def bind_support(asked: Asked) -> Bound:
    """What the contract says of support: a channel, an owner, a response time, a way up."""
    terms = asked.contract.terms
    support = [entry for entry in terms.get("support") or () if isinstance(entry, Mapping)]
    members = terms.get("team") or {}
    members = members.get("members") or () if isinstance(members, Mapping) else members
    said = {
        "channel": any(entry.get("channel") or entry.get("url") for entry in support),
        "owner": any(isinstance(member, Mapping) and member.get("role") == "owner" for member in members),
        "response_time": any(
            isinstance(entry, Mapping) and entry.get("property") in ("responseTime", "timeToResponse", "support")
            for entry in terms.get("slaProperties") or ()
        ),
        "escalation": any(entry.get("scope") == "escalation" for entry in support),
    }
    score = sum(asked.params[name] for name, holds in said.items() if holds)
    return Bound(lambda _: Finding(min(1.0, score), sum(said.values())))


def bind_friction(asked: Asked) -> Bound:
    """How few people must approve before somebody may read, by the role that asks fewest, and how many days that takes."""
    given = [role for role in asked.contract.terms.get("roles") or () if isinstance(role, Mapping)]
    readers = [role for role in given if str(role.get("access") or "read").lower() in ("read", "select", "r")]
    if not readers:
        raise UnmeasurableError("the contract names no roles that may read: add them to roles, with their approvers")
    days = asked.declared("access_days")
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days < float("inf"):
        raise UnmeasurableError("access_days in adaqDeclared must be a number, zero or more")
    steps = min(sum(bool(role.get(f"{level}LevelApprovers")) for level in ("first", "second")) for role in readers)
    score = 0.5 * STEPS[steps] + 0.5 * down(float(days), asked.params["lo"], asked.params["hi"])
    return Bound(lambda _: Finding(score, steps))


def bind_licence(asked: Asked) -> Bound:
    """What is said of the licence: its name, its text, what it permits, whom to ask."""
    terms = asked.declared("licence_terms")
    if not isinstance(terms, Mapping):
        raise UnmeasurableError("licence_terms in adaqDeclared must hold name, text, uses and contact")
    named = {name: asked.params[name] for name in asked.params if terms.get("name" if name == "named" else name)}
    return Bound(lambda _: Finding(min(1.0, sum(named.values())), len(named)))


def _is_read(asked: Asked, column: Promise) -> bool:
    return column.type in READ_FROM_TEXT and isinstance(asked.schema[column.name].dataType, T.StringType)


def _has_type(asked: Asked, column: Promise) -> bool:
    return isinstance(asked.schema[column.name].dataType, TYPES.get(column.type, ()))
