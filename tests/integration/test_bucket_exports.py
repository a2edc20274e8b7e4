"""Exports in a bucket hold the rows of one in a folder; what other objects lie among, or another process writes, is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from resonance.runtime.storage.export import MANIFEST
from resonance.testing import tiny_corpus
from tests.object_storage import connect, refuse, succeed, write_texts

pytestmark = [pytest.mark.engine("embedded"), pytest.mark.timeout(1200)]
QUIET = ("--set", "tracking.enabled=false")
TWO = """
from resonance.core.errors import BusyError
from resonance.core.objects import parse_address, put_object
from resonance.runtime.storage.bucket_export import BucketExport
slow, fast = (BucketExport.begin("s3://texts/two", "_m.json", "us") for _ in range(2))
for export in (fast, slow):
    put_object(parse_address(f"{export.folder}/x"), b"{}")
fast.publish(["x"], "jsonl")
try:
    slow.publish(["x"], "jsonl")
except BusyError as error:
    print(error)
for export in (fast, slow):
    export.clear()
"""


def read_export(client: Any, folder: Path) -> list[str]:
    """The rows of an export as its manifest lists them; there are no other objects."""
    listed = [about["Key"] for about in client.list_objects_v2(Bucket="texts", Prefix="out/one/")["Contents"]]
    folder.mkdir()
    for key in listed:
        client.download_file("texts", key, str(folder / Path(key).name))
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["whole"]
    assert sorted([*manifest["files"], MANIFEST]) == sorted(Path(key).name for key in listed)
    return read_rows(folder)


def read_rows(folder: Path) -> list[str]:
    rows = [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
    rows += [row for file in folder.glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_an_export_in_a_bucket_is_that_in_a_folder(storage: dict[str, str], tmp_path: Path) -> None:
    client = connect(storage["AWS_ENDPOINT_URL"])
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(30, 5))
    shared = (texts, "--workspace", tmp_path / "w", *QUIET)
    for format in ("jsonl", "parquet"):
        folder = tmp_path / format
        succeed(storage, "curate", *shared, "--export", folder, "--format", format)
        said = succeed(storage, "curate", *shared, "--export", "s3://texts/out/one", "--format", format)
        assert "30 documents exported to s3://texts/out/one" in said
        assert read_export(client, tmp_path / f"bucket-{format}") == read_rows(folder) != []
    client.put_object(Bucket="texts", Key="out/one/notes.txt", Body=b"ours")
    refuse(storage, "holds 'notes.txt', which is not as an export left it", "curate", *shared, "--export", "s3://texts/out/one")
    refuse(storage, "s3://no-such-bucket-here/x cannot be read", "curate", *shared, "--export", "s3://no-such-bucket-here/x")


def test_the_second_of_two_processes_is_refused(storage: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", TWO], env=storage, capture_output=True, text=True, timeout=300)
    assert done.stdout == "export: another process exports to s3://texts/two; run the command again at its end\n", done.stderr
    listed = connect(storage["AWS_ENDPOINT_URL"]).list_objects_v2(Bucket="texts", Prefix="two/")["Contents"]
    assert sorted(len(about["Key"]) for about in listed) == [len("two/_m.json"), len("two/part-00000-00000000.jsonl")]
