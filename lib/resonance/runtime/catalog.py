"""Tables in Delta: created from their contract, widened with it, replaced slice by slice, each write looked up afterwards."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from delta.tables import DeltaTable
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from resonance.core.contract import Column, Contract, Rule
from resonance.core.errors import ConservationError, ContractError
from resonance.core.table import Commit, Slice, Table
from resonance.runtime import resources

VERSION = "resonance.contract"
"""The table property that holds the version of the contract that the table keeps."""
ANEW = "make it anew from the sources with `resonance run --workspace ANOTHER`"


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

        Columns that a table of an older contract lacks are null.

        Raises:
            ContractError: the table lacks columns that its contract requires.
        """
        contract = resources.contract(table)
        if not self.exists(table):
            return self._spark.createDataFrame([], contract.schema)
        reader = self._spark.read.format("delta")
        if at is not None:
            reader = reader.option("versionAsOf", at)
        frame = reader.table(f"{self._schema}.{table.name}") if self._schema else reader.load(self._path(table))
        absent = {column.name for column in _absent(contract, frame.columns)}
        schema = contract.schema
        if frame.columns == schema.names:
            return frame
        return frame.select(
            *(F.lit(None).cast(f.dataType).alias(f.name) if f.name in absent else F.col(f.name) for f in schema.fields)
        )

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
        builder.property(VERSION, contract.version).execute()

    def _commit(self, table: Table, rows: DataFrame, mode: str, options: Mapping[str, str], note: Mapping[str, object]) -> Commit:
        if not self.exists(table):
            self._create(table)
        token = uuid.uuid4().hex
        metadata = {**note, "token": token}
        writer = resources.contract(table).conform(rows).write.format("delta").mode(mode)
        writer = writer.options(**options).option("userMetadata", json.dumps(metadata, sort_keys=True))
        self._save(table, writer)
        last = self._delta(table).history(5).select("version", "userMetadata", "operationMetrics").collect()
        for row in last:
            if _note(row["userMetadata"]).get("token") == token:
                written = int((row["operationMetrics"] or {}).get("numOutputRows", 0))
                return Commit(table.name, int(row["version"]), written, metadata=metadata)
        return Commit(table.name, int(last[0]["version"]), 0, skipped=True, metadata=metadata)

    def _save(self, table: Table, writer: DataFrameWriter, widened: bool = False) -> None:
        """Write, once more if what refused it was a table of an older minor version of its contract.

        A write that Delta refuses leaves nothing, a transaction's number neither: the second one is the first that counts.
        """
        try:
            if self._schema:
                writer.saveAsTable(f"{self._schema}.{table.name}")
            else:
                writer.save(self._path(table))
        except Exception as error:  # what Delta refuses while it appends is no PySparkException, but an error of py4j
            broken = _broken(error)
            if not broken:
                raise
            refusal = f"table {table.name}: {broken}; nothing was written"
            if widened or not self._widened(table, refusal):
                raise ContractError(refusal) from error
            self._save(table, writer, widened=True)

    def _widened(self, table: Table, refusal: str) -> bool:
        """Whether the table kept an older minor version of its contract, and was brought to this one.

        Raises:
            ContractError: ``refusal``, where the table is of another major version or cannot be widened.
        """
        contract, delta = resources.contract(table), self._delta(table)
        properties: dict[str, str] = delta.detail().select("properties").collect()[0][0]
        changes = list(_widening(contract, delta.toDF().schema, properties))
        then, now = properties.get(VERSION, contract.version), contract.version
        advice = f"{refusal}; it was made under contract {then}, this is {now}: {ANEW}"
        if _numbers(then)[:1] != _numbers(now)[:1]:
            raise ContractError(advice)
        if _numbers(then) >= _numbers(now) or not changes:
            return False
        try:
            for change in (*changes, f"SET TBLPROPERTIES ('{VERSION}' = '{now}')"):
                self._spark.sql(f"ALTER TABLE {self.name(table)} {change}")
        except PySparkException as error:
            raise ContractError(advice) from error
        return True


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


def _absent(contract: Contract, columns: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the contract that are not among a table's, none of them required.

    Raises:
        ContractError: a required one is not.
    """
    absent = tuple(column for column in contract.columns if column.name not in columns)
    if required := [column.name for column in absent if column.required]:
        raise ContractError(
            f"table {contract.name}: has no column {', '.join(required)} of contract {contract.version}; "
            f"an older version of resonance wrote it: {ANEW}"
        )
    return absent


def _widening(contract: Contract, schema: StructType, properties: Mapping[str, str]) -> Iterator[str]:
    """What ALTER TABLE is told so that a table takes all rows that the contract allows."""
    if absent := _absent(contract, schema.names):
        yield f"ADD COLUMNS ({', '.join(f'`{c.name}` {c.type} COMMENT {_quoted(c.meaning)}' for c in absent)})"
    optional = {column.name for column in contract.columns if not column.required}
    for field in schema.fields:
        if field.name in optional and not field.nullable:
            yield f"ALTER COLUMN `{field.name}` DROP NOT NULL"
    for rule in contract.rules:
        if _tokens(properties.get(f"delta.constraints.{rule.name.lower()}", "")) != _tokens(rule.expression):
            yield from _replacing(rule)


def _replacing(rule: Rule) -> tuple[str, ...]:
    """What ALTER TABLE is told to hold a rule in its new form: all rows pass it first, and one form holds at any time."""
    both = f"{rule.name}_widened"
    return (
        f"DROP CONSTRAINT IF EXISTS {both}",
        f"ADD CONSTRAINT {both} CHECK ({rule.expression})",
        f"DROP CONSTRAINT IF EXISTS {rule.name}",
        f"ADD CONSTRAINT {rule.name} CHECK ({rule.expression})",
        f"DROP CONSTRAINT {both}",
    )


def _tokens(expression: str) -> str:
    """An expression without its spaces: Delta adds some to those of ALTER TABLE."""
    return "".join(expression.split())


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _broken(error: Exception) -> str:
    """The promise that a write broke, in one line; empty for any other error. Values are left out: they may hold text."""
    for pattern, message in BROKEN_PROMISES:
        if found := re.search(pattern, str(error)):
            return message.format(*found.groups())
    return ""


def _note(text: str | None) -> dict[str, Any]:
    try:
        note = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return note if isinstance(note, dict) else {}


BROKEN_PROMISES = (
    (r"CHECK constraint (\S+) \((.*?)\) violated", "rule {0} ({1}) is broken"),
    (r"NOT NULL constraint violated for column: (\w+)", "column {0} holds null"),
    (
        r"schema mismatch detected when writing|Failed to merge fields|NOT NULL constraint, is missing from the data",
        "its columns are not those of the contract",
    ),
    (r"does not conform to partial table overwrite condition or constraint '(.*)'", "rows lie outside the slice {0}"),
)
