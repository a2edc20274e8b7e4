"""Shows what a run would do, before it is paid for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from resonance.core.durations import write_seconds
from resonance.runtime.run.schedule import Forecast


def show_forecasts(forecasts: Sequence[Forecast]) -> Table:
    """One line a step: whether it runs, why, and the seconds that it took last time."""
    table = Table("step", "run does", "because", "last time")
    for forecast in forecasts:
        last = "" if forecast.seconds is None else write_seconds(forecast.seconds)
        table.add_row(str(forecast.step), forecast.does, escape(forecast.because), last)
    return table


def sum_up(forecasts: Sequence[Forecast]) -> str:
    """How many steps run, and what they are likely to cost, in one sentence."""
    due = [forecast for forecast in forecasts if forecast.due]
    if not due:
        return f"none of {len(forecasts)} steps would run"
    run = f"{len(due)} of {len(forecasts)} steps would run"
    known = [forecast.seconds for forecast in due if forecast.seconds is not None]
    if not known:
        return f"{run}; none of them ever ran here, so that their cost is not known"
    unknown = f", and {len(due) - len(known)} of them never ran here" if len(known) < len(due) else ""
    return f"{run}; they took {write_seconds(sum(known))} last time{unknown}"
