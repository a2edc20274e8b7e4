"""Tasks: whether rows carry what their task needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resonance.assess.columns import All, Differ, Holds, IsAmong
from resonance.assess.methods.shares import bind_share
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.parts import Part, State


def bind_task_inputs(asked: Asked) -> Bound:
    """Declared tasks with enough rows that carry every field that the task needs."""
    column, registry, least = asked.column("task"), asked.declared("task_registry"), asked.params["min_per_task"]
    if not isinstance(registry, Mapping) or not registry or not all(isinstance(fields, list) for fields in registry.values()):
        raise UnmeasurableError("task_registry in adaqDeclared must list the columns that each task needs")
    needs = {str(task): tuple(asked.check(str(name)) for name in fields) for task, fields in registry.items()}
    parts = {
        task: Part("count", All((IsAmong(column, frozenset({task})), *(Holds(name) for name in fields))))
        for task, fields in needs.items()
    }

    def judge(state: State) -> Finding:
        good = sum(state[task] >= least for task in needs)
        return Finding(good / len(needs), good)

    return Bound(judge, parts, frozenset({column, *(name for fields in needs.values() for name in fields)}))


def bind_template(asked: Asked) -> Bound:
    """Rows that are valid under their task: fields that are not empty, answers that differ, labels that were declared."""
    names = [asked.check(str(name)) for name in asked.declared("task_fields")]
    flags: list[Any] = [Holds(name) for name in names]
    chosen, rejected, label = (asked.column_or_none(role) for role in ("chosen", "rejected", "label"))
    if chosen and rejected:
        flags.append(Differ(chosen, rejected))
    if label and "labels" in asked.contract.declared:
        flags.append(IsAmong(label, frozenset(map(str, asked.declared("labels")))))
    if not flags:
        raise UnmeasurableError("task_fields in adaqDeclared must list columns")
    reads = {*names, *(name for name in (chosen, rejected, label) if name)}
    return bind_share(asked, All(tuple(flags)), frozenset(reads))
