"""Tables in folders or object storage: staged by the engine, looked at, then committed by delta-rs. The only import of deltalake.

Stage: the engine writes Parquet files below the table's folder that no log names yet. Look: their footers say whether the rows
keep the contract and lie in the slice, and for what these cannot say the narrow columns of a small file, or one query over them.
Commit: the log adds these files, and removes those that they replace, in one version. What is killed before leaves files that no
version holds; ``maintain`` removes them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction

from resonance.core.arrow import make_arrow
from resonance.core.binding import UnmeasurableError
from resonance.core.errors import ConservationError, ContractError
from resonance.core.files import plain_path
from resonance.core.frames import load_parquet, make_frame
from resonance.core.places import LocalFiles
from resonance.core.storage import TableFiles
from resonance.core.table import Commit, Slice, Table
from resonance.runtime import resources
from resonance.runtime.storage.claims import find_broken
from resonance.runtime.storage.conditions import describe, lies_inside, where
from resonance.runtime.storage.contract_versions import find_absent, is_older, refusal, same_expression
from resonance.runtime.storage.data_files import DataFile
from resonance.runtime.storage.history import read_commit
from resonance.runtime.storage.leftovers import STAGED, remove_leftovers
from resonance.runtime.storage.log import VERSION, commit_actions, first_actions, metadata, promises
from resonance.runtime.storage.notes import write_note
from resonance.runtime.storage.retention import LEAST_HOURS, count_hours, promise_retention

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame

    from resonance.core.contract import Contract
    from resonance.core.records import Change
    from resonance.core.table import Rows
    from resonance.runtime.engines.engine import Engine

ATTEMPTS = 50
"""How often a commit is tried anew where other writers come first."""
CHANGED = {"job": "contract", "reason": "the contract of the table, or how long its files are kept, changed"}
KEPT = "`resonance maintain` keeps those of the newest rounds, and of a week"
CONVERT = "run `resonance maintain` once: it keeps the rows, and drops the versions before"


@dataclass
class Attempt:
    """A write on its way into the log.

    Storage may carry out what it refuses in the end, and its answer may be lost: that a commit failed does not say that it was not
    made.

    Args:
        transaction: the name and number under which it counts once.
        token: what its version has in the log.
        version: the one that it may have become; None where it certainly became none.
    """

    transaction: tuple[str, int] | None = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    version: int | None = None


class FolderCatalog:
    """Production catalog of a workspace: one folder a table.

    Args:
        files: where the folders of tables lie.
        engine: opens the engine; called when rows are first read or written.
    """

    def __init__(self, files: TableFiles, engine: Callable[[], Engine]) -> None:
        self._files = files
        self._engine = engine

    def exists(self, table: Table) -> bool:
        """Whether the table was created."""
        return self._files.holds(f"{table.name}/_delta_log", ".json")

    def read(self, table: Table, at: int | None = None) -> DataFrame:
        """The table (at a version, if given); an empty frame of its schema where nothing was written yet.

        Columns that a table of an older contract lacks are null.

        Raises:
            ContractError: the table lacks columns that its contract requires.
            ConservationError: files of this version are gone.
        """
        paths = self._paths(table, at)
        if not paths:
            return make_frame(self._engine().session, [], resources.contract(table).schema)
        return self._load(table, paths)

    def rows(self, table: Table, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """All rows of a small table, read without an engine; of these columns alone, where some are named."""
        names = list(columns) or resources.contract(table).schema.names
        found = [row for path in self._paths(table, None) for row in _rows(self._files.open(f"{table.name}/{path}"), names)]
        return [{name: row.get(name) for name in names} for row in found]

    def count(self, table: Table) -> int:
        """The rows of the table, as its log says."""
        return sum(file["num_records"] for file in _files(self._delta(table))) if self.exists(table) else 0

    def write(self, table: Table, rows: Rows, slice: Slice, note: Mapping[str, object]) -> Commit:
        """Replace one named slice. Where another writer commits first, what the slice holds is looked up anew.

        Raises:
            ContractError: rows break the contract, or lie outside the slice.
            ConservationError: files hold other rows than were written, or other writers never ceased.
        """
        delta = self._open(table)
        staged = self._stage(table, rows, slice, delta)
        attempt, rest = Attempt(), list[DataFile]()
        try:
            for _ in range(ATTEMPTS):
                inside, mixed = self._split_replaced(table, delta, slice) if delta else ([], [])
                if mixed:  # their other rows are written again
                    self._remove(table, rest, attempt)
                    others = self._load(table, mixed).where(f"NOT coalesce({where(slice)}, false)")
                    rest = self._stage(table, others, None, delta)
                if not staged and not inside and not mixed:
                    return Commit(table.name, delta.version() if delta else None, 0, metadata=note)
                version = self._commit(table, delta, [*staged, *rest], [*inside, *mixed], note, attempt)
                delta = None if version is not None else self._open(table)
                if version is not None or (version := self._find_own(table, attempt)) is not None:
                    return Commit(table.name, version, sum(file.rows for file in staged), metadata=note)
            raise ConservationError(f"table {table.name}: other writers committed {ATTEMPTS} times in between")
        except BaseException:
            self._remove(table, [*staged, *rest], attempt)
            raise

    def append(self, table: Table, rows: Rows, transaction: tuple[str, int], note: Mapping[str, object]) -> Commit:
        """Append rows once for a (name, rising number) transaction; a repeated one is skipped, and says so."""
        name, number = transaction
        metadata = {**note, "transaction": [name, number]}
        attempt, staged = Attempt(transaction), list[DataFile]()
        try:
            for turn in range(ATTEMPTS):
                delta = self._open(table)
                if (version := self._find_own(table, attempt)) is not None:
                    return Commit(table.name, version, sum(file.rows for file in staged), metadata=metadata)
                done = delta.transaction_version(name) if delta else None
                if done is not None and done >= number:
                    self._remove(table, staged, attempt)
                    return Commit(table.name, delta.version() if delta else None, 0, skipped=True, metadata=metadata)
                if turn == 0:
                    staged = self._stage(table, rows, None, delta)
                if not staged:
                    return Commit(table.name, delta.version() if delta else None, 0, metadata=metadata)
                version = self._commit(table, delta, staged, [], metadata, attempt)
                if version is not None:
                    return Commit(table.name, version, sum(file.rows for file in staged), metadata=metadata)
            raise ConservationError(f"table {table.name}: other writers committed {ATTEMPTS} times in between")
        except BaseException:
            self._remove(table, staged, attempt)
            raise

    def committed(self, table: Table, transaction: str) -> int | None:
        """The highest number appended under this transaction name, or None."""
        return self._delta(table).transaction_version(transaction) if self.exists(table) else None

    def version(self, table: Table) -> int | None:
        """The table's current version, or None where nothing was written yet."""
        return self._delta(table).version() if self.exists(table) else None

    def history(self, table: Table) -> list[Change]:
        """The commits that the table's log still holds, the oldest first."""
        logs = [log for log in self._files.find(f"{table.name}/_delta_log", ".json") if Path(log).stem.isdigit()]
        return [read_commit(int(Path(log).stem), self._files.read(log), self._files.look(log).modified) for log in logs]

    def look_at(self, table: Table, version: int) -> tuple[int | None, int | None]:
        """The rows that a version should hold by its log, and those that its files hold; None where one is gone."""
        return look_at_version(self._files.name(table.name), version, lambda path: self._files.open(f"{table.name}/{path}"))

    def maintain(self, table: Table, since: datetime | None) -> None:
        """Merge small files, sort by bucket, and remove files that no version needs which was current at ``since`` or later.

        A table that an older version of resonance clustered becomes one that every engine can write; its old versions go. What
        killed writers left goes at once where tables lie in a folder, which has one writer; in object storage after a week, as
        another driver may be writing it now.
        """
        if not self.exists(table):
            self._remove_leftovers(table, there=False)
            return
        if _is_clustered(self._delta(table)):
            self._convert(table)
        contract = resources.contract(table)
        self._promise(table, promise_retention(since))
        delta, why = self._delta(table), CommitProperties(custom_metadata={"userMetadata": write_note({"job": "maintain"})})
        if len(_files(delta)) > 1:
            if contract.cluster_by:
                delta.optimize.z_order([contract.cluster_by], commit_properties=why)
            else:
                delta.optimize.compact(commit_properties=why)
        delta.vacuum(count_hours(since), dry_run=False, full=True, commit_properties=why)
        self._remove_leftovers(table, there=True)

    def _delta(self, table: Table, at: int | None = None) -> DeltaTable:
        return DeltaTable(self._files.name(table.name), version=at)

    def _paths(self, table: Table, at: int | None) -> list[str]:
        """The files of a version, by their names below the table's folder."""
        if not self.exists(table):
            return []
        delta = self._delta(table, at)
        if delta.protocol().min_reader_version > 1:
            raise ContractError(f"table {table.name}: another tool made it need features that resonance does not read; undo these")
        find_absent(resources.contract(table), [field.name for field in delta.schema().fields])
        paths = [file["path"] for file in _files(delta)]
        if gone := self._files.count_missing(table.name, paths):  # the embedded engine reads no rows from a file that is not there
            raise ConservationError(f"table {table.name}, version {delta.version()}: {gone} of {len(paths)} files are gone; {KEPT}")
        return paths

    def _load(self, table: Table, paths: Sequence[str]) -> DataFrame:
        """The rows of these files of a table; columns that they lack are null."""
        engine = self._engine()
        whole = [engine.locate(self._files.name(f"{table.name}/{path}")) for path in paths]
        return load_parquet(engine.session, whole, resources.contract(table).schema)

    def _open(self, table: Table) -> DeltaTable | None:
        """The table as it is now, widened where its contract grew; None where there is none yet.

        Raises:
            ContractError: it cannot be written: another major version, a clustered table, or rows that break a new rule.
        """
        if not self.exists(table):
            return None
        delta, contract = self._delta(table), resources.contract(table)
        if _is_clustered(delta):
            raise ContractError(f"table {table.name}: an older version of resonance clustered it: {CONVERT}")
        then = delta.metadata().configuration.get(VERSION, contract.version)
        absent = find_absent(contract, [field.name for field in delta.schema().fields])
        if not is_older(then, contract):
            if absent:
                raise ContractError(f"table {table.name}: its columns are not those of the contract; nothing was written")
            return delta
        held = _rules(delta)
        changed = {
            rule.name: rule.expression for rule in contract.rules if not same_expression(held.get(rule.name, ""), rule.expression)
        }
        if broken := self._broken(table, self._paths(table, None), changed):
            raise ContractError(f"{refusal(contract, then)}; rule {broken} ({changed[broken]}) is broken by rows of the table")
        self._promise(table, {})
        return self._delta(table)

    def _broken(self, table: Table, paths: Sequence[str], claims: Mapping[str, str]) -> str | None:
        """The name of the first claim that a row of these files breaks."""
        if not paths or not claims:
            return None
        broken = find_broken([self._files.open(f"{table.name}/{path}") for path in paths], claims)
        if asked := {name: claim for name, claim in claims.items() if name not in broken}:
            counted = (f"count_if(NOT coalesce({claim}, false)) AS c{n}" for n, claim in enumerate(asked.values()))
            counts = self._load(table, paths).selectExpr(*counted).collect()[0]
            broken |= {name: count > 0 for name, count in zip(asked, counts, strict=True)}
        return next((name for name in claims if broken[name]), None)

    def _promise(self, table: Table, properties: Mapping[str, str]) -> None:
        """Give the table the promises of its contract, and these properties, where it has not all of them."""
        contract = resources.contract(table)
        for _ in range(ATTEMPTS):
            delta = self._delta(table)
            about = delta.metadata()
            held = dict(about.configuration)
            if (promises(contract) | dict(properties)).items() <= held.items():
                return
            action = metadata(contract, str(about.id), about.created_time or 0, held | dict(properties))
            made = [{"metaData": action}]
            if commit_actions(self._files, table.name, delta.version() + 1, "CHANGE COLUMN", CHANGED, made):
                return
        raise ConservationError(f"table {table.name}: other writers committed {ATTEMPTS} times in between")

    def _stage(self, table: Table, rows: Rows, slice: Slice | None, delta: DeltaTable | None) -> list[DataFile]:
        """Files of the rows, none of them empty, that keep the promises of the table and lie in the slice."""
        if isinstance(rows, Sequence) and not rows:
            return []
        contract = resources.contract(table)
        folder = f"{STAGED}{uuid.uuid4().hex}"
        if table.restricted:
            self._files.restrict(table.name)
        try:
            if isinstance(rows, Sequence):
                self._files.put(f"{table.name}/{folder}/rows.parquet", _write_rows(rows, contract))
            else:
                engine = self._engine()
                engine.stage(contract.conform(rows), contract, engine.locate(self._files.name(f"{table.name}/{folder}")))
            self._files.remove([f"{table.name}/{folder}/_delta_log"])
            found = self._files.find(f"{table.name}/{folder}", "")
            paths = [path.removeprefix(f"{table.name}/") for path in found if path.endswith(".parquet")]
            files = [DataFile.read(self._files, table.name, path) for path in paths]
            full = [file for file in files if file.rows]
            self._files.remove(set(found) - {f"{table.name}/{file.path}" for file in full})
            if full:
                self._look(table, full, slice, _rules(delta) if delta else {rule.name: rule.expression for rule in contract.rules})
            else:
                self._files.remove([f"{table.name}/{folder}"])
        except BaseException:
            self._files.remove([f"{table.name}/{folder}"])
            raise
        return full

    def _look(self, table: Table, files: Sequence[DataFile], slice: Slice | None, rules: Mapping[str, str]) -> None:
        """Raise ContractError unless the staged rows keep every promise; footers answer for columns, one query for the rest."""
        claims = {f"rule {name} ({expression}) is broken": expression for name, expression in rules.items()}
        for column in (column for column in resources.contract(table).columns if column.required):
            counts = [file.nulls.get(column.name) for file in files]
            if any(counts):
                raise ContractError(f"table {table.name}: column {column.name} holds null; nothing was written")
            if None in counts:
                claims[f"column {column.name} holds null"] = f"`{column.name}` IS NOT NULL"
        unsure = {
            name: part
            for name, part in (slice or {}).items()
            if not all(lies_inside(*file.bounds.get(name, (None, None)), part) for file in files)
        }
        if unsure and slice:
            claims[f"rows lie outside the slice {describe(slice)}"] = where(unsure)
        if broken := self._broken(table, [file.path for file in files], claims):
            raise ContractError(f"table {table.name}: {broken}; nothing was written")

    def _split_replaced(self, table: Table, delta: DeltaTable, slice: Slice) -> tuple[list[str], list[str]]:
        """Files that hold rows of the slice alone, and such that hold others too."""
        inside: list[str] = []
        unsure: list[str] = []
        mixed: list[str] = []
        for file in _files(delta):
            verdicts = [lies_inside(file.get(f"min.{name}"), file.get(f"max.{name}"), part) for name, part in slice.items()]
            if all(verdicts):
                inside.append(file["path"])
            elif False not in verdicts:
                unsure.append(file["path"])
        for path in unsure:
            rows = self._load(table, [path])
            held, total = rows.selectExpr(f"count_if(coalesce({where(slice)}, false))", "count(1)").collect()[0]
            if held:
                (inside if held == total else mixed).append(path)
        return inside, mixed

    def _commit(
        self,
        table: Table,
        delta: DeltaTable | None,
        files: Sequence[DataFile],
        removed: Sequence[str],
        note: Mapping[str, object],
        attempt: Attempt,
    ) -> int | None:
        """The version that adds and removes these files; None where another writer was faster, or storage says so."""
        transaction, attempt.version = attempt.transaction, delta.version() + 1 if delta else 0
        if delta is None:
            named = (
                {"txn": {"appId": transaction[0], "version": transaction[1], "lastUpdated": int(time.time() * 1000)}}
                if transaction
                else {}
            )
            actions = [*first_actions(resources.contract(table)), *([named] if named else []), *(file.action() for file in files)]
            about = {**note, "token": attempt.token}
            return 0 if commit_actions(self._files, table.name, 0, "CREATE TABLE", about, actions) else None
        adds = [AddAction(file.path, file.size, {}, file.modified, True, file.statistics) for file in files]
        now = int(time.time() * 1000)
        removes = [RemoveAction(path, True, now, partition_values={}) for path in removed]
        properties = CommitProperties(
            custom_metadata={"userMetadata": write_note(note, token=attempt.token)},
            app_transactions=[Transaction(*transaction)] if transaction else None,
            max_commit_retries=0,  # what a slice replaces was looked up in this very version
        )
        with suppress(CommitFailedError):
            delta.create_write_transaction([*adds, *removes], "append", delta.schema(), commit_properties=properties)
            return attempt.version
        return None

    def _find_own(self, table: Table, attempt: Attempt) -> int | None:
        """The version that a commit made which seemed to fail; None where another writer made it, or nobody yet."""
        if attempt.version is None:
            return None
        try:
            log = self._files.read(f"{table.name}/_delta_log/{attempt.version:020d}.json")
        except FileNotFoundError:
            return None
        if attempt.token not in log:
            attempt.version = None
        return attempt.version

    def _remove(self, table: Table, files: Sequence[DataFile], attempt: Attempt) -> None:
        """Remove staged files that no version can hold; ``maintain`` removes the others once none does."""
        if attempt.version is None:
            self._files.remove({f"{table.name}/{PurePosixPath(file.path).parent}" for file in files})

    def _remove_leftovers(self, table: Table, *, there: bool) -> None:
        if not isinstance(self._files, LocalFiles):
            if not there:  # of one that is, a vacuum removes them
                old = (time.time() - 3600 * LEAST_HOURS) * 1000
                staged = self._files.find(table.name, ".parquet")
                self._files.remove([path for path in staged if self._files.look(path).modified < old])
            return
        needed: set[str] = set()
        if there:
            delta = self._delta(table)
            replaced = delta.vacuum(0, dry_run=True, enforce_retention_duration=False)  # vacuumed when they are old enough
            needed = {*(file["path"] for file in _files(delta)), *replaced}
        remove_leftovers(self._files.root / table.name, needed)

    def _convert(self, table: Table) -> None:
        """Give a clustered table a log of its own that starts with the rows as they are now; the files stay.

        Times that Spark once wrote in 96 bits are written anew, in microseconds.
        """
        if not isinstance(self._files, LocalFiles):
            raise ContractError(f"table {table.name}: Spark clustered it; copy it into a folder, and maintain it there")
        home, delta = self._files.root / table.name, self._delta(table)
        files = [self._modern(self._files, table.name, file["path"]) for file in _files(delta)]
        contract, now = resources.contract(table), f"{table.name}/.log-{uuid.uuid4().hex}"
        note = {"job": "maintain", "converted_from_version": delta.version()}
        commit_actions(self._files, now, 0, "CONVERT", note, [*first_actions(contract), *(file.action() for file in files)])
        old = home / f".log-before-{uuid.uuid4().hex}"
        (home / "_delta_log").rename(old)
        (self._files.root / now / "_delta_log").rename(home / "_delta_log")
        self._files.remove([now, f"{table.name}/{old.name}"])

    def _modern(self, files: LocalFiles, table: str, path: str) -> DataFile:
        place = files.root / table / path
        rows = pq.read_table(place, coerce_int96_timestamp_unit="us")
        old = [about.name for about in pq.ParquetFile(place).schema if about.physical_type == "INT96"]
        if not old:
            return DataFile.read(files, table, path)
        for name in old:
            rows = rows.set_column(rows.schema.get_field_index(name), name, rows[name].cast(pa.timestamp("us", "UTC")))
        target = f"{STAGED}{uuid.uuid4().hex}/{place.name}"
        (files.root / table / target).parent.mkdir(parents=True)
        pq.write_table(rows, files.root / table / target)
        return DataFile.read(files, table, target)


