"""Tables in object storage: those of a folder, hash for hash, on a real server of S3; several writers lose nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from resonance.testing import tiny_corpus
from tests.bench.chaos_storage import Passing, open_proxy
from tests.object_storage import connect, hash_tables, refuse, succeed, write_texts

pytestmark = [pytest.mark.engine("embedded"), pytest.mark.timeout(1800)]


@pytest.mark.slow
def test_a_workspace_with_tables_in_a_bucket_is_that_of_a_folder(storage: dict[str, str], tmp_path: Path) -> None:
    first = write_texts(tmp_path / "texts.jsonl", tiny_corpus(30, 5))
    more = write_texts(tmp_path / "more.jsonl", [{**row, "id": f"again-{n}"} for n, row in enumerate(tiny_corpus(12, 2))])
    quiet = ("--set", "tracking.enabled=false")
    found: dict[str, dict[str, str]] = {}
    for name, place in (("bucket", ("--set", "tables=s3a://texts/corpora/one/")), ("folder", ())):
        shared = ("--workspace", tmp_path / name, *place, *quiet)
        succeed(storage, "curate", first, *shared)
        succeed(storage, "curate", more, "--set", "batch=november", "--export", tmp_path / f"{name}-out", *shared)
        before = hash_tables(succeed(storage, "tables", "--hash", *shared))
        succeed(storage, "judge", "--policy", "none", "--apply", *shared)
        succeed(storage, "maintain", *shared)
        after = hash_tables(succeed(storage, "tables", "--hash", *shared))
        assert "nothing broke off" in succeed(storage, "status", *shared)
        found |= {f"{name} before": before, f"{name} after": after}
    assert {"documents", "duplicates", "rejects", "raw"} <= found["folder before"].keys()
    assert found["bucket before"] == found["folder before"] != found["folder after"] == found["bucket after"]
    assert not (tmp_path / "bucket" / "tables").exists()
    outs = [(tmp_path / f"{name}-out").glob("*.jsonl") for name in ("bucket", "folder")]
    rows, expected = (sorted(line for file in files for line in file.read_text().splitlines()) for files in outs)
    assert rows == expected != []


@pytest.mark.slow
def test_spark_and_the_embedded_engine_share_tables_in_a_bucket(storage: dict[str, str], tmp_path: Path) -> None:
    client = connect(storage["AWS_ENDPOINT_URL"])
    client.upload_file(str(write_texts(tmp_path / "texts.jsonl", tiny_corpus(30, 5))), "texts", "in/spark/texts.jsonl")
    more = write_texts(tmp_path / "more.jsonl", [{**row, "id": f"again-{n}"} for n, row in enumerate(tiny_corpus(12, 2))])
    found, quiet = [], ("--set", "tracking.enabled=false")
    for name, place in (("bucket", ("--set", "tables=s3://texts/corpora/spark", "--engine", "spark")), ("folder", ())):
        shared = ("--workspace", tmp_path / name, *quiet)
        succeed(storage, "curate", "s3://texts/in/spark", *shared, *place, "--export", f"s3://texts/out/{name}")
        succeed(storage, "curate", more, "--set", "batch=november", *shared, *place[:2])
        succeed(storage, "maintain", *shared, *place[:2])
        found.append(hash_tables(succeed(storage, "tables", "--hash", *shared, *place[:2])))
    assert found[0] == found[1]
    assert {"documents", "duplicates", "rejects", "raw"} <= found[0].keys()
    assert not (tmp_path / "bucket" / "tables").exists()
    rows = [read_objects(client, f"out/{name}/part-") for name in ("bucket", "folder")]
    assert rows[0] == rows[1] != []


def read_objects(client: Any, prefix: str) -> list[str]:
    """The lines of objects, in order."""
    listed = client.list_objects_v2(Bucket="texts", Prefix=prefix)["Contents"]
    held = (client.get_object(Bucket="texts", Key=about["Key"])["Body"].read().decode() for about in listed)
    return sorted(line for content in held for line in content.splitlines())


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from resonance.core.frames import make_frame
from resonance.core.settings import SparkSettings
from resonance.runtime import resources
from resonance.runtime.engines.session import open_engine
from resonance.core.places import ObjectFiles
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import STEPS
name, home, kind = sys.argv[1:]
engine = open_engine(kind, SparkSettings(master="local[1]", driver_memory="1g"), Path(home) / name, places=["s3://texts"])
catalog = FolderCatalog(ObjectFiles(f"s3://texts/{Path(home).name}"), lambda: engine)
for number in range(6):
    row = (f"{name}-{number}", "j", "b", 0, "plan", 1, 1, 0, {"x": 0}, {"t": 1}, {"t": 1}, 1.0, datetime.now(UTC), {}, None)
    frame = make_frame(engine.session, [row], resources.contract(STEPS).schema)
    for _ in range(2):  # a task that is retried after it wrote
        catalog.append(STEPS, frame, (f"steps/{name}", number + 1), {"job": "test"})
engine.stop()
"""


READER = """
import sys
from resonance.core.places import ObjectFiles
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import STEPS
catalog = FolderCatalog(ObjectFiles(f"s3://texts/{sys.argv[1]}"), None)
print(catalog.version(STEPS), len(catalog.history(STEPS)), *sorted(row["run"] for row in catalog.rows(STEPS, ("run",))))
"""


