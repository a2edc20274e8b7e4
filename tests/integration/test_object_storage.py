"""Tables in object storage: those of a folder, hash for hash, on a real server of S3; several writers lose nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config as Client
from botocore.exceptions import ClientError, ConnectionError, EndpointConnectionError

from resonance.testing import tiny_corpus
from tests.ports import free_ports

pytestmark = [pytest.mark.engine("embedded"), pytest.mark.timeout(1800)]
KEYS = {"accessKey": "here", "secretKey": "only-in-this-test"}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a command that may use a running server of S3 with one bucket, ``texts``."""
    home = tmp_path_factory.mktemp("storage")
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    (home / "s3.json").write_text(json.dumps({"identities": [{"name": "us", "credentials": [KEYS], "actions": actions}]}))
    names = [f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")]
    ports = [f"-{name}={port}" for name, port in zip(names, free_ports(len(names)), strict=True)]
    options = ["-s3", "-ip=127.0.0.1", f"-dir={home}", f"-s3.config={home / 's3.json'}", "-volume.max=100", "-s3.port.iceberg=0"]
    command = [str(Path(sys.executable).with_name("weed")), "server", "-master.volumeSizeLimitMB=64", *options, *ports]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=home)
        address = f"http://127.0.0.1:{ports[names.index('s3.port')].partition('=')[2]}"
        own = {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1"}
        own |= {"AWS_ACCESS_KEY_ID": KEYS["accessKey"], "AWS_SECRET_ACCESS_KEY": KEYS["secretKey"]}
        try:
            make_bucket(address, home)
            yield {**os.environ, **own}
        finally:
            server.kill()
            server.wait(60)


def make_bucket(address: str, home: Path) -> None:
    quick = Client(retries={"max_attempts": 1})
    keys = {"aws_access_key_id": KEYS["accessKey"], "aws_secret_access_key": KEYS["secretKey"]}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", config=quick, **keys)
    for _ in range(240):
        try:
            client.create_bucket(Bucket="texts")
            return
        except (ClientError, ConnectionError, EndpointConnectionError):
            time.sleep(0.5)
    raise AssertionError((home / "log").read_text()[-3000:])


def call(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resonance.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)


def succeed(environment: dict[str, str], *arguments: str | Path) -> str:
    done = call(environment, *arguments)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def hash_tables(said: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+)\s+│.*│\s+([0-9a-f]{8,})", said))


def write_texts(file: Path, rows: list[dict[str, str]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


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


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from resonance.core.frames import make_frame
from resonance.core.settings import SparkSettings
from resonance.runtime import resources
from resonance.runtime.engines.session import open_engine
from resonance.runtime.storage.files import ObjectFiles
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import STEPS
name, home = sys.argv[1:]
engine = open_engine("embedded", SparkSettings(), Path(home) / name)
catalog = FolderCatalog(ObjectFiles("s3://texts/shared"), lambda: engine)
for number in range(6):
    row = (f"{name}-{number}", "j", "b", 0, "plan", 1, 1, 0, {"x": 0}, {"t": 1}, {"t": 1}, 1.0, datetime.now(UTC), {}, None)
    frame = make_frame(engine.session, [row], resources.contract(STEPS).schema)
    for _ in range(2):  # a task that is retried after it wrote
        catalog.append(STEPS, frame, (f"steps/{name}", number + 1), {"job": "test"})
engine.stop()
"""


READER = """
from resonance.runtime.storage.files import ObjectFiles
from resonance.runtime.storage.folder import FolderCatalog
from resonance.tables import STEPS
catalog = FolderCatalog(ObjectFiles("s3://texts/shared"), None)
print(catalog.version(STEPS), len(catalog.history(STEPS)), *sorted(row["run"] for row in catalog.rows(STEPS, ("run",))))
"""


def test_drivers_that_commit_at_the_same_time_lose_no_row_and_double_none(storage: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "writer.py").write_text(WRITER)
    command = [sys.executable, str(tmp_path / "writer.py")]
    drivers = [
        subprocess.Popen(
            [*command, f"driver-{n}", str(tmp_path)], env=storage, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for n in range(3)
    ]
    said = [driver.communicate(timeout=900)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0, 0], said
    done = subprocess.run([sys.executable, "-c", READER], env=storage, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    version, commits, *runs = done.stdout.split()
    assert runs == [f"driver-{n}-{number}" for n in range(3) for number in range(6)]
    assert (version, commits) == ("17", "18")


def test_what_cannot_be_is_told_in_one_line(storage: dict[str, str], tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(3, 1))
    given = ("curate", texts, "--workspace", tmp_path / "w", "--set")
    wrong = {**storage, "AWS_SECRET_ACCESS_KEY": "other"}
    for environment, arguments, says in (
        (wrong, (*given, "tables=s3://texts/one"), "tables: s3://texts/one cannot be read"),
        (storage, (*given, "tables=s3://no-such-bucket-here/one"), "tables: s3://no-such-bucket-here/one cannot be read"),
        (storage, (*given, "tables=s3://texts/one", "--engine", "spark"), "the embedded engine alone keeps tables there"),
        (storage, (*given, "tables=ftp://texts/one"), "is no address such as s3://bucket/folder"),
        (storage, (*given, "tables=s3://texts/a b"), "is no address such as s3://bucket/folder"),
        (storage, ("curate", texts, "--workspace", "s3://texts/w"), "keep tables there (--set tables=ADDRESS)"),
    ):
        done = call(environment, *arguments)
        assert done.returncode == 1, done.stdout[-1000:]
        assert says in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
