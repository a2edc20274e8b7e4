"""A catalog that keeps tables in the session: what tests of jobs need, without Delta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ContractError
from resonance.core.frames import make_frame
from resonance.core.places import LocalFiles
from resonance.core.records import Change
from resonance.core.table import Commit, Slice, Table, collect_rows
from resonance.runtime import resources
from resonance.runtime.engines.session import engine_of
from resonance.runtime.storage.conditions import describe, where
from resonance.runtime.storage.folder import FolderCatalog
from resonance.runtime.storage.notes import sign_note

if TYPE_CHECKING:
    from resonance.core.table import Rows


class MemoryCatalog:
    """Same promises as ``FolderCatalog`` for one process: contracts, slices, versions, transactions."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._versions: dict[str, list[DataFrame]] = {}
        self._transactions: dict[tuple[str, str], int] = {}
        self._history: dict[str, list[Change]] = {}

    def exists(self, table: Table) -> bool:
        """Whether the table was created."""
        return table.name in self._versions

    def rows(self, table: Table, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """All rows of the table; of these columns alone, where some are named."""
        return collect_rows(self.read(table).select(*(columns or ["*"])))

    def count(self, table: Table) -> int:
        """The number of rows of the table."""
        return self.read(table).count()

    def history(self, table: Table) -> list[Change]:
        """The commits of the table, the oldest first."""
        return self._history.get(table.name, [])

    def look_at(self, table: Table, version: int) -> tuple[int | None, int | None]:
        """The rows of a version, twice: none can be lost."""
        many = self.read(table, version).count()
        return many, many

    def maintain(self, table: Table, since: datetime | None) -> None:
        """Do nothing: there are no files."""

    def read(self, table: Table, at: int | None = None) -> DataFrame:
        """The table (at a version, if given); an empty frame of its schema where nothing was written yet."""
        versions = self._versions.get(table.name)
        if not versions:
            return make_frame(self._spark, [], resources.contract(table).schema)
        return versions[-1 if at is None else at]

    def write(self, table: Table, rows: Rows, slice: Slice, note: Mapping[str, object]) -> Commit:
        """Replace one named slice of the table."""
        condition = where(slice)
        new = self._check_rows(table, rows)
        if new.where(~F.coalesce(F.expr(condition), F.lit(False))).count():
            raise ContractError(f"table {table.name}: rows lie outside the slice {describe(slice)}; nothing was written")
        kept = self.read(table).where(~F.coalesce(F.expr(condition), F.lit(False)))
        return self._keep(table, kept.unionByName(new), new.count(), note)

    def append(self, table: Table, rows: Rows, transaction: tuple[str, int], note: Mapping[str, object]) -> Commit:
        """Append rows once for a (name, rising number) transaction."""
        name, number = transaction
        done = self.committed(table, name)
        if done is not None and done >= number:
            return Commit(table.name, self.version(table) or 0, 0, skipped=True, metadata=note)
        new = self._check_rows(table, rows)
        self._transactions[table.name, name] = number
        return self._keep(table, self.read(table).unionByName(new), new.count(), note)

    def committed(self, table: Table, transaction: str) -> int | None:
        """The highest number appended under this transaction name, or None."""
        return self._transactions.get((table.name, transaction))

    def version(self, table: Table) -> int | None:
        """The table's current version, or None where nothing was written yet."""
        versions = self._versions.get(table.name)
        return len(versions) - 1 if versions else None

    def _check_rows(self, table: Table, rows: Rows) -> DataFrame:
        contract = resources.contract(table)
        new = hold(contract.make_frame(self._spark, rows))
        promises = {f"rule {rule.name} ({rule.expression}) is broken": F.expr(rule.expression) for rule in contract.rules}
        promises |= {f"column {c.name} holds null": F.col(c.name).isNotNull() for c in contract.columns if c.required}
        broken = new.agg(*(F.count_if(~F.coalesce(claim, F.lit(True))) for claim in promises.values())).collect()[0]
        for message, rows_broken in zip(promises, broken, strict=True):
            if rows_broken:
                raise ContractError(f"table {table.name}: {message}; nothing was written")
        return new

    def _keep(self, table: Table, rows: DataFrame, added: int, note: Mapping[str, object]) -> Commit:
        versions = self._versions.setdefault(table.name, [])
        versions.append(hold(rows))
        said = {name: str(value) for name, value in sign_note(note).items()}
        self._history.setdefault(table.name, []).append(Change(len(versions) - 1, datetime.now(UTC), said))
        return Commit(table.name, len(versions) - 1, added, metadata=note)


def hold(rows: DataFrame) -> DataFrame:
    """The same rows, computed once and kept on the driver."""
    return rows.sparkSession.createDataFrame(rows.collect(), rows.schema)


def folder_catalog(spark: SparkSession, folder: Path) -> FolderCatalog:
    """The production catalog of tables below ``folder``, for a session that runs."""
    return FolderCatalog(LocalFiles(folder), lambda: engine_of(spark))
