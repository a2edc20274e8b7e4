"""What ranks shared goes when nobody went on with their training for long, and stays whole until then."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from obstore.store import MemoryStore

from resonance.core import places
from resonance.core.places import open_named
from resonance.core.storage import Files
from resonance.runtime.storage import leftovers
from resonance.runtime.storage.leftovers import remove_shared


@pytest.fixture(params=["", "s3://texts/between"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    held = MemoryStore()
    monkeypatch.setattr(places, "open_store", lambda bucket: held)
    return open_named("staging", request.param, tmp_path)


def test_only_what_was_given_up_goes(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("shards/a/train/shard-00000.parquet", "shards/b/train/_complete", "staging/a/1/spec.json", "tables/a/x.parquet"):
        files.put(path, b"")
    remove_shared(files, 1)
    assert len(files.find("", "")) == 4
    now = time.time()
    time.sleep(0.1)
    files.put("staging/a/1/train/000000000010/done.json", b"")
    files.put("shards/b/train/shard-00000.parquet", b"")
    monkeypatch.setattr(leftovers, "time", SimpleNamespace(time=lambda: now + 3600 + 0.05))
    remove_shared(files, 1)
    assert files.find("", "") == [
        "shards/b/train/_complete",
        "shards/b/train/shard-00000.parquet",
        "staging/a/1/spec.json",
        "staging/a/1/train/000000000010/done.json",
        "tables/a/x.parquet",
    ]
    monkeypatch.setattr(leftovers, "time", SimpleNamespace(time=lambda: now + 4000))
    remove_shared(files, 1)
    assert files.find("", "") == ["tables/a/x.parquet"]
