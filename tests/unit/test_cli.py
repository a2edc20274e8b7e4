"""The command line: help where nothing is asked, one line where something is wrong, no word where nobody listens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resonance import cli
from resonance.app import OpenWorkspace
from resonance.core.errors import ResonanceError
from resonance.core.formats import BY_EXTENSION, CODECS
from resonance.core.settings import Config
from resonance.runtime.stop import SAYS

COMMAND = (sys.executable, "-m", "resonance.cli")
QUALITY = {"quality_state", "quality_result", "quality_metric", "quality_report", "quality_gate"}


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    return int(left.value.code or 0)


def test_nothing_asked_is_answered_by_help(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([])
    said = capsys.readouterr()
    assert "Usage: resonance [OPTIONS] COMMAND" in " ".join(said.out.split())
    assert said.err == ""


def test_help_fills_the_lines_of_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 100)
    cli.main(["rules", "problems", "--help"])
    lines = capsys.readouterr().out.splitlines()
    begin = next(at for at, line in enumerate(lines) if "List what is wrong with rules" in line)
    paragraph = lines[begin : lines.index(next(line for line in lines[begin:] if not line.strip()), begin)]
    assert len(paragraph) > 1
    for line, following in zip(paragraph, paragraph[1:], strict=False):
        assert len(line.strip()) + 1 + len(following.split()[0]) > 96, "no word of the next line has room on it"


@pytest.mark.parametrize("command", ["curate", "register"])
def test_help_names_every_format_that_is_read(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([command, "--help"])
    said = capsys.readouterr().out
    assert [extension for extension in (*BY_EXTENSION, *CODECS) if extension not in said] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["curate"], "Missing argument"),
        (["curate", "x", "--workspace", "w", "--engine", "flink"], "'flink' is not one of"),
        (["no-such-command"], "No such command"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*arguments) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["demo", "run", "curate", "register", "judge"])
@pytest.mark.parametrize("engine", ["embedded", "spark"])
def test_the_engine_is_an_option_of_each_command_that_computes(
    command: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Config] = []

    def open_nothing(self: OpenWorkspace, config: Config, **_: object) -> None:
        seen.append(config)
        raise ResonanceError("far enough")

    monkeypatch.setattr(OpenWorkspace, "_open", open_nothing)
    own = {
        "run": ["ingest", "--set", "ingest.inputs=[x.jsonl]"],
        "curate": ["x.jsonl"],
        "register": ["quiz", "x.jsonl"],
        "judge": ["--policy", "gopher"],
    }
    exit_code(command, *own.get(command, []), "--workspace", str(tmp_path), "--engine", engine)
    assert [config.spark.engine for config in seen] == [engine]


def test_a_plan_is_shown_without_an_engine_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("resonance.runtime.workspace.open_engine", lambda *_, **__: pytest.fail("an engine was started"))
    (tmp_path / "texts.jsonl").write_text('{"text": "one"}\n')
    given = ["plan", "--workspace", str(tmp_path / "w"), "--set", f"ingest.inputs=[{tmp_path / 'texts.jsonl'}]"]
    cli.main([*given, "--rounds", "1"])
    said = " ".join(capsys.readouterr().out.split())
    assert "has not run yet" in said
    assert "15 of 15 steps would run; none of them ever ran here" in said
    assert "but run refuses: train: no evaluation set is registered" in said
    assert not (tmp_path / "w").exists()
    assert exit_code(*given, "tune") == 1
    assert "tune: nothing to do under these settings; tune needs tune.slices" in capsys.readouterr().err


def test_a_signal_that_python_took_itself_is_told_as_a_stop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(OpenWorkspace, "_open", interrupted)
    assert exit_code("tables") == 130
    assert capsys.readouterr().err == f"{SAYS}\n"


def test_what_a_name_holds_is_not_sent_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("tables", "--workspace", "no\x1b[31m\nsuch 数据") == 1
    assert "no\\x1b[31m such 数据" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen([*COMMAND, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_panic_of_an_extension_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class PanicException(BaseException):  # noqa: N818 the name that pyo3 gives it
        pass

    def panicking(*_: object, **__: object) -> None:
        raise PanicException("called `Result::unwrap()` on an `Err` value: Too many open files (os error 24)")

    monkeypatch.setattr(OpenWorkspace, "_open", panicking)
    assert exit_code("tables") == 1
    assert capsys.readouterr().err.startswith("error: too many open files; allow more")


def test_letters_that_a_terminal_lacks_are_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run([*COMMAND, "why", "数据", "--workspace", "…"], capture_output=True, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"error: no tables in workspace ?")


def write_contract(folder: Path, column: str) -> Path:
    """The contract of a structured table with one column."""
    own = "[{property: adaqStage, value: general}, {property: adaqModalities, value: [structured]}]"
    contract = folder / "shop.yaml"
    contract.write_text(f"{{version: 1.0.0, customProperties: {own}, schema: [{{name: shop, properties: [{{{column}}}]}}]}}")
    return contract


def test_a_dataset_is_assessed_and_its_operators_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = write_contract(tmp_path, "name: id, logicalType: integer, required: true")
    (tmp_path / "shop.csv").write_text("id,code\n1,x\n2,y\nthree,\n")
    given = [str(tmp_path / "shop.csv"), "--contract", str(contract), "--workspace", str(tmp_path / "w")]
    reports = [argument for end in ("html", "md", "json", "jsonld") for argument in ("--report", str(tmp_path / f"report.{end}"))]
    cli.main(
        [
            "assess",
            *given,
            "--output",
            str(tmp_path / "found.json"),
            *reports,
            "--language",
            "zh",
            "--set",
            f"lineage.events={tmp_path}/events.jsonl",
        ]
    )
    said = " ".join(capsys.readouterr().out.split())
    assert "grade U: " in said
    assert "3 rows, profile general@1; does not pass the rules (gate 1)" in said
    assert "veto: schema_conformance is 0.6667, below its floor 1" in said
    found = json.loads((tmp_path / "found.json").read_text())
    assert {r["operator"]: r["score"] for r in found["results"]}["complete_record_ratio"] == 1.0
    assert all("质量评估报告" in (tmp_path / f"report.{end}").read_text() for end in ("html", "md"))
    assert json.loads((tmp_path / "report.json").read_text())["language"] == "zh"
    start, end = map(json.loads, (tmp_path / "events.jsonl").read_text().splitlines())
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert end["inputs"][0]["name"] == str((tmp_path / "shop.csv").resolve())
    assert end["inputs"][0]["inputFacets"]["dataQualityMetrics"]["rowCount"] == 3
    card = json.loads((tmp_path / "report.jsonld").read_text())
    assert (card["name"], card["distribution"][0]["@id"]) == ("shop", "shop.csv")
    assert len(card["dqv:hasQualityMeasurement"]) > 10
    assert {path.name for path in (tmp_path / "w" / "tables").iterdir()} == QUALITY, "what the workspace keeps of it"
    assert exit_code("assess", *given, "--report", "report.pdf") == 1
    assert "its name must end in .html, .md, .json, .jsonld" in capsys.readouterr().err
    cli.main(["operators", *given])
    listed = capsys.readouterr().out
    assert "complete_record_ratio" in listed
    assert "…" not in listed, "a narrow terminal folds reasons, and cuts none"
    assert "not measurable:" in listed
    cli.main(["operators"])
    assert "pii_free_ratio" in capsys.readouterr().out
    assert exit_code("operators", str(tmp_path / "shop.csv")) == 1
    assert "operators: name a dataset and its --contract, or neither" in capsys.readouterr().err
    assert exit_code("assess", given[0], "--contract", str(tmp_path / "none.yaml"), *given[3:]) == 1
    assert "cannot read contract" in capsys.readouterr().err


UNREAD = "quality: [{type: sql, name: fresh, query: SELECT 1}, {type: custom, name: own, implementation: id > 0}]"


def test_quality_rules_for_other_tools_are_said_once_not_to_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = write_contract(tmp_path, "name: id, quality: [{metric: nullValues, mustBe: 0}]")
    contract.write_text(contract.read_text().replace("{name: shop,", f"{{name: shop, {UNREAD},"))
    (tmp_path / "shop.csv").write_text("id\n1\n")
    for command in ("operators", "assess"):
        cli.main([command, str(tmp_path / "shop.csv"), "--contract", str(contract), "--workspace", str(tmp_path / "w")])
        out = capsys.readouterr().out
        assert out.count(f"contract {contract}: quality rules for other tools were not read: fresh (sql), id.0 (library); ") == 1


def test_a_contract_is_drafted_and_assessed_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.csv").write_text("id,code\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(30)))
    data, own = str(tmp_path / "shop.csv"), ["--workspace", str(tmp_path / "w")]
    cli.main(["assess", data, "--suggest", *own])
    draft = capsys.readouterr().out
    assert 'enum: [{"value": "x"}, {"value": "y"}]  # guess: what occurs' in draft
    cli.main(["assess", data, "--suggest", "--output", str(tmp_path / "shop.yaml"), *own])
    assert (tmp_path / "shop.yaml").read_text() == draft
    (tmp_path / "shop.yaml").write_text(mended := draft.replace("WHAT IT HOLDS", "a number"))
    capsys.readouterr()
    assert exit_code("assess", data, "--suggest", "--output", str(tmp_path / "shop.yaml"), *own) == 1
    assert "exists, and a draft would replace it" in capsys.readouterr().err
    assert (tmp_path / "shop.yaml").read_text() == mended
    given = ["assess", data, "--contract", str(tmp_path / "shop.yaml"), *own]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("SPARK")}  # as users do, before any engine
    done = subprocess.run([*COMMAND, *given], capture_output=True, text=True, env=alone)
    assert "30 rows, profile general@1" in done.stdout, done.stderr
    assert exit_code("assess", data, *own) == 1
    assert "assess: name the dataset's --contract FILE, or draft one by --suggest" in capsys.readouterr().err


def test_what_an_assessment_or_an_approval_cannot_do_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.csv").write_text("id\n1\n2\n")
    contract = write_contract(tmp_path, "name: id")
    given = ["assess", f"file://{tmp_path}/shop.csv", "--contract", str(contract), "--workspace", str(tmp_path / "w")]
    cli.main(given)
    for option in ("--output", "--report"):
        assert exit_code(*given, option, str(tmp_path / "none" / "a.json")) == 1
        assert f"error: assess: cannot write {tmp_path}/none/a.json: there is no folder" in capsys.readouterr().err
    for read in (tmp_path / "shop.csv", contract):
        before = read.read_text()
        assert exit_code(*given, "--output", str(read)) == 1
        assert "which is read; name another file" in capsys.readouterr().err
        assert read.read_text() == before
    given = ["--workspace", str(tmp_path / "w"), "--name", "Ada", "--reason", "a draft"]
    assert exit_code("approve", "effect", "--dataset", str(tmp_path / "shop.csv"), *given) == 1
    assert "says anything of gate effect: it is known of no dataset" in capsys.readouterr().err
    cli.main(["approve", "rules", "--dataset", f"file://{tmp_path}/shop.csv", *given])
    assert f"Ada lets {tmp_path}/shop.csv through gate rules in round 1: a draft" in capsys.readouterr().out
    assert exit_code("approve", "rules", "--dataset", "shops", *given) == 1
    assert f"says anything of gate rules: it is known of {tmp_path}/shop.csv" in capsys.readouterr().err


def test_all_that_can_be_done_with_rules_has_a_command() -> None:
    from resonance.cli.rules import rules

    commands = {command.callback.__name__ for command in rules.registered_commands if command.callback}
    assert commands >= {"problems", "effect", "search", "verify", "adopt", "reject", "rollback", "history"}
