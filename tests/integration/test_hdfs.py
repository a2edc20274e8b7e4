"""Texts, tables, exports and checkpoints on a real cluster of HDFS are those of a folder; what is not there is one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from resonance.core import hdfs
from resonance.core.errors import BusyError, StorageError
from resonance.core.hdfs import list_files, list_names, put_folder
from resonance.core.objects import fetch_objects, open_object, parse_address, put_new
from resonance.core.places import HdfsFiles, LocalFiles
from resonance.core.settings import Config
from resonance.core.sources import find_files
from resonance.runtime.storage.export import MANIFEST
from resonance.runtime.storage.folder import FolderCatalog
from resonance.runtime.storage.hdfs_export import HdfsExport
from resonance.runtime.workspace import Workspace
from resonance.tables import DOCUMENTS, FILES, STEPS
from resonance.testing import tiny_corpus
from tests.hdfs import open_hdfs
from tests.integration.test_bucket_checkpoints import SHARED
from tests.integration.test_bucket_exports import read_rows as read_export
from tests.integration.test_bucket_inputs import QUIET, read_rows
from tests.integration.test_staging import PUBLISHES, die
from tests.object_storage import hash_tables, refuse, succeed, write_texts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]

HERE = dict(os.environ)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running cluster."""
    with open_hdfs(tmp_path_factory.mktemp("hdfs")) as address:
        yield address


def upload(cluster: str, folder: Path, place: str) -> None:
    """Leave a folder and those in it on the cluster."""
    from hdfs_native import Client, WriteOptions

    client = Client(cluster)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        with client.create(f"{place}/{path.relative_to(folder).as_posix()}", WriteOptions(create_parent=True)) as file:
            file.write(path.read_bytes())


def test_texts_of_hdfs_are_those_of_a_folder(cluster: str, every_format: Path, tmp_path: Path, engine_name: str) -> None:
    from hdfs_native import Client

    upload(cluster, every_format, "/in")
    found = {}
    for name, place in {"hdfs": f"{cluster}/in", "folder": str(every_format)}.items():
        workspace = tmp_path / name
        succeed(HERE, "curate", place, "--workspace", workspace, "--engine", engine_name, *QUIET)
        hashes = hash_tables(succeed(HERE, "tables", "--hash", "--workspace", workspace))
        same = {key: value for key, value in hashes.items() if key in ("documents", "duplicates", "signals_basics")}
        found[name] = (same, read_rows(workspace, place, "files", "rejects", "unused_rows"))
    assert found["hdfs"] == found["folder"]
    assert "documents" in found["folder"][0]
    Client(cluster).delete("/in/web/g.md")
    succeed(HERE, "curate", f"{cluster}/in", "--workspace", tmp_path / "hdfs", "--engine", engine_name, *QUIET)
    ledger = Workspace(Config(workspace=str(tmp_path / "hdfs")), reads=True).catalog.rows(FILES)
    assert [row["name"] for row in ledger if row["opened"]] == [], "nothing is read again"
    assert [row["name"] for row in ledger if row["state"] == "deleted"] == ["web/g.md"]
    found_by = [sorted(file.name for file in find_files([f"{place}/**/*.gz"])) for place in (f"{cluster}/in", every_format)]
    assert found_by[0] == found_by[1] != []


def test_a_delta_table_of_hdfs_is_read(cluster: str, tmp_path: Path, engine_name: str) -> None:
    import pyarrow as pa
    from deltalake import write_deltalake

    write_deltalake(str(tmp_path / "table"), pa.Table.from_pylist(tiny_corpus(20, 2)))
    upload(cluster, tmp_path / "table", "/lake/table")
    hashes = []
    for place in (f"{cluster}/lake/table", str(tmp_path / "table")):
        workspace = tmp_path / f"w{len(hashes)}"
        succeed(HERE, "curate", place, "--workspace", workspace, "--engine", engine_name, "--set", "ingest.id_field=id", *QUIET)
        hashes.append(hash_tables(succeed(HERE, "tables", "--hash", "--workspace", workspace))["documents"])
    assert hashes[0] == hashes[1]


