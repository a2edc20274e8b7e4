"""Odd names, odd neighbours and odd files: each command reads and writes what was named, or says in one line why not."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from resonance.cli import main
from resonance.runtime.storage.export import MANIFEST
from resonance.testing import tiny_corpus

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(spark: SparkSession, engine_name: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command in this process: its exit code, what it said, and what it said of errors."""

    def command(name: str, *arguments: str | Path) -> tuple[int, str, str]:
        engine = () if name == "tables" else ("--engine", engine_name)
        capsys.readouterr()
        try:
            main([name, *map(str, arguments), *engine])
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of twelve texts in a folder ``in``, beside which commands are run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "texts.jsonl", 12)
    return tmp_path / "in" / "texts.jsonl"


def write(path: Path, documents: int) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in tiny_corpus(documents)), encoding="utf-8")


def refused(result: tuple[int, str, str], *says: str) -> None:
    code, _, err = result
    assert code == 1, err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for part in says:
        assert part in err


def ingested(out: str) -> str:
    return next(line for line in out.splitlines() if line.startswith("ingest "))


ODD = "run [v2] {a,b} *? `é` 50% 数据"


def test_workspace_and_export_of_an_odd_name(run: Run, texts: Path, tmp_path: Path) -> None:
    for _ in range(2):
        code, out, err = run("curate", "in", "--workspace", ODD, "--export", f"out {ODD}")
        assert (code, err) == (0, "")
    assert "up to date" in ingested(out)
    assert f"report: {tmp_path / ODD / 'report.html'}\n12 documents exported to out {ODD}\n" in out
    assert {path.name for path in tmp_path.iterdir()} == {"in", ODD, f"out {ODD}"}
    assert {path.name for path in (tmp_path / f"out {ODD}").iterdir()} == {"part-00000.jsonl", MANIFEST}
    assert run("tables", "--workspace", ODD)[0] == 0


@pytest.mark.parametrize("given", ["texts[v2].jsonl", "~/texts[v2].jsonl", "uri", "in[v2]/*.jsonl"])
def test_a_changed_input_is_read_again_by_whatever_name_it_is_given(
    run: Run, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "texts[v2].jsonl"
    if "/*" in given:
        (tmp_path / "in2").mkdir()
        path = tmp_path / "in2" / "texts.jsonl"
    write(path, 12)
    (tmp_path / "in.yaml").write_text(
        json.dumps(
            {"ingest": {"inputs": [path.as_uri() if given == "uri" else given.replace("v2", "2") if "/*" in given else given]}}
        )
    )
    command = ("run", "ingest", "judge", "--conf", "in.yaml", "--workspace", "w")
    assert "12 in" in ingested(run(*command)[1])
    assert "up to date" in ingested(run(*command)[1])
    write(path, 13)
    assert "13 in" in ingested(run(*command)[1])


def test_a_workspace_in_the_input_folder_is_never_its_own_input(
    run: Run, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "in")
    assert "12 in → 12 out" in ingested(run("curate", ".", "--workspace", "ws")[1])
    assert "up to date" in ingested(run("curate", ".", "--workspace", "ws")[1])
    write(texts, 13)
    assert "13 in → 13 out" in ingested(run("curate", ".", "--workspace", "ws")[1])
    assert "13 in → 13 out" in ingested(run("curate", "*", "--workspace", "../other")[1])
    refused(run("curate", "ws", "--workspace", "../more"), "is a workspace, no source")
    refused(run("curate", ".", "--workspace", "."), "cannot be input and workspace")
    refused(run("curate", ".", "--workspace", "ws", "--export", "out"), "among the inputs")
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"texts.jsonl", "ws"}


def test_what_has_no_end_is_passed_over_or_refused(run: Run, texts: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "in" / "pipe.jsonl")
    (tmp_path / "in" / "zero.jsonl").symlink_to("/dev/zero")
    assert "12 in → 12 out" in ingested(run("curate", "in", "--workspace", "w")[1])
    refused(run("curate", "in/pipe.jsonl", "--workspace", "w2"), "pipe.jsonl is a pipe")
    refused(run("register", "quiz", "in/zero.jsonl", "--workspace", "w2"), "zero.jsonl is a pipe, a socket or a device")


def test_an_export_is_refused_before_the_run_and_harms_nothing(run: Run, texts: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    for name in ("_SUCCESS", "precious.csv"):
        (tmp_path / "theirs" / name).write_text("mine")
    for target in ("theirs", "in", "in/texts.jsonl", "w", "w/tables", "."):
        refused(run("curate", "in", "--workspace", "w", "--export", target), f"export: {target} ")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "theirs"}
    assert {path.name for path in (tmp_path / "theirs").iterdir()} == {"_SUCCESS", "precious.csv"}


