"""Whole commands on a folder that changes: tables are those of a new workspace, and commands tell what went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import resonance
from resonance.runtime.workspace import Workspace
from resonance.testing import tiny_corpus

CORPUS = ("raw", "documents", "edits", "rejects", "rules", "duplicates", "signals_basics", "signals_datatrove", "signals_quality")


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def digests(w: resonance.app.OpenWorkspace) -> dict[str, str]:
    return {name: value for name, value in Workspace(w.config, reads=True).digests().items() if name in CORPUS}


@pytest.mark.parametrize("keep_raw", [False, True])
def test_a_folder_curated_again_is_as_curated_for_the_first_time(
    spark: SparkSession, tmp_path: Path, engine_name: Any, keep_raw: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, texts = tiny_corpus(24, 4), tmp_path / "texts"
    for n in range(7):
        write_rows(texts / f"{n}.jsonl", rows[4 * n : 4 * n + 4])
    own: dict[str, Any] = {"ingest.keep_raw": keep_raw, "ingest.min_slice_documents": 3}

    def curate(workspace: str) -> resonance.app.OpenWorkspace:
        w = resonance.open(tmp_path / workspace, engine=engine_name, settings=own)
        w.curate(texts, rules="gopher")
        return w

    curate("often")
    assert "read anew" not in capsys.readouterr().out
    (texts / "2.jsonl").unlink()
    (texts / "3.jsonl").rename(texts / "33.jsonl")
    write_rows(texts / "4.jsonl", [{**rows[16], "text": rows[16]["text"] + "\nAnd more."}, {"id": "new", "text": "Too short."}])
    write_rows(texts / "8.jsonl", tiny_corpus(30)[28:])
    w = curate("often")
    assert "2 of 7 files read anew" in capsys.readouterr().out
    assert digests(w) == digests(curate("once"))
    said = str(w.files())
    assert "batch main: 7 files with 24 rows, 0 of them cut by ingest; the last run read 2 and took over the rows of 5" in said
    assert "deleted files: 1; withdrawn documents: 7" in said
    assert "taken over, renamed from" in said
    renamed = w.frame("files").where("renamed_from IS NOT NULL").select("path", "renamed_from", "opened").collect()
    assert [tuple(row) for row in renamed] == [(str(texts / "33.jsonl"), str(texts / "3.jsonl"), False)]
    gone = w.frame("withdrawn").where("source_key = 'row-8'").collect()[0]["doc_id"].hex()
    assert f"withdrawn files: row-8 (batch main), read from {texts / '2.jsonl'}:1: its file was deleted" in str(w.why(gone))
