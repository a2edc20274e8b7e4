"""Set-up says at once all that a machine lacks, shows how far it is, and keeps Horovod's wheel by what it was built for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

LAPTOP = Path(__file__).parents[2] / "cluster" / "laptop"
ALWAYS_THERE = ("sh", "sed", "head", "awk", "df", "uname")


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
def wheel(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(LAPTOP))
    import horovod_wheel

    return horovod_wheel


def pretend(folder: Path, name: str, says: str) -> None:
    """Put a program into a folder that says one thing whatever it is asked."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    program.chmod(0o755)


def check(path: Path, part: str = "all") -> subprocess.CompletedProcess[str]:
    command = ["sh", str(LAPTOP / "check.sh"), part]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False, cwd=path)


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


def test_the_data_half_needs_no_compiler(bare: Path) -> None:
    said = check(bare, "data").stderr
    assert "JDK 17" in said
    assert "compiler" not in said
    assert "cmake" not in said


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
    pretend(bare, "java", 'openjdk version "17.0.15" 2025-04-15')
    (bare / "python3").symlink_to(sys.executable)
    done = check(bare, "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).exists()


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