@pytest.mark.parametrize("given", ["s3://bucket/w", "in/texts.jsonl", "~no-such-user/w", "gone", "a%20b", "a\\b"])
def test_a_workspace_that_is_no_folder_is_refused(run: Run, texts: Path, tmp_path: Path, given: str) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    refused(run("curate", "in", "--workspace", given), "workspace: ", str(Path(given)), "mount it" if "s3" in given else "")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "gone"}


PROGRAM = (str(Path(sys.executable).with_name("resonance")),)
MODULE = (sys.executable, "-m", "resonance.cli")
NAMELESS = ("unshare", "-u", "sh", "-c", 'hostname no-such-host; exec "$@"', "sh")
UNKNOWN = ("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
READER = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
"""Of all that root may do it keeps to read: an installation may lie in root's home."""
SURROUNDINGS: dict[str, tuple[tuple[str, ...], dict[str, str | None], tuple[str, ...]]] = {
    "another Spark, a host that cannot be looked up, a proxy, a plain locale, a home that nobody can write": (
        NAMELESS,
        {
            "SPARK_HOME": "/nowhere",
            "SPARK_CONF_DIR": "/nowhere",
            "PYSPARK_PYTHON": "/bin/false",
            "PYSPARK_DRIVER_PYTHON": "/bin/false",
            "PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell",
            "LC_ALL": "C",
            "HOME": "/proc",
            **dict.fromkeys(("http_proxy", "https_proxy", "grpc_proxy"), "http://127.0.0.1:9"),
        },
        PROGRAM,
    ),
    "run as a module, without a home, on a terminal of few letters": ((), {"HOME": None, "PYTHONIOENCODING": "ascii"}, MODULE),
    "a user without a name": ((*UNKNOWN, *READER), {"HOME": None}, PROGRAM),
}
"""Each with modules of other names in the current folder."""


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_whatever_surrounds_it_it_works_or_names_what_is_wrong(texts: Path, tmp_path: Path, engine_name: str, name: str) -> None:
    before, given, program = SURROUNDINGS[name]
    if before and (shutil.which(before[0]) is None or subprocess.run([*before, "true"], capture_output=True).returncode):
        pytest.skip(f"{before[0]} cannot change what surrounds a process here")
    for module in ("random.py", "json.py", "logging.py", *(["types.py"] if program is PROGRAM else [])):
        (tmp_path / module).write_text("raise RuntimeError('not the module that was asked for')")
    if before and before[0] == "setpriv":
        for folder in (tmp_path, *tmp_path.parents):
            if not folder.stat().st_mode & stat.S_IXOTH or folder == tmp_path:
                folder.chmod(0o777)
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("SAIL_", "SPARK_", "PYSPARK_"))}
    environment = {key: value for key, value in {**ours, **given}.items() if value is not None}
    command = [*before, *program, "curate", "in", "--workspace", "w 数据", "--export", "out 数据", "--engine", engine_name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    if name == "a user without a name" and engine_name == "spark":
        refused((done.returncode, done.stdout, done.stderr), "Spark needs the name of user 54321")
        return
    assert done.returncode == 0, done.stderr
    assert engine_name == "spark" or not done.stderr.replace("compiling text kernels for this machine, once: about a minute\n", "")
    held = {path.name for path in tmp_path.iterdir() if path.suffix != ".py"}
    assert held - {"__pycache__"} == {"in", "w 数据", "out 数据"}
    assert len(list((tmp_path / "out 数据").glob("part-*.jsonl"))) == 1


def test_a_workspace_that_cannot_be_written_can_be_read(texts: Path, tmp_path: Path, engine_name: str) -> None:
    reader = (*UNKNOWN, *READER)
    if shutil.which(reader[0]) is None or subprocess.run([*reader, "true"], capture_output=True).returncode:
        pytest.skip(f"{reader[0]} cannot change what surrounds a process here")
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("SAIL_", "SPARK_", "PYSPARK_"))}
    made = subprocess.run([*PROGRAM, "curate", "in", "--workspace", "w", "--engine", engine_name], env=ours, capture_output=True)
    assert made.returncode == 0
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    read = subprocess.run([*reader, *PROGRAM, "tables", "--hash", "--workspace", "w"], env=ours, capture_output=True, text=True)
    assert (read.returncode, read.stderr) == (0, "")
    assert "documents" in read.stdout
    again = subprocess.run([*reader, *PROGRAM, "curate", "in", "--workspace", "w"], env=ours, capture_output=True, text=True)
    refused(
        (again.returncode, again.stdout, again.stderr),
        str(tmp_path / "w"),
        "Permission denied; name a place that may be written to",
    )
