"""Tables in Delta: created from their contract, replaced slice by slice, each write looked up afterwards."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from delta.tables import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from resonance.core.errors import ConservationError, ContractError
from resonance.core.table import Commit, Slice, Table
from resonance.runtime import resources

ANEW = "name another --workspace, where it is made anew from the sources"


class DeltaCatalog:
    """Production catalog: tables below a workspace folder or as ``catalog.schema.table``.

    Args:
        root: folder (path or URI) that holds the tables, where no schema is given.
        schema: ``catalog.schema`` or ``schema`` that holds them instead.
    """

    def __init__(self, spark: SparkSession, root: str, schema: str | None = None) -> None:
        self._spark = spark
        self._root = root.rstrip("/")
        self._schema = schema

    def name(self, table: Table) -> str:
        """How SQL names the table."""
        return f"{self._schema}.{table.name}" if self._schema else f"delta.`{self._path(table)}`"

    def exists(self, table: Table) -> bool:
        """Whether the table was created."""
        if self._schema:
            return bool(self._spark.catalog.tableExists(f"{self._schema}.{table.name}"))
        return bool(DeltaTable.isDeltaTable(self._spark, self._path(table)))

    def read(self, table: Table, at: int | None = None) -> DataFrame:
        """The table (at a version, if given); an empty frame of its schema where nothing was written yet.

        Raises:
            ContractError: the table lacks columns, as one that was written under an older contract does.
        """
        contract = resources.contract(table)
        if not self.exists(table):
            return self._spark.createDataFrame([], contract.schema)
        reader = self._spark.read.format("delta")
        if at is not None:
            reader = reader.option("versionAsOf", at)
        frame = reader.table(f"{self._schema}.{table.name}") if self._schema else reader.load(self._path(table))
        if missing := [column.name for column in contract.columns if column.name not in frame.columns]:
            raise ContractError(
                f"table {table.name}: has no column {', '.join(missing)} of contract {contract.version}; an older version of "
                f"resonance wrote it: {ANEW}"
            )
        return frame

    def write(self, table: Table, rows: DataFrame, slice: Slice, note: Mapping[str, object]) -> Commit:
        """Replace one named slice.

        Raises:
            ContractError: rows break the contract, or lie outside the slice.
            ConservationError: the slice does not hold the rows that the commit claims.
        """
        condition = where(slice)
        commit = self._commit(table, rows, "overwrite", {"replaceWhere": condition}, note)
        found = self.read(table).where(condition).count()
        if found != commit.rows:
            raise ConservationError(f"table {table.name}: wrote {commit.rows} rows where {condition}, found {found}")
        return commit

    def append(self, table: Table, rows: DataFrame, transaction: tuple[str, int], note: Mapping[str, object]) -> Commit:
        """Append rows once for a (name, rising number) transaction; a repeated one is skipped, and says so."""
        name, number = transaction
        options = {"txnAppId": name, "txnVersion": str(number)}
        return self._commit(table, rows, "append", options, {**note, "transaction": [name, number]})

    def committed(self, table: Table, transaction: str) -> int | None:
        """The highest number appended under this transaction name, or None."""
        if not self.exists(table):
            return None
        notes = (_note(row["userMetadata"]) for row in self._delta(table).history().select("userMetadata").collect())
        done = [note["transaction"][1] for note in notes if (note.get("transaction") or [None])[0] == transaction]
        return max(done, default=None)

    def version(self, table: Table) -> int | None:
        """The table's current version, or None where nothing was written yet."""
        if not self.exists(table):
            return None
        return int(self._delta(table).history(1).select("version").collect()[0]["version"])

    def maintain(self, table: Table, keep_hours: float) -> None:
        """Compact and cluster the table's files; remove those that no version of the last ``keep_hours`` needs."""
        hours = max(int(keep_hours) + 1, 168)
        kept = f"'interval {hours} hours'"
        self._spark.sql(
            f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES "
            f"('delta.deletedFileRetentionDuration' = {kept}, 'delta.logRetentionDuration' = {kept})"
        )
        delta = self._delta(table)
        delta.optimize().executeCompaction()
        delta.vacuum(float(hours))

    def _path(self, table: Table) -> str:
        return f"{self._root}/{table.name}"

    def _delta(self, table: Table) -> DeltaTable:
        if self._schema:
            return DeltaTable.forName(self._spark, f"{self._schema}.{table.name}")
        return DeltaTable.forPath(self._spark, self._path(table))

    def _create(self, table: Table) -> None:
        contract = resources.contract(table)
        builder = DeltaTable.createIfNotExists(self._spark).comment(contract.meaning)
        builder = builder.tableName(f"{self._schema}.{table.name}") if self._schema else builder.location(self._path(table))
        for column in contract.columns:
            builder = builder.addColumn(column.name, column.type, nullable=not column.required, comment=column.meaning)
        if contract.cluster_by:
            builder = builder.clusterBy(contract.cluster_by)
        for rule in contract.rules:
            builder = builder.property(f"delta.constraints.{rule.name}", rule.expression)
        if contract.append_only:
            builder = builder.property("delta.appendOnly", "true")
        builder.property("resonance.contract", contract.version).execute()

    def _commit(self, table: Table, rows: DataFrame, mode: str, options: Mapping[str, str], note: Mapping[str, object]) -> Commit:
        if not self.exists(table):
            self._create(table)
        token = uuid.uuid4().hex
        metadata = {**note, "token": token}
        writer = resources.contract(table).conform(rows).write.format("delta").mode(mode)
        writer = writer.options(**options).option("userMetadata", json.dumps(metadata, sort_keys=True))
        try:
            if self._schema:
                writer.saveAsTable(f"{self._schema}.{table.name}")
            else:
                writer.save(self._path(table))
        except PySparkException as error:
            raise self._explained(table, error) from error
        last = self._delta(table).history(5).select("version", "userMetadata", "operationMetrics").collect()
        for row in last:
            if _note(row["userMetadata"]).get("token") == token:
                written = int((row["operationMetrics"] or {}).get("numOutputRows", 0))
                return Commit(table.name, int(row["version"]), written, metadata=metadata)
        return Commit(table.name, int(last[0]["version"]), 0, skipped=True, metadata=metadata)

    def _explained(self, table: Table, error: PySparkException) -> Exception:
        """A broken promise as one line; anything else as it is. Values are left out: they may hold text."""
        for pattern, message in BROKEN_PROMISES:
            if found := re.search(pattern, str(error)):
                now, then = resources.contract(table).version, self._made_under(table)
                old = "" if now == then else f"; it was made under contract {then}, this is {now}: {ANEW}"
                return ContractError(f"table {table.name}: {message.format(*found.groups())}; nothing was written{old}")
        return error

    def _made_under(self, table: Table) -> str:
        """The version of the contract that the table was created with."""
        properties: dict[str, str] = self._delta(table).detail().select("properties").collect()[0][0]
        return properties["resonance.contract"]


def where(slice: Slice) -> str:
    """The slice as a SQL condition."""
    return " AND ".join(_condition(column, value) for column, value in slice.items())


def _condition(column: str, value: str | int | tuple[int, int] | tuple[str, ...]) -> str:
    if isinstance(value, int):
        return f"{column} = {value}"
    if isinstance(value, str):
        return f"{column} = {_quoted(value)}"
    if isinstance(value[0], int):
        return f"{column} BETWEEN {value[0]} AND {value[1]}"
    return f"{column} IN ({', '.join(_quoted(str(name)) for name in value)})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _note(text: str | None) -> dict[str, Any]:
    try:
        note = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return note if isinstance(note, dict) else {}


BROKEN_PROMISES = (
    (r"CHECK constraint (\S+) \((.*?)\) violated", "rule {0} ({1}) is broken"),
    (r"NOT NULL constraint violated for column: (\w+)", "column {0} holds null"),
    (r"does not conform to partial table overwrite condition or constraint '(.*)'", "rows lie outside the slice {0}"),
)
