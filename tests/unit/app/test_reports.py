"""Who writes the report: this process, or one of the embedded engine."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from resonance.app import OpenWorkspace
from resonance.app.reports import ENDED, Reporter
from resonance.core.errors import EngineError, ResonanceError
from resonance.runtime.conf import load
from resonance.runtime.engines import session
from resonance.testing import tiny_corpus

HERE = "spark.engine=spark"


@pytest.mark.parametrize(
    ("assignments", "environment", "slowly"),
    [
        ([HERE], {}, True),
        ([HERE, "spark.master=local[2]"], {}, True),
        ([HERE, "spark.master=spark://host:7077"], {}, False),
        (["catalog=main.text"], {}, False),
        ([HERE], {"PYSPARK_GATEWAY_PORT": "1"}, False),
        ([HERE], {"SPARK_REMOTE": "sc://host"}, False),
        (["spark.engine=embedded"], {}, False),
    ],
)
def test_who_reads_slowly(
    assignments: list[str], environment: dict[str, str], slowly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_runs_already", lambda: False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = load(assignments=assignments)

    assert session.reads_slowly(session.choose_engine(config), config) is slowly


def test_a_given_session_writes_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_runs_already", lambda: True)

    assert not session.reads_slowly("spark", load(assignments=[HERE]))


@pytest.mark.engine("embedded")
def test_another_process_writes_the_same_report(spark: object, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in tiny_corpus(6, 2)), encoding="utf-8")
    opened = OpenWorkspace(tmp_path / "w", settings={"report.language": "zh"})
    here = opened.curate(rows).report.read_bytes()
    (tmp_path / "w/report.html").unlink()
    reporter = Reporter()

    path = reporter.write(opened.config)

    reporter.close()
    assert path == tmp_path / "w/report.html"
    assert path.read_bytes() == here


@pytest.mark.engine("embedded")
def test_what_the_process_meets_is_raised_here(tmp_path: Path) -> None:
    reporter = Reporter()

    with pytest.raises(ResonanceError, match="no tables in workspace"):
        reporter.write(load(workspace=str(tmp_path / "none")))

    reporter.close()


@pytest.mark.engine("embedded")
def test_a_process_that_ended_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))

    with pytest.raises(EngineError, match=ENDED[:30]):
        Reporter().write(load())
