"""The face: what notebooks call, and what the command line prints."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

import resonance
from resonance.app import OpenWorkspace, Run, View
from resonance.core.errors import ConfigError, InputError, ResonanceError
from resonance.core.table import Commit, Table
from resonance.runtime.storage.folder import FolderCatalog
from resonance.testing import tiny_corpus

pytestmark = pytest.mark.engine("embedded")
"""What only reads is answered by the embedded engine, and a process holds one engine."""


@pytest.fixture(scope="module")
def curated(spark: SparkSession, engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[OpenWorkspace, Run]:
    """A curated workspace and what curating it returned."""
    home = tmp_path_factory.mktemp("face")
    (home / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in tiny_corpus(15, 3)), encoding="utf-8")
    settings = {"tracking.enabled": False}
    w = resonance.open(str(home / "w"), settings=settings, engine=engine_name, console=Console(file=io.StringIO(), width=200))
    return w, w.curate(home / "texts.jsonl", export=home / "out")


def test_curating_returns_its_steps_its_report_and_what_was_exported(curated: tuple[OpenWorkspace, Run]) -> None:
    _, done = curated
    steps = {step.step.job.name: step for step in done.steps}
    assert list(steps) == ["ingest", "judge", "dedupe", "decontaminate"]
    assert (steps["ingest"].rows_in, steps["dedupe"].rows_cut, done.exported) == (18, 3, 15)
    assert done.report.read_text(encoding="utf-8").startswith("<!")
    assert "<pre" in done._repr_html_()
    assert "dedupe" in repr(done)


def test_a_step_that_broke_off_is_shown_until_it_is_done_and_told_as_lineage(
    engine_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in tiny_corpus(5, 1)), encoding="utf-8")
    settings = {"tracking.enabled": False, "lineage.events": str(tmp_path / "lineage.jsonl")}
    quiet = Console(file=io.StringIO(), width=200)
    w = resonance.open(str(tmp_path / "w"), settings=settings, engine=engine_name, console=quiet, command="resonance curate …")
    with monkeypatch.context() as broken:
        whole = FolderCatalog.write

        def write(self: FolderCatalog, table: Table, *given: Any) -> Commit:
            if table.name == "duplicates":
                raise OSError(errno.ENOSPC, "No space left on device")
            return whole(self, table, *given)

        broken.setattr(FolderCatalog, "write", write)
        with pytest.raises(OSError, match="No space left"):
            w.curate(tmp_path / "texts.jsonl")
    said = str(w.status(tmp_path / "r.prom"))
    assert "nothing runs" in said
    assert "failed: dedupe, " in said
    assert "  table    duplicates" in said
    assert f"  cause    no space left on {tmp_path}" in said
    assert "  to go on resonance curate …" in said
    assert (
        'resonance_step_failed_timestamp_seconds{arm="plan",batch="main",job="dedupe",round="0"}'
        in (tmp_path / "r.prom").read_text()
    )
    w.curate(tmp_path / "texts.jsonl")
    assert "nothing broke off" in str(w.status())
    told = [json.loads(line) for line in (tmp_path / "lineage.jsonl").read_text(encoding="utf-8").splitlines()]
    ends = [(event["job"]["name"], event["eventType"]) for event in told if event["eventType"] != "START"]
    assert ends == [(job, "COMPLETE") for job in ("ingest", "judge")] + [
        ("dedupe", "FAIL"), *((job, "COMPLETE") for job in ("dedupe", "decontaminate"))
    ]  # fmt: skip
    assert told[0]["inputs"][0]["name"] == str(tmp_path / "texts.jsonl")
    judged = next(event for event in told if (event["job"]["name"], event["eventType"]) == ("judge", "COMPLETE"))
    table = {"namespace": "file", "name": str(tmp_path / "w" / "tables" / "documents")}
    assert table in [{key: given[key] for key in table} for given in judged["inputs"]]
    assert [Path(given["name"]).name for given in judged["outputs"]] == ["rules"], "nothing was rejected"
    assert all(given["facets"]["version"]["datasetVersion"] for given in (*judged["inputs"], *judged["outputs"]))
    assert [given["outputFacets"]["outputStatistics"]["rowCount"] for given in judged["outputs"]] == [w.frame("rules").count()]


def test_the_report_is_written_in_every_form(curated: tuple[OpenWorkspace, Run], tmp_path: Path) -> None:
    w, done = curated
    files = [tmp_path / f"again.{end}" for end in ("md", "json", "html")]
    assert w.report(files) == done.report
    said = json.loads(files[1].read_text(encoding="utf-8"))["sentences"][0]
    assert said.startswith("18 documents came in, 15")
    assert all(said in file.read_text(encoding="utf-8").replace("\\", "") for file in files)
    with pytest.raises(InputError, match="report: cannot write a report to x.pdf: its name must end in"):
        w.report(["x.pdf"])


def test_tables_are_shown_as_a_table_and_read_as_frames(curated: tuple[OpenWorkspace, Run]) -> None:
    w, _ = curated
    assert any(line.split()[1:6:2] == ["documents", "0", "18"] for line in str(w.tables).splitlines())
    assert "documents" in w.tables._repr_html_()
    assert w.frame("documents").count() == w.frames["documents"].count() == 18
    with pytest.raises(ResonanceError, match="no table 'document': choose from"):
        w.frame("document")


def test_why_and_judge_say_what_the_commands_print(curated: tuple[OpenWorkspace, Run], capsys: pytest.CaptureFixture[str]) -> None:
    w, _ = curated
    key = w.frame("raw").first()["source_key"]  # type: ignore[index]
    from resonance.cli import main

    main(["why", key, "--workspace", w.config.workspace])
    assert capsys.readouterr().out.split() == str(w.why(key)).split()
    judged = str(w.judge("gopher"))
    assert judged.startswith("18 documents judged")
    assert judged.endswith("nothing was written; --apply writes it")
    with pytest.raises(ConfigError, match="unknown policy|no policy"):
        w.judge("no-such-policy")


def test_settings_are_checked_when_they_are_first_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"train\.rank: unknown key"):
        _ = resonance.open(str(tmp_path), settings={"train.rank": 2}).config
    with pytest.raises(ResonanceError, match="no tables in workspace"):
        _ = resonance.open(str(tmp_path)).tables


@pytest.mark.parametrize("is_there", [False, True])
def test_a_scorer_without_general_texts_says_how_to_give_them(tmp_path: Path, is_there: bool) -> None:
    """Whether there is no workspace, or one whose tables hold no documents."""
    if is_there:
        (tmp_path / "w" / "tables").mkdir(parents=True)
    with pytest.raises(InputError, match=r"^score fit: .*no general texts.* \(--general FILES\), or curate documents into work"):
        resonance.open(tmp_path / "w").fit_scorer(tmp_path / "good.jsonl")
    assert (tmp_path / "w").exists() == is_there


def test_a_view_prints_signs_as_they_are() -> None:
    assert str(View(("[red]no markup[/red]",))) == "[red]no markup[/red]"


def test_texts_are_scored_by_what_reference_texts_taught(spark: SparkSession, engine_name: str, tmp_path: Path) -> None:
    """Fit on files, curate with the file: every document has a score, a policy cuts by it, and another file measures anew."""
    shared = {"tracking.enabled": False}
    own = ["theorem lemma proof", "cheap click offer"]
    rows = [{"id": f"{n}", "text": " ".join(f"{own[n % 2]} the {n + k} of it" for k in range(5 + n % 41))} for n in range(400)]
    for name, chosen in (("good", rows[0:360:2]), ("general", rows[1:360:2]), ("texts", rows[360:])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in chosen), encoding="utf-8")
    (tmp_path / "p.yaml").write_text("{name: p, version: 1, rules: [{rule: unlike, set: classifier, signal: score, below: 0.5}]}")
    console = Console(file=io.StringIO(), width=200)
    w = resonance.open(tmp_path / "w", settings=shared, engine=engine_name, console=console)
    said = str(w.fit_scorer(tmp_path / "good.jsonl", general=[tmp_path / "general.jsonl"], out=tmp_path / "a.scorer"))
    assert "a good one scores above a general one in 100.0% of pairs" in said
    with pytest.raises(ConfigError, match=r"name its file by --set clean.classifier=FILE"):
        w.curate(tmp_path / "texts.jsonl", rules=str(tmp_path / "p.yaml"))
    w.fit_scorer(tmp_path / "good.jsonl", general=[tmp_path / "general.jsonl"], kind="perplexity", out=tmp_path / "b.scorer")
    scored = {**shared, "clean.classifier": str(tmp_path / "a.scorer"), "clean.perplexity": str(tmp_path / "b.scorer")}
    w = resonance.open(tmp_path / "w", settings=scored, engine=engine_name, console=console)
    steps = {step.step.job.name: step for step in w.curate(tmp_path / "texts.jsonl", rules=str(tmp_path / "p.yaml")).steps}
    assert (steps["ingest"].rows_in, steps["judge"].rows_cut) == (40, 20)
    found = w.frame("signals_classifier").collect()
    assert len(found) == 40
    assert {row["scorer"] for row in found} == {w.config.clean.scorers["classifier"].name}
    bands = {row["band"] for row in w.frame("signals_perplexity").collect()}
    assert {"head"} < bands <= {"head", "middle", "tail"}
    (tmp_path / "q.yaml").write_text("{name: q, version: 1, rules: [{rule: r, set: perplexity, signal: band, in: [head]}]}")
    assert str(w.judge(str(tmp_path / "q.yaml"))).startswith("40 documents judged"), "what is stored is judged without a scorer too"
    with pytest.raises(ResonanceError, match="of 40 different general texts a tenth is held out"):  # those of the workspace
        w.fit_scorer(tmp_path / "good.jsonl")
