"""Support: how soon people are answered, and whether what they ask for is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from resonance.assess.books import read_book, read_moment
from resonance.assess.methods.versions import say_share
from resonance.core.binding import Asked, Bound, UnmeasurableError


def bind_answers(asked: Asked) -> Bound:
    """Tickets of the last days that were answered within so many working days; those that may still be are not looked at."""
    good = due = 0
    for opened, entry in _list_tickets(asked):
        last = _add_working_days(opened.date(), int(asked.params["days"]))
        answered = read_moment(entry.get("answered_at"))
        in_time = answered is not None and answered.date() <= last
        good += in_time
        due += in_time or answered is not None or last < asked.now.date()
    return say_share(good, due, _no_ticket(asked))


def bind_resolved(asked: Asked) -> Bound:
    """Tickets of the last days that are resolved."""
    tickets = _list_tickets(asked)
    good = sum(read_moment(entry.get("resolved_at")) is not None for _, entry in tickets)
    return say_share(good, len(tickets), _no_ticket(asked))


def _list_tickets(asked: Asked) -> list[tuple[datetime, Mapping[str, object]]]:
    since = asked.now - timedelta(days=asked.params["window_days"])
    entries = [(read_moment(entry.get("opened_at")), entry) for entry in read_book(asked, "ticket_log")]
    if any(opened is None for opened, _ in entries):
        raise UnmeasurableError("ticket_log: an entry has no opened_at that can be read")
    return [(opened, entry) for opened, entry in entries if opened is not None and since <= opened <= asked.now]


def _no_ticket(asked: Asked) -> str:
    return f"ticket_log: no ticket of the last {asked.params['window_days']:g} days is due"


def _add_working_days(day: date, many: int) -> date:
    """The day that is so many days from Monday to Friday later; holidays are not known."""
    import numpy as np

    found: date = np.busday_offset(np.datetime64(day), many, roll="backward").astype(object)
    return found
