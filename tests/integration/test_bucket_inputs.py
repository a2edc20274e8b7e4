"""Texts of a bucket are those of a folder: the same documents, the same ledger of files; what is not there is one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from resonance.core.settings import Config
from resonance.runtime.workspace import Workspace
from resonance.testing import tiny_corpus
from tests.object_storage import connect, hash_tables, refuse, succeed

pytestmark = [pytest.mark.timeout(1200)]
QUIET = ("--set", "tracking.enabled=false")


def upload(storage: dict[str, str], folder: Path, key: str) -> Any:
    client = connect(storage["AWS_ENDPOINT_URL"])
    for path in folder.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), "texts", f"{key}/{path.relative_to(folder).as_posix()}")
    return client


def read_rows(workspace: Path, place: str, *tables: str) -> dict[str, list[str]]:
    """Rows of small tables, without the place where the inputs lie, what hangs on it, and what differs from run to run."""
    from resonance import tables as declared

    opened = Workspace(Config(workspace=str(workspace)), reads=True)
    known = {table.name: table for table in declared.TABLES}
    rows = {}
    for name in tables:
        held = opened.catalog.rows(known[name])
        own = [{key: value for key, value in row.items() if key not in ("modified", "opened", "bucket")} for row in held]
        rows[name] = sorted(json.dumps(row, default=str, ensure_ascii=False).replace(place, "IN") for row in own)
    return rows


@pytest.mark.slow
def test_texts_of_a_bucket_are_those_of_a_folder(
    storage: dict[str, str], every_format: Path, tmp_path: Path, engine_name: str
) -> None:
    client = upload(storage, every_format, "in")
    client.put_object(Bucket="texts", Key="in/web/", Body=b"")
    places = {"bucket": "s3://texts/in", "folder": str(every_format)}
    found = {}
    for name, place in places.items():
        workspace = tmp_path / name
        succeed(storage, "curate", place, "--workspace", workspace, "--engine", engine_name, *QUIET)
        hashes = hash_tables(succeed(storage, "tables", "--hash", "--workspace", workspace))
        same = {key: value for key, value in hashes.items() if key in ("documents", "duplicates", "signals_basics")}
        found[name] = (same, read_rows(workspace, place, "files", "rejects", "unused_rows"))
    assert found["bucket"] == found["folder"]
    assert "documents" in found["folder"][0]
    assert any("50%+#数据.jsonl" in row for row in found["folder"][1]["files"])
    change(storage, client, tmp_path / "bucket", engine_name)


def change(storage: dict[str, str], client: Any, workspace: Path, engine_name: str) -> None:
    """Replace one object by another of its size within a second, remove one; the others are not opened again."""
    before = client.get_object(Bucket="texts", Key="in/web/b c/50%+#数据.jsonl")["Body"].read()
    client.put_object(Bucket="texts", Key="in/web/b c/50%+#数据.jsonl", Body=before.replace(b'"row-0"', b'"row-X"'))
    client.delete_object(Bucket="texts", Key="in/web/g.md")
    succeed(storage, "curate", "s3://texts/in", "--workspace", workspace, "--engine", engine_name, *QUIET)
    from resonance.tables import FILES as LEDGER

    ledger = Workspace(Config(workspace=str(workspace)), reads=True).catalog.rows(LEDGER)
    assert {row["name"] for row in ledger if row["opened"]} >= {"web/b c/50%+#数据.jsonl"}
    assert "web/a.html" in {row["name"] for row in ledger if not row["opened"]}
    assert {row["name"] for row in ledger if row["state"] == "deleted"} == {"web/g.md"}


@pytest.mark.engine("embedded")
@pytest.mark.parametrize("engine", ["embedded", pytest.param("spark", marks=pytest.mark.slow)])
def test_a_delta_table_in_a_bucket_is_read(storage: dict[str, str], tmp_path: Path, engine: str) -> None:
    import pyarrow as pa
    from deltalake import write_deltalake

    rows = tiny_corpus(20, 2)
    write_deltalake(str(tmp_path / "table"), pa.Table.from_pylist(rows))
    upload(storage, tmp_path / "table", f"lake/{engine}/table")
    write_deltalake(str(tmp_path / "table"), pa.Table.from_pylist(rows), mode="overwrite")
    hashes = []
    for place, by in ((f"s3://texts/lake/{engine}/table/", engine), (str(tmp_path / "table"), "embedded")):
        workspace = tmp_path / f"w{len(hashes)}"
        asked = ("--workspace", workspace, "--engine", by, "--set", "ingest.id_field=id", *QUIET)
        succeed(storage, "curate", place, *asked)
        hashes.append(hash_tables(succeed(storage, "tables", "--hash", "--workspace", workspace))["documents"])
    assert hashes[0] == hashes[1]
    shutil.rmtree(tmp_path / "table")


@pytest.mark.engine("embedded")
def test_what_is_not_there_is_told_in_one_line(storage: dict[str, str], tmp_path: Path) -> None:
    wrong = {**storage, "AWS_SECRET_ACCESS_KEY": "other"}
    for environment, place, says in (
        (wrong, "s3://texts/in", "s3://texts/in cannot be read: 403 Forbidden: the keys"),
        (
            storage,
            "s3://no-such-bucket-here/in",
            "s3://no-such-bucket-here/in cannot be read: 404 Not Found: there is no such bucket",
        ),
        (storage, "s3://texts/nothing/here", "s3://texts/nothing/here does not exist, or holds no files"),
        (storage, "s3://", "s3:// names no bucket"),
        (storage, "gs://texts/in", "gs://texts/in is no path on this machine; mount it"),
    ):
        refuse(environment, says, "curate", place, "--workspace", tmp_path / "w")
