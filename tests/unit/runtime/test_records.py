"""Files that a contract names are read beside it, and what is wrong with one is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.dataset import DatasetContract
from resonance.core.errors import ConfigError
from resonance.runtime.records import load_licences, open_records


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
    assert (found.history, found.look_at_version) == (None, None)


def test_matrices_of_another_form_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("licences: {MIT: {allows: [fun], also: [expat]}}\n", encoding="utf-8")
    assert load_licences(str(path)) == {"fun": frozenset({"mit", "expat"})}
    path.write_text("licences: [MIT]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="must list licences"):
        load_licences(str(path))
