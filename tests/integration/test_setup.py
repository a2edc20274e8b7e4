"""Set-up says at once all that a machine lacks, shows how far it is, and makes the trainer beside the data half."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

LAPTOP = Path(__file__).parents[2] / "cluster" / "laptop"
ALWAYS_THERE = ("sh", "sed", "head", "awk", "df", "uname", "grep", "dirname", "sleep", "env")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH that holds what every machine has, and nothing that we need."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ALWAYS_THERE:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a program of the set-up by its name."""
    monkeypatch.syspath_prepend(str(LAPTOP))
    return importlib.import_module


@pytest.fixture
def wheel(tool: Callable[[str], ModuleType]) -> ModuleType:
    return tool("horovod_wheel")


def pretend(folder: Path, name: str, says: str) -> None:
    """Put a program into a folder that says one thing whatever it is asked."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    program.chmod(0o755)


def check(path: Path, part: str = "all") -> subprocess.CompletedProcess[str]:
    command = ["sh", str(LAPTOP / "check.sh"), part]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False, cwd=path)


def install_jdk(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(LAPTOP / "jdk.sh")], env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_all_that_is_missing_is_said_at_once_in_a_line_each(bare: Path) -> None:
    done = check(bare)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if " GB of free disk" not in line]
    assert [line.partition(".")[0] for line in lines[:1]] == ["missing: Python 3"]
    assert len(lines) == 4
    assert all(line.startswith("missing: ") and "nstall" in line for line in lines)
    for words, line in zip(("Python 3.11", "JDK 17", "compiler", "cmake"), lines, strict=True):
        assert words in line


@pytest.mark.parametrize(
    ("part", "asked"),
    [("data", {"Python"}), ("spark", {"Python", "JDK"}), ("train", {"Python", "compiler", "cmake"})],
)
def test_each_part_asks_for_what_it_needs_alone(bare: Path, part: str, asked: set[str]) -> None:
    lines = [line for line in check(bare, part).stderr.splitlines() if " GB of free disk" not in line]
    assert len(lines) == len(asked)
    assert {
        word for word in ("Python", "JDK", "compiler", "cmake") if any(word in line.partition(".")[0] for line in lines)
    } == asked


def test_a_part_that_does_not_exist_is_refused(bare: Path) -> None:
    done = check(bare, "everything")
    assert done.returncode == 2
    assert "no part everything" in done.stderr


@pytest.mark.parametrize(
    ("name", "says", "found"), [("java", 'openjdk version "25.0.3"', "25"), ("cmake", "cmake version 4.1.0", "4")]
)
def test_a_version_that_does_not_fit_is_named(bare: Path, name: str, says: str, found: str) -> None:
    pretend(bare, name, says)
    assert f"(found: {found})" in check(bare).stderr


@pytest.mark.parametrize("name", ["java", "cmake"])
def test_a_version_that_fits_is_not_mentioned(bare: Path, name: str) -> None:
    pretend(bare, name, {"java": 'openjdk version "17"', "cmake": "cmake version 3.25.1"}[name])
    assert {"java": "JDK", "cmake": "cmake"}[name] not in check(bare).stderr


def test_a_machine_that_has_all_is_told_its_python(bare: Path) -> None:
    if sys.version_info[:2] != (3, 11):
        pytest.skip("set-up wants Python 3.11")
    (bare / "python3").symlink_to(sys.executable)
    done = check(bare, "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).exists()


def test_a_jdk_that_fits_is_left_as_it_is(bare: Path) -> None:
    pretend(bare, "java", 'openjdk version "17.0.15" 2025-04-15')
    done = install_jdk(bare)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("user", "works"), [("0", True), ("1000", False)])
def test_a_missing_jdk_is_installed_by_root_and_explained_to_others(bare: Path, user: str, works: bool) -> None:
    pretend(bare, "id", user)
    pretend(bare, "new-java", 'openjdk version "17.0.15" 2025-04-15')
    program = bare / "apt-get"
    program.write_text(f"#!/bin/sh\ncase $* in *openjdk-17*) ln -s new-java {bare}/java ;; esac\n", encoding="utf-8")
    program.chmod(0o755)
    (bare / "ln").symlink_to(str(shutil.which("ln")))
    done = install_jdk(bare)
    assert (done.returncode == 0) is works
    assert ("Installing JDK 17" in done.stdout) is works
    assert ("Install it" in done.stderr) is not works


@pytest.mark.parametrize(("torch", "standard"), [("2.13.0", 17), ("2.14.1", 20), ("2.15.0+cu132", 20), ("3.0.0", 20)])
def test_horovod_is_compiled_by_the_standard_of_torch(wheel: ModuleType, torch: str, standard: int) -> None:
    assert wheel.cpp_standard(torch) == standard


def test_wheels_are_kept_apart_by_what_they_were_built_for(
    wheel: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("HOROVOD_GPU_OPERATIONS", raising=False)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    processor = wheel.shelf("2.15.0")
    assert processor == tmp_path / "resonance" / "wheels" / f"{python}-torch2.15.0-horovod0.28.1"
    monkeypatch.setenv("HOROVOD_GPU_OPERATIONS", "NCCL")
    assert len({processor, wheel.shelf("2.15.0"), wheel.shelf("2.14.0")}) == 3


@pytest.mark.parametrize("status", [0, 3])
def test_progress_keeps_the_log_and_shows_its_end_when_a_command_fails(tmp_path: Path, status: int) -> None:
    log = tmp_path / "logs" / "step.log"
    command = [sys.executable, str(LAPTOP / "progress.py"), "A step", str(log), "sh", "-c", f"echo the cause; exit {status}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "80"})
    assert (done.returncode == 0) is (status == 0)
    assert log.read_text(encoding="utf-8") == "the cause\n"
    assert ("the cause" in done.stderr) is (status != 0)
    assert ("A step: done" in done.stdout) is (status == 0)


def test_commands_run_side_by_side_and_one_that_fails_ends_the_others(tmp_path: Path) -> None:
    quick, slow = tmp_path / "quick.log", tmp_path / "slow.log"
    words = ["Quick", str(quick), "sh", "-c", "echo Compiled one; exit 4", "--and", "Slow", str(slow), "sleep", "60"]
    started = time.monotonic()
    done = subprocess.run([sys.executable, str(LAPTOP / "progress.py"), *words], capture_output=True, text=True, check=False)
    assert time.monotonic() - started < 30
    assert done.returncode == 1
    assert "Quick: 0 s" in done.stdout
    assert "Slow: 0 s" in done.stdout
    assert "Compiled one" in done.stderr


def test_a_staged_trainer_is_taken_over_beside_what_is_there(tool: Callable[[str], ModuleType], tmp_path: Path) -> None:
    files = {"stage/lib/torch/a.py": "a", "stage/lib/nvidia/new/b": "b", "stage/bin/torchrun": "c"}
    for name, text in {**files, "goal/lib/nvidia/old/d": "d", "goal/bin/python": "e"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    tool("trainer").move(tmp_path / "stage", tmp_path / "goal")
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {name.replace("stage", "goal") for name in files} | {"goal/lib/nvidia/old/d", "goal/bin/python"}
    assert not (tmp_path / "stage").exists()


def test_the_trainer_is_what_the_extra_names(tool: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LAPTOP.parents[1])
    assert [text.partition(">")[0] for text in tool("trainer").requirements()][:2] == ["torch", "transformers"]


def test_the_demo_runs_the_whole_data_half_while_the_trainer_is_made(tool: Callable[[str], ModuleType]) -> None:
    from resonance.factory import curation
    from resonance.runtime.conf import load

    jobs = tuple(step.job.name for step in curation(load("local", "demo", (), ())))
    assert jobs == tool("demo").DATA_HALF


def test_kernels_that_are_named_are_there(tool: Callable[[str], ModuleType]) -> None:
    folder = LAPTOP.parents[1] / "lib" / "resonance" / "curate" / "kernels"
    named = (*tool("kernels").LONGEST, *tool("kernels").DEFAULT)
    assert [name for name in named if not (folder / f"{name.replace('.', '/')}.py").is_file()] == []


@pytest.mark.parametrize("script", sorted(path.name for path in LAPTOP.glob("*.sh")))
def test_scripts_can_be_read_by_any_shell(script: str) -> None:
    assert subprocess.run(["sh", "-n", str(LAPTOP / script)], check=False).returncode == 0


def test_the_jdk_comes_before_what_needs_it() -> None:
    (line,) = re.findall(r"^test: (.*?) ##", (LAPTOP.parents[1] / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert line.split()[0] == "jdk"
