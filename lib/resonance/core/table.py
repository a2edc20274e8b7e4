"""What a table is, and the one seam through which jobs' results reach storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.records import Change

    Rows = DataFrame | Sequence[Mapping[str, Any]]
    """What is written: a frame, or a few rows that the driver made; a column that such a row lacks is null."""

Slice = Mapping[str, str | int | tuple[int, int] | tuple[str, ...]]
"""Names the part of a table that one write replaces: values of columns, a range with both ends included, or a choice of names."""


@dataclass(frozen=True)
class Table:
    """A declared table: its contract has the same name.

    Args:
        key: columns that identify a row.
        replaces: columns whose values name what a rerun replaces; empty means append only.
        version: rises when rows come to mean something else; what was written before is stale then.
        restricted: whether nobody but its owner may look into its folder.
    """

    name: str
    key: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    version: int = 1
    restricted: bool = False

    @property
    def append_only(self) -> bool:
        """Whether rows are only ever added."""
        return not self.replaces

    @property
    def by_run(self) -> bool:
        """Whether rows name the run that wrote them; a step sees only rows of runs that it builds on."""
        return "run" in self.key


@dataclass(frozen=True)
class Family:
    """Tables of one kind: a job is handed frames by member, or returns them, for the members that its settings choose.

    Jobs that each write some of the members name families of one name, and so does who reads them all.

    Args:
        members: the tables, by the names that settings choose them by.
        chosen_by: the setting that holds these names.
    """

    name: str
    members: tuple[tuple[str, Table], ...]
    chosen_by: str

    @property
    def tables(self) -> dict[str, Table]:
        """All members by name."""
        return dict(self.members)

    def choose(self, sections: Iterable[object]) -> dict[str, Table]:
        """The members that the first of these sections of settings that holds the choice names; all where none holds it."""
        choices = (getattr(section, self.chosen_by) for section in sections if hasattr(section, self.chosen_by))
        chosen = next(choices, self.tables)
        return {name: table for name, table in self.members if name in chosen}


def list_tables(entries: Iterable[Table | Family], sections: Iterable[object] | None = None) -> tuple[Table, ...]:
    """The tables of these entries: of a family the members that sections of settings choose, or all where none are given."""
    found: list[Table] = []
    for entry in entries:
        if isinstance(entry, Table):
            found.append(entry)
        else:
            found += (entry.tables if sections is None else entry.choose(sections)).values()
    return tuple(found)


@dataclass(frozen=True)
class Commit:
    """One finished write: the table's version after it, None where there is no table yet, and the rows that this write added."""

    table: str
    version: int | None
    rows: int
    skipped: bool = False
    metadata: Mapping[str, object] = field(default_factory=dict)


class Catalog(Protocol):
    """Where tables live. ``runtime.storage`` keeps them in Delta, ``testing.MemoryCatalog`` in the session.

    A table comes to be with its first rows.
    """

    def exists(self, table: Table) -> bool:
        """Whether the table was created."""
        ...

    def read(self, table: Table, at: int | None = None) -> DataFrame:
        """The table (at a version, if given); an empty frame of its schema where nothing was written yet."""
        ...

    def rows(self, table: Table, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """All rows of a small table, as dictionaries of Python values; of these columns alone, where some are named."""
        ...

    def count(self, table: Table) -> int:
        """The number of rows of the table."""
        ...

    def write(self, table: Table, rows: Rows, slice: Slice, note: Mapping[str, object]) -> Commit:
        """Replace one named slice of the table; ``note`` is kept as commit metadata, signed with author and code."""
        ...

    def append(self, table: Table, rows: Rows, transaction: tuple[str, int], note: Mapping[str, object]) -> Commit:
        """Append rows once for a (name, rising number) transaction; a repeated one is skipped, and says so."""
        ...

    def committed(self, table: Table, transaction: str) -> int | None:
        """The highest number appended under this transaction name, or None."""
        ...

    def version(self, table: Table) -> int | None:
        """The table's current version, or None where nothing was written yet."""
        ...

    def history(self, table: Table) -> list[Change]:
        """The commits that the table's log still holds, the oldest first; none where nothing was written yet."""
        ...

    def look_at(self, table: Table, version: int) -> tuple[int | None, int | None]:
        """The rows that a version should hold, and those that are found in it; None for what cannot be told."""
        ...

    def maintain(self, table: Table, since: datetime | None) -> None:
        """Merge small files, and remove those that no version needs which was current at ``since``, later, or in the last week."""
        ...


def collect_rows(frame: DataFrame) -> list[dict[str, Any]]:
    """The rows of a small frame; their times say that they are of UTC, where those that Spark gives say nothing."""
    return [_tell_utc(row.asDict(recursive=True)) for row in frame.collect()]


def _tell_utc(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)  # without a zone it is of this process's
    if isinstance(value, dict):
        return {key: _tell_utc(held) for key, held in value.items()}
    return [_tell_utc(held) for held in value] if isinstance(value, list) else value