def download(cluster: str, place: str, folder: Path) -> Path:
    """A copy of a folder of the cluster on this machine."""
    fetch_objects(parse_address(f"{cluster}{place}"), folder, lambda name: True)
    return folder


def test_an_export_on_hdfs_is_that_in_a_folder(cluster: str, tmp_path: Path, engine_name: str) -> None:
    from hdfs_native import Client, WriteOptions

    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(30, 5))
    shared = (texts, "--workspace", tmp_path / "w", "--engine", engine_name, *QUIET)
    for format in ("jsonl", "parquet"):
        succeed(HERE, "curate", *shared, "--export", tmp_path / format, "--format", format)
        said = succeed(HERE, "curate", *shared, "--export", f"{cluster}/out/one", "--format", format)
        assert f"30 documents exported to {cluster}/out/one" in said
        copied = download(cluster, "/out/one", tmp_path / f"hdfs-{format}")
        names, expected = (sorted(file.name for file in folder.iterdir()) for folder in (copied, tmp_path / format))
        assert names == expected
        assert read_export(copied) == read_export(tmp_path / format) != []
        manifest = json.loads((copied / MANIFEST).read_text())
        assert sorted([*manifest["files"], MANIFEST]) == names
    assert list_names(parse_address(cluster).bucket, "out") == ["one"], "nothing is left beside it"
    with Client(cluster).create("/out/one/notes.txt", WriteOptions()) as file:
        file.write(b"ours")
    refuse(HERE, "holds 'notes.txt', which is not as an export left it", "curate", *shared, "--export", f"{cluster}/out/one")
    refuse(HERE, "is a whole cluster; name a folder in it", "curate", *shared, "--export", cluster)


def test_of_two_exports_to_hdfs_the_second_is_refused(cluster: str) -> None:
    node, place = parse_address(cluster).bucket, f"{cluster}/two/it"

    def begin(content: bytes) -> HdfsExport:
        export = HdfsExport.begin(place, MANIFEST, "us")
        put_new(parse_address(f"{export.folder}/x"), content)
        return export

    def read() -> bytes:
        with open_object(f"{place}/part-00000.jsonl") as file:
            return file.read()

    for number, (fast, slow) in enumerate((begin(f"{turn}".encode()), begin(b"late")) for turn in range(2)):
        fast.publish(["x"], "jsonl")
        with pytest.raises(BusyError, match="another process writes to"):
            slow.publish(["x"], "jsonl")
        for export in (fast, slow):
            export.clear()
        assert read() == f"{number}".encode()
        assert list_names(node, "two") == ["it"], "nothing is left beside it"


