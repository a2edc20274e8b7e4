"""Tables that Spark alone keeps, in a catalog or on HDFS: created from their contract, widened with it, each write looked up."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, DataFrameWriterV2, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import ConservationError, ContractError, StorageError
from resonance.core.frames import make_frame
from resonance.core.hdfs import remove_hollow
from resonance.core.objects import parse_address
from resonance.core.records import Change
from resonance.core.table import Commit, Slice, Table, collect_rows
from resonance.runtime import resources
from resonance.runtime.engines.explain import first_words
from resonance.runtime.storage.alterations import widen_table, write_creation
from resonance.runtime.storage.conditions import describe, where, write_properties
from resonance.runtime.storage.contract_versions import find_absent, is_older, refusal
from resonance.runtime.storage.history import read_note
from resonance.runtime.storage.log import VERSION
from resonance.runtime.storage.notes import sign_note, write_note
from resonance.runtime.storage.retention import count_hours, promise_retention

if TYPE_CHECKING:
    from resonance.core.table import Rows
    from resonance.runtime.storage.table_names import TableNames

OF_SESSION = "spark.databricks.delta.commitInfo.userMetadata"
"""The setting whose value commits of a session have as their note."""
KEEPS_ROWS = (
    *("CREATE TABLE", "OPTIMIZE", "VACUUM START", "VACUUM END"),
    *("SET TBLPROPERTIES", "ADD COLUMNS", "ADD CONSTRAINT", "DROP CONSTRAINT", "CHANGE COLUMN"),
)
"""Operations that change no row."""
OVERTAKEN = re.compile(r"DELTA_(?:CONCURRENT_\w+|METADATA_CHANGED|PROTOCOL_CHANGED)")
"""What Delta says where another driver committed first what a commit cannot stand upon."""
ABSENT = re.compile(r"\[(?:PATH_NOT_FOUND|DELTA_(?:TABLE_NOT_FOUND|MISSING_DELTA_TABLE|CREATE_TABLE_WITH_NON_EMPTY_LOCATION))\]")
"""What is said where no table lies, and where Delta makes none as something else does."""
ATTEMPTS = 50
"""How often a commit is tried anew where other drivers come first."""
LATEST = 50
"""Among so many of the newest versions a commit that was just made is found."""
PATIENCE = 30
"""Seconds until a folder without a table counts as one that a killed driver left."""


class SparkCatalog:
    """Production catalog of a cluster.

    Args:
        spark: the session.
        names: how SQL names the tables.
    """

    def __init__(self, spark: SparkSession, names: TableNames) -> None:
        self._spark = spark
        self._names = names
        self._turns: dict[str, threading.Lock] = {}

    def name(self, table: Table) -> str:
        """How SQL names the table."""
        return self._names.name(table)

    def exists(self, table: Table) -> bool:
        """Whether the table was created.

        What lies at an address is looked up as for reading: once ``_delta_log`` held no version, ``isDeltaTable`` says no for good.
        """
        place = self._names.locate(table)
        if place is None:
            return bool(self._spark.catalog.tableExists(self.name(table)))
        try:
            return bool(self._spark.table(self.name(table)).columns)
        except Exception as error:  # what Hadoop says has many names
            if ABSENT.search(str(error)):
                return False
            raise StorageError(f"tables: {place} cannot be read: {first_words(error)[:300]}") from error

    def rows(self, table: Table, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """All rows of a small table; of these columns alone, where some are named."""
        return collect_rows(self.read(table).select(*(columns or ["*"])))

    def count(self, table: Table) -> int:
        """The rows of the table."""
        return self.read(table).count()

    def read(self, table: Table, at: int | None = None) -> DataFrame:
        """The table (at a version, if given); an empty frame of its schema where nothing was written yet.

        Columns that a table of an older contract lacks are null.

        Raises:
            ContractError: the table lacks columns that its contract requires.
        """
        contract = resources.contract(table)
        if not self.exists(table):
            return make_frame(self._spark, [], contract.schema)
        reader = self._spark.read.format("delta")
        if at is not None:
            reader = reader.option("versionAsOf", at)
        frame = reader.table(self.name(table))
        absent = {column.name for column in find_absent(contract, frame.columns)}
        schema = contract.schema
        if frame.columns == schema.names:
            return frame
        return frame.select(
            *(F.lit(None).cast(f.dataType).alias(f.name) if f.name in absent else F.col(f.name) for f in schema.fields)
        )

    def write(self, table: Table, rows: Rows, slice: Slice, note: Mapping[str, object]) -> Commit:
        """Replace one named slice.

        Raises:
            ContractError: rows break the contract, or lie outside the slice.
            ConservationError: the slice does not hold the rows that the commit claims.
        """
        condition = where(slice)
        commit = self._commit(table, rows, slice, {}, note)
        found = self.read(table, at=commit.version).where(condition).count()
        if found != commit.rows:
            raise ConservationError(f"table {table.name}: wrote {commit.rows} rows where {condition}, found {found}")
        return commit

    def append(self, table: Table, rows: Rows, transaction: tuple[str, int], note: Mapping[str, object]) -> Commit:
        """Append rows once for a (name, rising number) transaction; a repeated one is skipped, and says so."""
        name, number = transaction
        options = {"txnAppId": name, "txnVersion": str(number)}
        return self._commit(table, rows, None, options, {**note, "transaction": [name, number]})

    def committed(self, table: Table, transaction: str) -> int | None:
        """The highest number appended under this transaction name, or None."""
        if not self.exists(table):
            return None
        notes = (_note(row["userMetadata"]) for row in self._look_back(table).select("userMetadata").collect())
        done = [note["transaction"][1] for note in notes if (note.get("transaction") or [None])[0] == transaction]
        return max(done, default=None)

    def version(self, table: Table) -> int | None:
        """The table's current version, or None where nothing was written yet."""
        if not self.exists(table):
            return None
        return int(self._look_back(table, 1).collect()[0]["version"])

    def history(self, table: Table) -> list[Change]:
        """The commits that the table's log still holds, the oldest first."""
        if not self.exists(table):
            return []
        told = self._look_back(table).select("version", "timestamp", "userName", "userMetadata", "operation")
        return [
            Change(row["version"], row["timestamp"].astimezone(UTC), dict(read_note(row)), row["operation"] not in KEEPS_ROWS)
            for row in sorted((found.asDict() for found in told.collect()), key=lambda found: int(found["version"]))
        ]

    def look_at(self, table: Table, version: int) -> tuple[int | None, int | None]:
        """The rows of a version by its log, and those that reading one column finds; None where it cannot be read any more."""
        first = resources.contract(table).schema.names[0]
        try:
            rows = self.read(table, at=version)
            return rows.count(), rows.agg(F.count(F.col(first).isNull())).collect()[0][0]
        except Exception:  # what Delta and the file system raise for files that are gone has many names
            return None, None

    def maintain(self, table: Table, since: datetime | None) -> None:
        """Compact and cluster the table's files; remove those that no version needs which was current at ``since`` or later.

        Delta reads no version that is older than files are kept: they are kept as long as the version of that time is old.
        """
        if not self.exists(table):
            return
        since = since and self._find_commit(table, since)
        kept = write_properties(promise_retention(since))
        with self._signed("maintain"):
            self._spark.sql(f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES ({kept})")
            self._spark.sql(f"OPTIMIZE {self.name(table)}")
            self._spark.sql(f"VACUUM {self.name(table)} RETAIN {count_hours(since)} HOURS")

    def _find_commit(self, table: Table, moment: datetime) -> datetime:
        """When the version that was current at that moment was committed; the moment itself where the log does not tell."""
        commits = self._look_back(table).select(F.col("timestamp").cast("double").alias("at")).collect()
        before = [row["at"] for row in commits if row["at"] <= moment.timestamp()]
        return datetime.fromtimestamp(max(before, default=moment.timestamp()), UTC)

    @contextmanager
    def _signed(self, reason: str) -> Iterator[None]:
        """Commits that take no note of their own have one of this reason. The note of a write stands before it."""
        self._spark.conf.set(OF_SESSION, write_note({"reason": reason}))
        try:
            yield
        finally:
            self._spark.conf.unset(OF_SESSION)

    def _look_back(self, table: Table, number: int | None = None) -> DataFrame:
        """What Delta tells of so many of the newest versions, the newest first; of all where no number is given.

        By SQL: functions of Delta take no name of three parts on open Spark, and need a plug-in of a Connect server.
        """
        return self._spark.sql(f"DESCRIBE HISTORY {self.name(table)}" + (f" LIMIT {number}" if number else ""))

    def _create(self, table: Table) -> None:
        """Have the table be there, without rows.

        Delta makes none in a folder that holds something: another driver is about to commit the first version there, or was killed
        before it did.

        Raises:
            StorageError: something else lies where it is to lie.
        """
        place = self._names.locate(table)
        for _ in range(2):
            try:
                with self._signed("create the table"):
                    self._spark.sql(write_creation(self.name(table), resources.contract(table)))
            except PySparkException as error:
                if place is None or not ABSENT.search(str(error)):
                    raise
            if place is None or self._appears(table):
                return
            address = parse_address(place)
            remove_hollow(address.bucket, address.key)
        raise StorageError(f"table {table.name}: {place} holds other files, and no table; move them away")

    def _appears(self, table: Table) -> bool:
        """Whether the table is there, now or soon."""
        until = time.monotonic() + PATIENCE
        while not (there := self.exists(table)) and time.monotonic() < until:
            time.sleep(0.5)
        return there

    def _commit(
        self, table: Table, rows: Rows, slice: Slice | None, options: Mapping[str, str], note: Mapping[str, object]
    ) -> Commit:
        if not self.exists(table):
            self._repeat(table, lambda: self._create(table))
        token = uuid.uuid4().hex
        metadata = {**sign_note(note), "token": token}
        writer = resources.contract(table).make_frame(self._spark, rows).writeTo(self.name(table))
        writer = writer.options(**options).option("userMetadata", json.dumps(metadata, sort_keys=True))
        with self._turns.setdefault(table.name, threading.Lock()):  # of writes of one table at once Delta refuses all but one
            self._repeat(table, lambda: self._save(table, writer, slice))
        for number in (2, LATEST):  # the last is ours, or that of another driver is
            last = self._look_back(table, number).collect()
            for row in last:
                if _note(row["userMetadata"]).get("token") == token:
                    counted = row["operationMetrics"] or {}
                    written = int(counted.get("numOutputRows", 0)) - int(counted.get("numCopiedRows", 0))  # those of other slices
                    return Commit(table.name, int(row["version"]), written, metadata=metadata)
        return Commit(table.name, int(last[0]["version"]), 0, skipped=True, metadata=metadata)

    def _repeat(self, table: Table, commit: Callable[[], None]) -> None:
        """Commit; where another driver commits first, once more on what is there then.

        Raises:
            ConservationError: others never ceased.
        """
        for _ in range(ATTEMPTS):
            try:
                return commit()
            except Exception as error:  # what Delta refuses has classes of Java, of Spark and of its own
                if not OVERTAKEN.search(str(error)):
                    raise
        raise ConservationError(f"table {table.name}: other drivers committed {ATTEMPTS} times in between")

    def _save(self, table: Table, writer: DataFrameWriterV2, slice: Slice | None, widened: bool = False) -> None:
        """Replace the slice, or append where there is none; once more if a table of an older minor version refused it.

        The older writer, ``saveAsTable``, would replace the table, which Spark 3.5.9 refuses for Delta 3.3.
        A write that Delta refuses leaves nothing, a transaction's number neither: the second one is the first that counts.
        """
        try:
            if slice is None:
                writer.append()
            else:
                writer.overwrite(F.expr(where(slice)))
        except Exception as error:  # what Delta refuses while it appends is no PySparkException, but an error of py4j
            broken = _broken(error, slice or {})
            if not broken:
                raise
            if widened or not self._widen_older(table, broken):
                raise ContractError(f"table {table.name}: {broken}; nothing was written") from error
            self._save(table, writer, slice, widened=True)

    def _widen_older(self, table: Table, reason: str) -> bool:
        """Whether the table kept an older minor version of its contract, and was brought to this one.

        Raises:
            ContractError: the table is of another major version or cannot be widened.
        """
        contract = resources.contract(table)
        properties: dict[str, str] = self._spark.sql(f"DESCRIBE DETAIL {self.name(table)}").collect()[0]["properties"]
        changes = list(widen_table(contract, self._spark.table(self.name(table)).schema, properties))
        then = properties.get(VERSION, contract.version)
        advice = f"{reason}; {refusal(contract, then)}"
        try:
            if not is_older(then, contract) or not changes:
                return False
        except ContractError as error:
            raise ContractError(advice) from error
        try:
            with self._signed(f"widen the table to version {contract.version} of its contract"):
                for change in (*changes, f"SET TBLPROPERTIES ({write_properties({VERSION: contract.version})})"):
                    self._spark.sql(f"ALTER TABLE {self.name(table)} {change}")
        except PySparkException as error:
            raise ContractError(advice) from error
        return True


def _broken(error: Exception, slice: Slice) -> str:
    """The promise that a write broke, in one line; empty for any other error. Values are left out: they may hold text."""
    for pattern, message in BROKEN_PROMISES:
        if found := re.search(pattern, str(error)):
            return message.format(*found.groups(), slice=describe(slice)).replace("`", "")
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
    (r"does not conform to partial table overwrite condition or constraint", "rows lie outside the slice {slice}"),
)