def _files(delta: DeltaTable) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    return files


def _rows(opened: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    file = pq.ParquetFile(opened, coerce_int96_timestamp_unit="us")
    table = file.read([name for name in file.schema_arrow.names if name in names])
    rows: list[dict[str, Any]] = table.to_pylist(maps_as_pydicts="strict")
    return rows


def _write_rows(rows: Sequence[Mapping[str, Any]], contract: Contract) -> bytes:
    """A Parquet file of rows of the driver: to have an engine write it takes longer than all else of a small step's record."""
    file = pa.BufferOutputStream()
    pq.write_table(make_arrow(rows, contract.schema), file)
    return bytes(file.getvalue())


def _rules(delta: DeltaTable) -> dict[str, str]:
    """The rules that the table holds rows to, by name."""
    prefix = "delta.constraints."
    return {key.removeprefix(prefix): value for key, value in delta.metadata().configuration.items() if key.startswith(prefix)}


def _is_clustered(delta: DeltaTable) -> bool:
    """Whether the table asks for features that older engines and delta-rs refuse to write."""
    return delta.protocol().min_writer_version > 4


def find_plain_files(table: Path) -> tuple[str, int, list[str]]:
    """The id of a Delta table, its version, and its files; no file where they do not hold all of its rows, and nothing else."""
    delta = DeltaTable(str(plain_path(table)))
    about = delta.metadata()
    plain = delta.protocol().min_reader_version == 1 and not about.partition_columns
    return str(about.id), delta.version(), [file["path"] for file in _files(delta)] if plain else []


def look_at_version(table: str | Path, version: int, read: Callable[[str], Any] | None = None) -> tuple[int | None, int | None]:
    """The rows that a version of a Delta table should hold by its log, and those that its files hold by their footers.

    ``read`` opens a file of the table; one of this machine where it is not given. None where the log does not say, and where the
    version or one of its files is gone.

    Raises:
        UnmeasurableError: files hold rows that the table does not.
    """
    try:
        delta = DeltaTable(str(table), version=version)
        files = _files(delta)
        if delta.protocol().min_reader_version > 2:
            raise UnmeasurableError("the table has features, such as deletion vectors, under which its rows cannot be counted")
        opened = (Path(table) / file["path"] if read is None else read(file["path"]) for file in files)
        found = sum(pq.ParquetFile(file).metadata.num_rows for file in opened)
    except (DeltaError, OSError, pa.ArrowInvalid):
        return None, None
    counts: list[Any] = [file.get("num_records") for file in files]
    return (None if None in counts else sum(counts)), found


def list_live_files(table: Path) -> list[Path]:
    """The files that hold the rows of a Delta table now, in order; none where its log cannot be read."""
    try:
        return sorted(table / file["path"] for file in _files(DeltaTable(str(table))))
    except (DeltaError, OSError):
        return []