def test_a_killed_export_to_hdfs_leaves_the_earlier_one(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node, place = parse_address(cluster).bucket, f"{cluster}/three/it"
    first = HdfsExport.begin(place, MANIFEST, "us")
    put_new(parse_address(f"{first.folder}/x"), b"first")
    first.publish(["x"], "jsonl")
    first.clear()
    second = HdfsExport.begin(place, MANIFEST, "us")
    put_new(parse_address(f"{second.folder}/x"), b"second")
    rename = hdfs.rename_path

    def die(node: str, path: str, to: str) -> bool:
        """Rename until the earlier export has moved away."""
        if to == "three/it":
            raise KeyboardInterrupt
        return rename(node, path, to)

    monkeypatch.setattr(hdfs, "rename_path", die)
    with pytest.raises(KeyboardInterrupt):
        second.publish(["x"], "jsonl")
    monkeypatch.undo()
    assert "it" not in list_names(node, "three"), "it died between the two renames"
    third = HdfsExport.begin(place, MANIFEST, "us")
    with open_object(f"{place}/part-00000.jsonl") as file:
        assert file.read() == b"first"
    put_new(parse_address(f"{third.folder}/x"), b"third")
    third.publish(["x"], "jsonl")
    third.clear()
    with open_object(f"{place}/part-00000.jsonl") as file:
        assert file.read() == b"third"


DIES = """
import os, signal, sys
from hdfs_native import Client
from resonance.cli import main
usual, whole = Client.rename, []

def rename(self, source, target, overwrite=False):
    if whole:
        os.kill(os.getpid(), signal.SIGKILL)
    whole.append(target)
    return usual(self, source, target, overwrite)

Client.rename = rename
main(sys.argv[1:])
"""
"""A command that is killed when of a second checkpoint all is written but its name."""


@pytest.mark.train
@pytest.mark.engine("embedded")
def test_a_killed_training_goes_on_from_hdfs(cluster: str, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(150))
    run = ["run", *SHARED, f"--set=ingest.inputs=[{texts}]", "--set=rounds=1", *QUIET]
    there = [f"--set=checkpoints={cluster}/kept", "--workspace", str(tmp_path / "there")]
    command = [sys.executable, "-c", DIES, *run, *there]
    died = subprocess.run(command, env=HERE, capture_output=True, text=True, timeout=600, check=False)
    assert died.returncode == -signal.SIGKILL, died.stdout[-2000:] + died.stderr[-2000:]
    kept = HdfsFiles(f"{cluster}/kept")
    assert len(kept.find("", "/state.json")) == 1
    succeed(HERE, *run, *there)
    succeed(HERE, *run, "--workspace", tmp_path / "folder")
    hashes = [hash_tables(succeed(HERE, "tables", "--hash", "--workspace", tmp_path / name)) for name in ("there", "folder")]
    assert hashes[0] == hashes[1]
    local = tmp_path / "folder" / "checkpoints"
    assert kept.find("", "") == sorted(file.relative_to(local).as_posix() for file in local.rglob("*") if file.is_file())
    assert not (tmp_path / "there" / "checkpoints").exists()


IN_TURN = """
import json, sys
from resonance.cli import main
for command in json.loads(sys.argv[1]):
    main(command)
"""
"""Commands in one process, which spares Spark to start anew for each."""


def succeed_in_turn(*commands: tuple[str, ...]) -> str:
    command = [sys.executable, "-c", IN_TURN, json.dumps(commands)]
    done = subprocess.run(command, env=HERE, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


READ = """
import sys
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.tables import RETRACTIONS

workspace, tables, later = sys.argv[1:]
rows = Workspace(load("local", "", workspace=workspace, tables=tables), reads=True).catalog.rows(RETRACTIONS)
print("\\n".join(sorted(str(sorted({**row, "before": row["before"] - int(later)}.items())) for row in rows)))
"""


def read_retractions(workspace: Path, tables: str, later: int) -> list[str]:
    """The rows of the table, as if the versions that they name were so many lower."""
    command = [sys.executable, "-c", READ, str(workspace), tables, str(later)]
    done = subprocess.run(command, env=HERE, capture_output=True, text=True, timeout=900, check=True)
    return done.stdout.splitlines()


def leave_hollow(cluster: str, table: str) -> None:
    """Leave what a driver leaves that is killed while it commits the first version of a table."""
    from hdfs_native import Client, WriteOptions

    with Client(cluster).create(f"/{table}/_delta_log/.{0:020d}.json.tmp", WriteOptions(create_parent=True)) as file:
        file.write(b"{")


def count_versions(cluster: str, table: str) -> int:
    """The versions in the log of a table."""
    return sum(name.endswith(".json") for name in list_names(parse_address(cluster).bucket, f"{table}/_delta_log"))


def kill_after_commit(command: list[str], cluster: str, table: str) -> None:
    """Start a command, and kill it with its JVM when it has committed to a table."""
    before = count_versions(cluster, table)
    with subprocess.Popen(
        command, env=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as driver:
        try:
            while count_versions(cluster, table) == before:
                assert driver.poll() is None, "it ended before it was killed"
                time.sleep(0.05)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(driver.pid, signal.SIGKILL)


@pytest.mark.engine("embedded")
@pytest.mark.timeout(3600)
def test_tables_on_hdfs_are_those_of_a_folder(cluster: str, tmp_path: Path) -> None:
    """A driver is killed when the second delivery's documents are committed, and what follows them is not."""
    first = str(write_texts(tmp_path / "texts.jsonl", tiny_corpus(30, 5)))
    more = str(write_texts(tmp_path / "more.jsonl", [{**row, "id": f"again-{n}"} for n, row in enumerate(tiny_corpus(12, 2))]))
    leave_hollow(cluster, "lake/one/documents")
    found = {}
    for name, place in (("hdfs", (f"--set=tables={cluster}/lake/one",)), ("folder", ())):
        shared = ("--workspace", str(tmp_path / name), *place, *QUIET)
        second = ("curate", more, "--set", "batch=november", "--export", str(tmp_path / f"{name}-out"), *shared)
        succeed_in_turn(("curate", first, *shared))
        if place:
            command = [sys.executable, "-m", "resonance.cli", *second]
            kill_after_commit(command, cluster, "lake/one/documents")
            assert not (tmp_path / f"{name}-out").exists()
        judge = ("judge", "--policy", "none", "--apply", *shared)
        said = succeed_in_turn(second, judge, ("maintain", *shared), ("status", *shared), ("tables", "--hash", *shared))
        assert "nothing broke off" in said
        hashes = hash_tables(said)
        del hashes["retractions"]  # they name a version, and Spark makes a table by a version of its own
        later = 1 if place else 0
        told = read_retractions(tmp_path / name, place[0].partition("tables=")[2] if place else "", later)
        found[name] = hashes, told, read_export(tmp_path / f"{name}-out")
    assert len(found["folder"][1]) > 10
    assert {"documents", "duplicates", "rejects", "raw"} <= found["folder"][0].keys()
    assert found["hdfs"] == found["folder"]
    assert not (tmp_path / "hdfs" / "tables").exists()


@pytest.mark.train
@pytest.mark.engine("embedded")
@pytest.mark.timeout(3600)
def test_a_round_with_tables_on_hdfs_is_that_in_a_folder(cluster: str, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(150))
    settings = [word for word in SHARED if word not in ("--engine", "embedded")]
    run = ("run", *settings, f"--set=ingest.inputs=[{texts}]", "--set=rounds=1", *QUIET)
    hashes = []
    for name, place in (("hdfs", (f"--set=tables={cluster}/lake/run",)), ("folder", ())):
        shared = ("--workspace", str(tmp_path / name), *place)
        hashes.append(hash_tables(succeed_in_turn((*run, *shared), ("tables", "--hash", *shared))))
    assert hashes[0] == hashes[1]
    assert {"sample_plan", "checkpoints", "signal_event", "plans"} <= hashes[1].keys()


DRIVER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from pyspark.sql import functions as F
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from resonance.runtime.storage.spark_catalog import SparkCatalog
from resonance.runtime.storage.table_names import AddressNames
from resonance.tables import DOCUMENTS, STEPS
from resonance.testing import documents_frame
name, home, place, drivers = sys.argv[1:]
engine = open_engine("spark", SparkSettings(master="local[1]", driver_memory="1g"), Path(home), places=[place])
catalog = SparkCatalog(engine.session, AddressNames(place))
(Path(home) / name).touch()
while len(list(Path(home).iterdir())) < int(drivers):
    time.sleep(0.05)
row = {"job": "j", "batch": "b", "round": 0, "arm": "plan", "rows_in": 1, "rows_out": 1, "rows_cut": 0, "seconds": 1.0}
row |= {"cut_by_rule": {"x": 0}, "written": {"t": 1}, "read": {}, "finished_at": datetime.now(UTC), "made_of": {}}
for number in range(4):
    for _ in range(2):  # a task that is retried after it wrote
        catalog.append(STEPS, [row | {"run": f"{name}-{number}"}], (f"steps/{name}", number + 1), {"job": "test"})
    rows = documents_frame(engine.session, [(f"{name}-{number}-{row}", "s", f"text {row}") for row in range(3)])
    done = catalog.write(DOCUMENTS, rows.withColumn("batch", F.lit(name)), {"batch": name}, {"job": "test"})
    assert done.rows == 3
engine.stop()
"""


def start_driver(name: str, ready: Path, place: str, drivers: int = 1) -> subprocess.Popen[str]:
    """A driver that writes when as many drivers are ready."""
    ready.mkdir(exist_ok=True)
    command = [sys.executable, "-c", DRIVER, name, str(ready), place, str(drivers)]
    own: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    return subprocess.Popen(command, env=HERE, **own)


def check_tables(cluster: str, place: str, copy: Path, drivers: list[str]) -> None:
    """Each driver's rows are there once, and of its slice those that it wrote last."""
    for held in list_files(parse_address(cluster).bucket, place):
        file = copy / held.path.removeprefix(f"{place}/")
        file.parent.mkdir(parents=True, exist_ok=True)
        with open_object(f"{cluster}/{held.path}") as content:
            file.write_bytes(content.read())
    tables = FolderCatalog(LocalFiles(copy), lambda: pytest.fail("no engine is needed"))
    runs = sorted(row["run"] for row in tables.rows(STEPS, ("run",)))
    assert runs == [f"{name}-{number}" for name in drivers for number in range(4)]
    keys = sorted((row["batch"], row["source_key"]) for row in tables.rows(DOCUMENTS, ("batch", "source_key")))
    assert keys == [(name, f"{name}-3-{row}") for name in drivers for row in range(3)]
    assert len([change for change in tables.history(STEPS) if change.changes_rows]) == len(runs)


@pytest.mark.engine("embedded")
def test_two_drivers_at_once_lose_no_row_and_double_none(cluster: str, tmp_path: Path) -> None:
    names = ["driver0", "driver1"]
    drivers = [start_driver(name, tmp_path / "ready", f"{cluster}/lake/at-once", 2) for name in names]
    said = [driver.communicate(timeout=900)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], said
    check_tables(cluster, "lake/at-once", tmp_path / "copy", names)


@pytest.mark.engine("embedded")
def test_a_driver_that_was_killed_goes_on_where_another_left_a_folder_without_a_table(cluster: str, tmp_path: Path) -> None:
    from hdfs_native import Client, WriteOptions

    node, log = parse_address(cluster).bucket, "lake/killed/steps/_delta_log"
    with Client(cluster).create(f"/{log}/.{0:020d}.json.tmp", WriteOptions(create_parent=True)) as file:
        file.write(b"{")
    killed = start_driver("driver", tmp_path / "ready", f"{cluster}/lake/killed")
    try:
        while sum(name.endswith(".json") for name in list_names(node, log)) < 3:
            assert killed.poll() is None, killed.communicate()[0]
            time.sleep(0.05)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)  # its JVM too
    assert killed.wait(60) == -signal.SIGKILL
    again = start_driver("driver", tmp_path / "ready", f"{cluster}/lake/killed")
    said = again.communicate(timeout=900)[0]
    assert again.returncode == 0, said
    check_tables(cluster, "lake/killed", tmp_path / "copy", ["driver"])


@pytest.mark.train
@pytest.mark.engine("embedded")
def test_a_rank_by_hdfs_leaves_the_tables_of_a_folder(cluster: str, tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(150))
    few = ("rounds=1", "rebalance.tokens=1000", f"ingest.inputs=[{texts}]")
    run = ["run", *SHARED, *(f"--set={setting}" for setting in few), *QUIET]
    there = [f"--set=staging={cluster}/between", "--workspace", tmp_path / "by-hdfs"]
    die(HERE, PUBLISHES, *run, *there)
    between = HdfsFiles(f"{cluster}/between")
    assert len(between.find("staging", "/rank-0.parquet")) >= 1
    succeed(HERE, *run, *there)
    assert between.find("", "") == []
    succeed(HERE, *run, "--workspace", tmp_path / "folder")
    hashes = [hash_tables(succeed(HERE, "tables", "--hash", "--workspace", tmp_path / name)) for name in ("by-hdfs", "folder")]
    assert hashes[0] == hashes[1]
    assert {"checkpoints", "signal_event"} <= hashes[0].keys()


def test_a_file_is_put_whole_in_place_of_another(cluster: str) -> None:
    files = HdfsFiles(f"{cluster}/files")
    with pytest.raises(FileNotFoundError):
        files.read("run/pace.json")
    files.put("run/pace.json", b"first")
    with files.draft() as draft:
        (draft / "half").write_text("second")
        files.put("run/pace.json", draft / "half")
    assert files.create("mark", "mine")
    assert not files.create("mark", "other")
    assert [files.read(path) for path in files.find("", "")] == ["mine", "second"]
    assert files.look("mark").size == 4
    assert len(list_names(cluster.removeprefix("hdfs://"), "files")) == 2, "no draft is left"


def test_a_folder_is_published_whole_and_once(cluster: str, tmp_path: Path) -> None:
    files = HdfsFiles(f"{cluster}/seam/")

    def publish(text: str) -> None:
        source = tmp_path / text
        source.mkdir()
        for name in ("a.json", "model"):
            (source / name).write_text(text)
        files.publish(source, "run/0001", "a.json")

    def read() -> list[str]:
        fetch_objects(parse_address(files.locate("run/0001")), tmp_path / "copy", lambda name: True)
        return [(tmp_path / "copy" / name).read_text() for name in ("a.json", "model")]

    assert files.find("run", "/a.json") == []
    publish("first")
    assert files.find("run", "/a.json") == ["run/0001/a.json"]
    assert files.locate("run/0001") == f"{cluster}/seam/run/0001"
    publish("second")
    assert read() == ["first"] * 2, "it is there already"
    files.remove(["run/0001/a.json", "run/none"])
    publish("third")
    assert read() == ["third"] * 2, "without its last file it was none"
    assert [held.path for held in list_files(cluster.removeprefix("hdfs://"), "seam")] == [
        "seam/run/0001/a.json",
        "seam/run/0001/model",
    ]
    files.remove(["run"])
    assert files.find("", "") == []


def test_what_is_replaced_while_it_is_read_is_no_fault_of_the_cluster(cluster: str, tmp_path: Path) -> None:
    from hdfs_native import Client, WriteOptions

    upload(cluster, write_texts(tmp_path / "one.jsonl", tiny_corpus(3)).parent, "/moved")
    with open_object(f"{cluster}/moved/one.jsonl") as file:
        first = file.read(100)
        with Client(cluster).create("/moved/one.jsonl", WriteOptions(overwrite=True)) as other:
            other.write(b"{}")
        with pytest.raises(OSError, match="^it was replaced on HDFS while it was read$"):
            read_again(file, first)


def read_again(file: Any, first: bytes) -> None:
    """Read the beginning of a file until its blocks are removed."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        file.seek(0)
        assert file.read(len(first)) == first, "another version is mixed in"
        time.sleep(0.5)


def test_what_is_not_there_is_told_in_one_line(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hdfs_native import Client

    given: Any = ("--workspace", tmp_path / "w", "--engine", "embedded")
    refuse(HERE, "does not exist, or holds no files", "curate", f"{cluster}/none", *given)
    upload(cluster, write_texts(tmp_path / "one.jsonl", tiny_corpus(3)).parent, "/few")
    refuse(HERE, "compute on it (--engine spark)", "curate", f"{cluster}/few", *given, "--set", f"tables={cluster}/tables")
    nowhere = ("--workspace", tmp_path / "w", "--set", "tables=hdfs://127.0.0.1:1/tables")
    refuse(HERE, "tables: hdfs://127.0.0.1:1/tables/", "tables", *nowhere)
    Client(cluster).set_permission("/few", 0o700)
    other = HERE | {"HADOOP_USER_NAME": "somebody"}
    refuse(other, " cannot be read: Permission denied: user=somebody", "curate", f"{cluster}/few", *given)
    (tmp_path / "conf").mkdir()
    few = "<property><name>dfs.client.failover.max.attempts</name><value>1</value></property>"
    (tmp_path / "conf" / "hdfs-site.xml").write_text(f"<configuration>{few}</configuration>")
    gone = HERE | {"HADOOP_CONF_DIR": str(tmp_path / "conf")}
    refuse(gone, "cannot be read: ", "curate", "hdfs://127.0.0.1:1/few", *given)
    with pytest.raises(StorageError, match="cannot be written: "):
        put_folder(cluster.removeprefix("hdfs://"), tmp_path / "conf", "few/one.jsonl/below", "few/one.jsonl/.draft")
