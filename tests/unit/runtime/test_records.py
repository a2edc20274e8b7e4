"""Files that a contract names are read beside it, and what is wrong with one is said."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from resonance.core.dataset import DatasetContract
from resonance.core.errors import ConfigError
from resonance.runtime.licences import load_licences
from resonance.runtime.records import open_records


def test_books_lie_beside_the_contract(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n\n{"a": "更"}\n', encoding="utf-8")
    (tmp_path / "card.json").write_text('{"name": "x"}', encoding="utf-8")
    (tmp_path / "r.yaml").write_text("- {version: 1.0.0, published_at: 2026-01-02}\n", encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    declared = {"ticket_log": "t.jsonl", "card": "card.json", "release_records": "r.yaml", "run_events": "no.json"}
    contract = DatasetContract("t", "1", "general", frozenset(), (), declared={**declared, "run_metrics": "broken.json"})
    found = open_records(contract, tmp_path, None)
    assert found.books["ticket_log"] == [{"a": 1}, {"a": "更"}]
    assert (found.books["card"], found.books["release_records"][0]["version"]) == ({"name": "x"}, "1.0.0")
    assert found.problems == {
        "run_events": "cannot read file no.json: No such file or directory",
        "run_metrics": "file broken.json is no JSON, JSON lines or YAML",
    }
    assert (found.history, found.look_at_version, found.files) == (None, None, None)
    assert found.hash_file is not None
    assert found.hash_file("card.json") == hashlib.sha256(b'{"name": "x"}').hexdigest()
    assert found.hash_file("gone") is None


def test_files_that_hold_the_rows_are_named_below_the_dataset(tmp_path: Path) -> None:
    contract, data = DatasetContract("t", "1", "general", frozenset(), ()), tmp_path / "d"
    (data / "day=1").mkdir(parents=True)
    for name in ("day=1/b.csv", "a.csv", ".hidden.csv"):
        (data / name).write_text("id\n", encoding="utf-8")
    found = open_records(contract, tmp_path, data).files
    assert [(file.name, file.size) for file in found or ()] == [("a.csv", 3), ("day=1/b.csv", 3)]
    (single,) = open_records(contract, tmp_path, data / "a.csv").files or ()
    assert (single.name, single.path) == ("a.csv", str((data / "a.csv").resolve()))
    table = tmp_path / "delta"
    for mode in ("append", "overwrite"):
        write_deltalake(table, pa.table({"id": [1]}), mode=mode)
    (live,) = open_records(contract, tmp_path, table).files or ()
    assert len(list(table.glob("*.parquet"))) == 2
    assert live.name in {path.name for path in table.glob("*.parquet")}


def test_matrices_of_another_form_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("licences: {MIT: {allows: [fun], also: [expat]}}\n", encoding="utf-8")
    assert load_licences(str(path)) == {"fun": frozenset({"mit", "expat"})}
    path.write_text("licences: [MIT]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="must list licences"):
        load_licences(str(path))
