"""One more signal set is measured, and no verdict is stale; a workspace with the one wide table of before goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from resonance.cli import main
from resonance.runtime import resources
from resonance.runtime.run.origins import identify
from resonance.tables import SIGNALS, STEPS
from resonance.testing import tiny_corpus

CURATE = ("curate", "texts.jsonl", "--workspace", "w", "--rules", "gopher", "--dedup", "exact")
JOBS = ("ingest", "judge", "dedupe", "decontaminate")
TABLES = Path("w/tables")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [*tiny_corpus(8, copies=2), {"id": "word", "text": "word"}, {"id": "empty", "text": " "}]
    Path("texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def curate(capsys: pytest.CaptureFixture[str], *more: str) -> set[str]:
    """Curates; the jobs that ran, as the log says."""
    capsys.readouterr()
    main([*CURATE, *more])
    lines = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(("ingest", "judge", "dedupe", "decontaminate"))
    ]
    assert len(lines) == 4
    return {line.split()[0] for line in lines if "skipped: up to date" not in line}


def rows_of(name: str) -> list[dict[str, object]]:
    return sorted(DeltaTable(TABLES / name).to_pyarrow_table().to_pylist(), key=repr)


def test_one_more_set_leaves_verdicts_up_to_date(spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert curate(capsys, "--set", "clean.sets=[datatrove]") == {*JOBS}
    assert not (TABLES / "signals_dolma").exists()
    before = {name: DeltaTable(TABLES / name).version() for name in ("rejects", "rules")}
    measured = rows_of("signals_datatrove")
    assert len(measured) == 11

    assert curate(capsys, "--set", "clean.sets=[datatrove,dolma]") == {"ingest"}
    assert len(rows_of("signals_dolma")) == 11
    assert rows_of("signals_datatrove") == measured
    assert DeltaTable(TABLES / "rules").version() == before["rules"]

    main(["judge", "--policy", "dolma", "--workspace", "w", "--apply"])
    assert {row["policy"] for row in rows_of("rules")} == {"dolma@1"}

    assert curate(capsys, "--set", "clean.sets=[datatrove]") == {"ingest", "judge"}, "the others ran under these rules last"
    assert rows_of("signals_dolma") == [], "what is measured no more is not kept"
    with pytest.raises(SystemExit):
        main(["judge", "--policy", "dolma", "--workspace", "w"])
    assert "reads signals of dolma, which were not measured (there are datatrove)" in capsys.readouterr().err


def write_older(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Curate as before: steps have other identities and say nothing of origins, all sets share a table."""
    now = resources.contract
    lacking = now(STEPS)
    lacking = replace(lacking, version="1.0.0", columns=tuple(c for c in lacking.columns if c.name != "origins"))
    with monkeypatch.context() as before:
        before.setattr(resources, "contract", lambda table: lacking if table == STEPS else now(table))
        before.setattr("resonance.runtime.run.schedule.identify", lambda origins: identify(origins)[::-1])
        curate(capsys)
    parts = []
    for name, table in SIGNALS.members:
        if (TABLES / table.name).exists():
            parts.append(DeltaTable(TABLES / table.name).to_pyarrow_table().append_column("set", pa.array([name] * 11)))
    write_deltalake(str(TABLES / "signals"), pa.concat_tables(parts, promote_options="default"))
    for folder in TABLES.glob("signals_*"):
        shutil.rmtree(folder)


def test_a_workspace_of_one_wide_table_goes_on(
    spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_older(monkeypatch, capsys)
    verdicts = {name: rows_of(name) for name in ("rejects", "rules", "documents")}
    assert "origins" not in DeltaTable(TABLES / "steps").schema().to_arrow().names
    with pytest.raises(SystemExit):
        main(["judge", "--policy", "gopher", "--workspace", "w"])
    assert "which were not measured (there are none); run `resonance curate` with this policy" in capsys.readouterr().err
    main(["why", "word", "--workspace", "w"])
    assert "gopher_short_doc" in capsys.readouterr().out

    assert curate(capsys) == {*JOBS}
    assert {name: rows_of(name) for name in verdicts} == verdicts
    assert len(rows_of("signals_datatrove")) == 11
    assert curate(capsys) == set()
