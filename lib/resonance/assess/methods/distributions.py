"""Distributions: how the rows are shared among sources, domains, tasks, languages, labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from resonance.assess.arrays import spell_value
from resonance.assess.columns import Column
from resonance.assess.mappings import (
    cap,
    count_effectively,
    down,
    find_concentration,
    find_distance,
    find_divergence,
    find_evenness,
    to_shares,
)
from resonance.core.binding import Asked, Binder, Bound, Finding, InapplicableError, UnmeasurableError
from resonance.core.parts import MOST_VALUES, Part, State

Counts = Mapping[str, int]


def bind_counts(asked: Asked, role: str, judge: Callable[[Counts], Finding | None]) -> Bound:
    """How often each value of a column occurs, judged; rows without a value are not looked at."""
    column = asked.column(role)

    def judge_tally(state: State) -> Finding | None:
        counts = state["values"]
        if counts is None:
            raise UnmeasurableError(f"column {column} has more than {MOST_VALUES:,} values")
        found = judge(counts) if counts else None
        return None if found is None else Finding(found.score, found.raw, sum(counts.values()))

    return Bound(judge_tally, {"values": Part("tally", Column(column))}, frozenset({column}))


def list_declared(asked: Asked, name: str) -> tuple[str, ...]:
    """The values that the contract declares under a name.

    Raises:
        UnmeasurableError: it declares none.
    """
    given = asked.declared(name)
    if not isinstance(given, list | tuple | Mapping) or not given:
        raise UnmeasurableError(f"{name} in adaqDeclared must list values")
    return tuple(dict.fromkeys(spell_value(value) for value in given))


def bind_coverage(role: str, name: str, least: str) -> Binder:
    """The share of declared values with at least ``least`` rows each."""

    def bind(asked: Asked) -> Bound:
        values, floor = list_declared(asked, name), asked.params[least]

        def judge(counts: Counts) -> Finding:
            reached = sum(counts.get(value, 0) >= floor for value in values)
            return Finding(reached / len(values), reached)

        return bind_counts(asked, role, judge)

    return bind


def bind_channels(asked: Asked) -> Bound:
    """The share of planned channels with a share of the rows."""
    values, least = list_several(asked, "channels"), asked.params["min_share"]

    def judge(counts: Counts) -> Finding:
        reached = sum(counts.get(value, 0) >= least * sum(counts.values()) for value in values)
        return Finding(reached / len(values), reached)

    return bind_counts(asked, "channel", judge)


def bind_effective(role: str, name: str) -> Binder:
    """The effective number of declared values, of their number."""

    def bind(asked: Asked) -> Bound:
        values = list_several(asked, name)

        def judge(counts: Counts) -> Finding | None:
            known = pick_counts(counts, values)
            raw = count_effectively(to_shares(known)) if sum(known) else 0.0
            return Finding(0.0 if raw == 1.0 else cap(raw, len(values)), raw)

        return bind_counts(asked, role, judge)

    return bind


def bind_effective_sources(asked: Asked) -> Bound:
    """The effective number of sources, of the number that is aimed at."""
    target, _ = asked.params["target_sources"], list_known_sources(asked)

    def judge(counts: Counts) -> Finding:
        raw = count_effectively(to_shares([counts[name] for name in sorted(counts)]))
        return Finding(0.0 if len(counts) == 1 else cap(raw, target), raw)

    return bind_counts(asked, "source_id", judge)


def bind_evenness(role: str, name: str) -> Binder:
    """How evenly declared values share the rows."""

    def bind(asked: Asked) -> Bound:
        values = list_several(asked, name)

        def judge(counts: Counts) -> Finding | None:
            known = pick_counts(counts, values)
            raw = find_evenness(to_shares(known), len(values)) if sum(known) else 0.0
            return Finding(min(1.0, raw), raw)

        return bind_counts(asked, role, judge)

    return bind


def bind_source_evenness(asked: Asked) -> Bound:
    """How evenly sources share the rows: those that occur, and those that the contract knows."""
    known = list_known_sources(asked)

    def judge(counts: Counts) -> Finding | None:
        kinds = len({*known, *counts})
        if kinds < 2:
            return None
        raw = find_evenness(to_shares([counts[name] for name in sorted(counts)]), kinds)
        return Finding(min(1.0, raw), raw)

    return bind_counts(asked, "source_id", judge)


def bind_source_concentration(asked: Asked) -> Bound:
    """How far the largest sources are from holding everything, among those that occur and those that the contract knows."""
    known = list_known_sources(asked)

    def judge(counts: Counts) -> Finding | None:
        kinds = len({*known, *counts})
        if kinds < 2:
            return None
        raw = find_concentration(to_shares([counts[name] for name in sorted(counts)]))
        return Finding(min(1.0, 1 - (raw - 1 / kinds) / (1 - 1 / kinds)), raw)

    return bind_counts(asked, "source_id", judge)


def list_known_sources(asked: Asked) -> frozenset[str]:
    """Sources that the contract names in its ledger or its mix: one that vanished is missed.

    Raises:
        InapplicableError: it names one: nothing can be uneven.
    """
    given = (asked.contract.declared.get(name) for name in ("source_ledger", "source_mix"))
    found = frozenset(str(source) for each in given if isinstance(each, Mapping) for source in each)
    if len(found) == 1:
        raise InapplicableError("source_ledger in adaqDeclared has one value")
    return found


def bind_imbalance(asked: Asked) -> Bound:
    """How much smaller the smallest class is than the largest; an empty one scores 0."""
    values = list_several(asked, "labels")
    low, high = math.log(asked.params["lo"]), math.log(asked.params["hi"])

    def judge(counts: Counts) -> Finding:
        known = pick_counts(counts, values)
        if not min(known):
            return Finding(0.0, 0.0)
        return Finding(down(math.log(max(known) / min(known)), low, high), min(known) / max(known))

    return bind_counts(asked, "label", judge)


def bind_domain_mix(asked: Asked) -> Bound:
    """How close domains are to the mix that is aimed at, or to equal shares."""
    if "domain_mix" in asked.contract.declared:
        mix = read_mix(asked, "domain_mix")
    else:
        values = list_several(asked, "domain_taxonomy")
        mix = {value: 1 / len(values) for value in values}
    return bind_counts(asked, "domain", lambda counts: judge_mix(counts, mix, find_divergence))


def bind_source_mix(asked: Asked) -> Bound:
    """How close sources are to the mix that the contract promises."""
    mix = read_mix(asked, "source_mix")
    return bind_counts(asked, "source_id", lambda counts: judge_mix(counts, mix, find_distance))


def judge_mix(
    counts: Counts, mix: Mapping[str, float], measure: Callable[[Mapping[str, float], Mapping[str, float]], float]
) -> Finding:
    """One less the distance of counts from a mix."""
    whole = sum(counts.values())
    raw = measure({name: count / whole for name, count in counts.items()}, mix)
    return Finding(max(0.0, 1 - raw), raw)


def list_several(asked: Asked, name: str) -> tuple[str, ...]:
    """Two or more declared values.

    Raises:
        InapplicableError: the contract declares one: nothing can be uneven.
    """
    values = list_declared(asked, name)
    if len(values) == 1:
        raise InapplicableError(f"{name} in adaqDeclared has one value")
    return values


def read_mix(asked: Asked, name: str) -> dict[str, float]:
    """A declared mix, as shares of its sum.

    Raises:
        UnmeasurableError: it is no mapping of names to weights.
    """
    given = asked.declared(name)
    if not isinstance(given, Mapping) or not all(isinstance(weight, int | float) and weight >= 0 for weight in given.values()):
        raise UnmeasurableError(f"{name} in adaqDeclared must hold a weight for each name")
    whole = sum(given.values())
    if not 0 < whole < math.inf:
        raise UnmeasurableError(f"weights of {name} in adaqDeclared must sum to more than zero")
    return {spell_value(key): weight / whole for key, weight in given.items()}


def pick_counts(counts: Counts, values: Sequence[str]) -> list[int]:
    """The counts of these values, in their order."""
    return [counts.get(value, 0) for value in values]
