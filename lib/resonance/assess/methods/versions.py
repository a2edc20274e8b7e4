"""Versions: how often they are published, whether they can be read again, and what is on record of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from resonance.assess.books import list_published, read_book, read_history
from resonance.assess.mappings import down
from resonance.assess.methods.times import DAY, read_interval
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
"""Semantic Versioning 2.0.0."""
NOTED = ("author", "reason", "run", "code")
COUNTED = ("added", "removed", "changed")


def say(score: float, raw: float | None = None) -> Bound:
    """A score that no row changes."""
    return Bound(lambda _: Finding(score, score if raw is None else raw))


def say_share(good: int, all: int, lacking: str) -> Bound:
    """A share that no row changes.

    Raises:
        UnmeasurableError: there is nothing to divide by; ``lacking`` says what.
    """
    if not all:
        raise UnmeasurableError(lacking)
    return say(good / all)


def bind_cadence(asked: Asked) -> Bound:
    """How far the newest versions keep the promised interval on average."""
    promised = read_interval(asked, "sla_frequency") * DAY
    newest = list_published(asked)[-int(asked.params["versions"]) :]
    if len(newest) < 2:
        raise UnmeasurableError("fewer than two published versions: there is no interval")
    gap = (newest[-1].at - newest[0].at).total_seconds() / (len(newest) - 1)
    return say(1.0 if gap <= promised else promised / gap, gap / DAY)


def bind_staleness(asked: Asked) -> Bound:
    """How long ago the last version was published."""
    promised, published = read_interval(asked, "sla_frequency") * DAY, list_published(asked)
    if not published:
        raise UnmeasurableError("no version was published")
    age = (asked.now - published[-1].at).total_seconds()
    if age < 0:
        raise UnmeasurableError("the last version was published after the moment at which ages are taken")
    return say(down(age, promised, asked.params["worst_multiple"] * promised), age / DAY)


def bind_release_lag(asked: Asked) -> Bound:
    """How long the newest published version waited after the last change of its rows."""
    promised = read_interval(asked, "sla_latency") * DAY
    read_book(asked, "release_records")
    published, changes = list_published(asked), read_history(asked)
    if not published:
        raise UnmeasurableError("release_records list no version")
    before = [change.at for change in changes if change.changes_rows and change.at <= published[-1].at]
    if not before:
        raise UnmeasurableError("the last published version is older than all known commits")
    lag = (published[-1].at - before[-1]).total_seconds()
    return say(down(lag, promised, asked.params["worst_multiple"] * promised), lag / DAY)


def bind_restorability(asked: Asked) -> Bound:
    """The newest published versions that can be read again with as many rows as are on record."""
    look = asked.records.look_at_version
    if look is None:
        raise UnmeasurableError("nothing can be read of earlier versions: assess a Delta table by its path")
    good, newest = 0, list_published(asked)[-int(asked.params["versions"]) :]
    for version in newest:
        recorded, found = (None, None) if version.version is None else look(version.version)
        due = recorded if version.rows is None else version.rows
        good += found is not None and found == due
    return say_share(good, len(newest), "no version was published")


def bind_commit_notes(asked: Asked) -> Bound:
    """Commits that say who made them, why, in which run and with which code."""
    changes = read_history(asked)
    return say_share(sum(all(change.note.get(name) for name in NOTED) for change in changes), len(changes), "no commit is known")


def bind_release_records(asked: Asked) -> Bound:
    """Published versions that are on record in full."""
    entries = read_book(asked, "release_records")
    return say_share(sum(map(_is_full, entries)), len(entries), "release_records list no version")


def _is_full(entry: Mapping[str, Any]) -> bool:
    counts = [entry.get(name) for name in COUNTED]
    return (
        SEMVER.fullmatch(str(entry.get("version", ""))) is not None
        and all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts)
        and all(str(entry.get(name) or "").strip() for name in ("changelog", "owner"))
    )