@pytest.mark.parametrize(
    "kinds",
    [
        ("embedded", "embedded", "embedded"),
        pytest.param(
            ("embedded", "spark", "spark"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_drivers_that_commit_at_the_same_time_lose_no_row_and_double_none(
    storage: dict[str, str], tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    home = tmp_path / "-".join(kinds)
    home.mkdir()
    (home / "writer.py").write_text(WRITER)
    command = [sys.executable, str(home / "writer.py")]
    drivers = [
        subprocess.Popen(
            [*command, f"driver-{n}", str(home), kind], env=storage, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for n, kind in enumerate(kinds)
    ]
    said = [driver.communicate(timeout=900)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0, 0], said
    done = subprocess.run([sys.executable, "-c", READER, home.name], env=storage, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    version, commits, *runs = done.stdout.split()
    assert runs == [f"driver-{n}-{number}" for n in range(3) for number in range(6)]
    assert (version, commits) == ("17", "18")


REPLACER = """
import sys
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from resonance.core.places import ObjectFiles
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import DOCUMENTS
from resonance.testing import documents_frame
name, home = sys.argv[1:]
engine = open_engine("embedded", SparkSettings(), Path(home) / name, places=["s3://texts"])
catalog = FolderCatalog(ObjectFiles(f"s3://texts/{Path(home).name}"), lambda: engine)
for number in range(6):
    rows = [(f"{name}-{number}-{row}", "s", f"text {row} of {name}") for row in range(3)]
    catalog.write(DOCUMENTS, documents_frame(engine.session, rows), {"batch": "main"}, {"job": "test"})
engine.stop()
"""

VERSIONS = """
import sys
import pyarrow.parquet as pq
from resonance.core.places import ObjectFiles
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import DOCUMENTS
files = ObjectFiles(f"s3://texts/{sys.argv[1]}")
catalog = FolderCatalog(files, None)
for version in range(catalog.version(DOCUMENTS) + 1):
    held = [pq.ParquetFile(files.open(f"documents/{path}")) for path in catalog._paths(DOCUMENTS, version)]
    # threads of Arrow that still read a file of Python when the process ends would abort it
    print(*sorted(key for file in held for key in file.read(["source_key"], use_threads=False)["source_key"].to_pylist()))
"""


def test_drivers_that_replace_one_slice_at_the_same_time_leave_the_rows_of_one_of_them(
    storage: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "one-slice"
    home.mkdir()
    command = [sys.executable, "-c", REPLACER]
    own = {"env": storage, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    drivers = [subprocess.Popen([*command, f"driver{n}", str(home)], **own) for n in range(3)]  # type: ignore[call-overload]
    said = [driver.communicate(timeout=900)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0, 0], said
    done = subprocess.run([sys.executable, "-c", VERSIONS, home.name], env=storage, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    versions = [line.split() for line in done.stdout.splitlines()]
    assert sorted(versions) == sorted([f"driver{n}-{number}-{row}" for row in range(3)] for n in range(3) for number in range(6))


class Losing(Passing):
    """Carries out each commit, and fails it the first time: as where a server's answer is lost."""

    failure: ClassVar[str]
    lost: ClassVar[set[str]] = set()

    def draw(self) -> str:
        if self.command != "PUT" or "/_delta_log/" not in self.path or self.path in self.lost:
            return ""
        self.lost.add(self.path)
        return self.failure


@pytest.mark.parametrize("failure", ["refused when done", "dropped when done"])
def test_a_commit_that_storage_carries_out_and_fails_keeps_its_rows(storage: dict[str, str], tmp_path: Path, failure: str) -> None:
    home = tmp_path / failure.replace(" ", "-")
    home.mkdir()
    losing = type("Losing", (Losing,), {"failure": failure, "lost": set()})
    with open_proxy(storage["AWS_ENDPOINT_URL"], losing) as proxy:
        through = {**storage, "AWS_ENDPOINT_URL": proxy.address}
        command = [sys.executable, "-c", REPLACER, "driver", str(home)]
        done = subprocess.run(command, env=through, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert len(losing.lost) == 6
    done = subprocess.run([sys.executable, "-c", VERSIONS, home.name], env=storage, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    expected = [[f"driver-{number}-{row}" for row in range(3)] for number in range(6)]
    assert [line.split() for line in done.stdout.splitlines()] == expected


def test_what_cannot_be_is_told_in_one_line(storage: dict[str, str], tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(3, 1))
    given = ("curate", texts, "--workspace", tmp_path / "w", "--set")
    wrong = {**storage, "AWS_SECRET_ACCESS_KEY": "other"}
    for environment, arguments, says in (
        (wrong, (*given, "tables=s3://texts/one"), "tables: s3://texts/one cannot be read"),
        (storage, (*given, "tables=s3://no-such-bucket-here/one"), "tables: s3://no-such-bucket-here/one cannot be read"),
        (storage, (*given, "tables=s3://texts/one", "--set", "catalog=a.b"), "catalog a.b keeps tables elsewhere"),
        (storage, (*given, "tables=gs://texts/one"), "is no address such as s3://bucket/folder"),
        (storage, (*given, "tables=s3://texts/a b"), "is no address such as s3://bucket/folder"),
        (storage, ("curate", texts, "--workspace", "s3://texts/w"), "keep tables there (--set tables=ADDRESS)"),
    ):
        refuse(environment, says, *arguments)
