"""Times: how old rows are, and how long they took to arrive."""

from __future__ import annotations

from collections.abc import Mapping

from resonance.assess.columns import Aged, AtMost, Halved, Seconds, Valid
from resonance.assess.mappings import down
from resonance.assess.methods.shares import judge_share, read_goal
from resonance.core.binding import Asked, Binder, Bound, Finding, UnmeasurableError
from resonance.core.parts import SCALE, Part, State, find_quantile

DAY = 86_400.0
HALF_LIVES = {"sft": 730, "rlhf": 730, "domain": 180}
"""Days after which content counts half, where a stage has a value of its own."""
UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1 / DAY),
    **dict.fromkeys(("min", "minute", "minutes"), 60 / DAY),
    **dict.fromkeys(("h", "hour", "hours"), 1 / 24),
    **dict.fromkeys(("", "d", "day", "days"), 1.0),
    **dict.fromkeys(("w", "week", "weeks"), 7.0),
    **dict.fromkeys(("m", "month", "months"), 365.25 / 12),
    **dict.fromkeys(("y", "yr", "year", "years"), 365.25),
}
"""Days in a unit of time, as ``slaProperties`` name it; ODCS writes d for days and y for years."""


def bind_freshness(asked: Asked) -> Bound:
    """The mean of what age leaves of each row."""
    column = asked.column("created_at")
    usual = asked.params["half_life_days"]
    chosen = asked.contract.choices.get("content_freshness")
    days = usual if chosen and "half_life_days" in chosen.params else HALF_LIVES.get(asked.contract.stage, usual)
    age = Aged(Seconds(column, asked.now.timestamp()), -DAY)
    parts = {"left": Part("sum", Halved(age, days * DAY)), "dated": Part("count", Valid(age))}

    def judge(state: State) -> Finding | None:
        mean = state["left"] / SCALE / state["dated"] if state["dated"] else None
        return None if mean is None else Finding(min(1.0, mean), mean, state["dated"])

    return Bound(judge, parts, frozenset({column}))


def bind_fresh_share(asked: Asked) -> Bound:
    """Rows that are young enough, of those with a date."""
    column = asked.column("created_at")
    age = Aged(Seconds(column, asked.now.timestamp()), -DAY)
    parts = {"fresh": Part("count", AtMost(age, read_goal(asked, "max_age") * DAY)), "dated": Part("count", Valid(age))}

    def judge(state: State) -> Finding | None:
        found = judge_share(state["fresh"], state["dated"])
        return None if found is None else Finding(found.score, found.raw, state["dated"])

    return Bound(judge, parts, frozenset({column}))


def bind_lag(since: str, until: str) -> Binder:
    """How long rows take from one time to another, at the slow end."""

    def bind(asked: Asked) -> Bound:
        columns = asked.column(since), asked.column(until)
        promised, worst = read_interval(asked, "sla_latency") * DAY, asked.params["worst_multiple"]
        parts = {"lags": Part("spread", Seconds(*columns)), "dated": Part("count", Valid(Seconds(*columns)))}

        def judge(state: State) -> Finding | None:
            lag = find_quantile(state["lags"], asked.params["quantile"])
            return None if lag is None else Finding(down(lag, promised, worst * promised), lag / DAY, state["dated"])

        return Bound(judge, parts, frozenset(columns))

    return bind


def read_interval(asked: Asked, name: str) -> float:
    """A promised time in days: as declared under a name ``sla_…``, or as ``slaProperties`` of the contract have it.

    Raises:
        UnmeasurableError: there is none.
    """
    terms = asked.contract.terms.get("slaProperties") or ()
    property = name.removeprefix("sla_")
    given = next((term for term in terms if isinstance(term, Mapping) and term.get("property") == property), None)
    if name in asked.contract.declared or given is None:
        return read_goal(asked, name)
    value, unit = given.get("value"), str(given.get("unit") or "").lower()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf") or unit not in UNITS:
        raise UnmeasurableError(
            f"{property} in slaProperties must be a number above zero, in one of the units s, min, h, d, w, m, y"
        )
    return value * UNITS[unit]
