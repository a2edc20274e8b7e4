"""What operators read of the records that are kept of a dataset: lists of entries, moments, versions, runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from resonance.core.binding import Asked, UnmeasurableError
from resonance.core.records import Change, Run

NO_HISTORY = "nothing is known of the table's history: assess a Delta table by its path"


@dataclass(frozen=True)
class Published:
    """One published version.

    Args:
        version: of the table; None where the record does not say.
        rows: how many rows it should hold; None where the record does not say.
    """

    at: datetime
    version: int | None = None
    rows: int | None = None


def read_book(asked: Asked, name: str) -> list[Mapping[str, Any]]:
    """The entries of a file that the contract names.

    Raises:
        UnmeasurableError: it names none, or the file cannot be used.
    """
    found = read_entry(asked, name)
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise UnmeasurableError(f"{name}: the file must list entries with fields")
    return found


def read_entry(asked: Asked, name: str) -> Any:
    """What stands in a file that the contract names.

    Raises:
        UnmeasurableError: it names none, or the file cannot be used.
    """
    if name in asked.records.problems:
        raise UnmeasurableError(f"{name}: {asked.records.problems[name]}")
    if name not in asked.records.books:
        raise UnmeasurableError(f"the contract declares no {name}: name its file in adaqDeclared")
    return asked.records.books[name]


def read_history(asked: Asked) -> Sequence[Change]:
    """The commits of the table.

    Raises:
        UnmeasurableError: none are known.
    """
    if not asked.records.history:
        raise UnmeasurableError(NO_HISTORY)
    return asked.records.history


def list_published(asked: Asked) -> list[Published]:
    """Published versions, the oldest first: those on record, or else every version of the table, which readers see at once.

    Raises:
        UnmeasurableError: neither records nor a history are there, or a record has no time.
    """
    if "release_records" not in asked.contract.declared:
        if not asked.records.history:
            raise UnmeasurableError(f"the contract declares no release_records, and {NO_HISTORY}")
        return [Published(change.at, change.version) for change in asked.records.history if change.changes_rows]
    found = []
    for entry in read_book(asked, "release_records"):
        if (at := read_moment(entry.get("published_at"))) is None:
            raise UnmeasurableError("release_records: an entry has no published_at that can be read")
        found.append(Published(at, _whole(entry.get("table_version")), _whole(entry.get("rows"))))
    return sorted(found, key=lambda version: version.at)


def list_runs(asked: Asked) -> Sequence[Run]:
    """Runs on record, as events of OpenLineage tell of them, or as the workspace keeps them.

    Raises:
        UnmeasurableError: the contract names no events, or they cannot be used.
    """
    if asked.records.runs is not None and "run_events" not in asked.contract.declared:
        return asked.records.runs
    return read_events(read_book(asked, "run_events"))


def read_events(events: Sequence[Mapping[str, Any]]) -> list[Run]:
    """The runs that events of OpenLineage tell of, in the order of their first event.

    A run starts at its nominal time where that is on record. Facets tell the rest: ``version`` of a dataset,
    ``sourceCodeLocation`` of the job, ``executionParameters`` of the run.
    """
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        by_run.setdefault(str(_walk(event, "run", "runId")), []).append(event)
    return [_read_run(id, own) for id, own in by_run.items()]


def read_moment(given: Any) -> datetime | None:
    """A time as a moment, UTC where it has no zone; None where it is none."""
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given.strip())
        except ValueError:
            return None
    if isinstance(given, date) and not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day)
    if not isinstance(given, datetime):
        return None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _read_run(id: str, events: Sequence[Mapping[str, Any]]) -> Run:
    times = {str(event.get("eventType")): read_moment(event.get("eventTime")) for event in events}
    facets = [facet for event in events if isinstance(facet := _walk(event, "run", "facets"), Mapping)]
    nominal = next((at for facet in facets if (at := read_moment(_walk(facet, "nominalTime", "nominalStartTime")))), None)
    places = [place for event in events if (place := _walk(event, "job", "facets", "sourceCodeLocation"))]
    code = next((str(v) for place in places for key in ("version", "tag", "url") if (v := _walk(place, key))), "")
    return Run(
        id,
        nominal or times.get("START"),
        times.get("COMPLETE"),
        _read_datasets(events, "inputs"),
        _read_datasets(events, "outputs"),
        code,
        any("executionParameters" in facet for facet in facets),
    )


def _read_datasets(events: Sequence[Mapping[str, Any]], side: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for event in events:
        for entry in event.get(side) or ():
            version = _walk(entry, "facets", "version", "datasetVersion")
            name = str(_walk(entry, "name"))
            found[name] = found.get(name) if version is None else str(version)
    return found


def _walk(given: Any, *names: str) -> Any:
    for name in names:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given


def _whole(given: Any) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) else None
