"""A command that is stopped, has no room, or meets another one ends in one line; the next one gives the undisturbed tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resonance.core.files import LOCK
from resonance.runtime.stop import SAYS
from resonance.testing import tiny_corpus

MARK = "RESONANCE_TEST_MARK"
SECONDS = {"embedded": 2.0, "spark": 20.0}
"""How long a command may take to end; Spark has a Java process to end."""
JAVA_SAYS = "WARNING: Using incubator modules: jdk.incubator.vector\n"
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(engine_name: str) -> Iterator[Started]:
    """Start a command in a process of its own; all that it leaves behind is found by a mark in its environment."""
    mark = uuid.uuid4().hex
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("SAIL_", "SPARK_", "PYSPARK_"))}

    def command(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        engine = () if arguments[0] == "tables" else ("--engine", engine_name)
        return subprocess.Popen(
            [sys.executable, "-m", "resonance.cli", *map(str, arguments), *engine],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**ours, MARK: mark, **environment},
            start_new_session=True,
        )

    yield command
    wait_for(lambda: not living(mark), 10, "a process outlives its command")


def living(mark: str) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in place.read_bytes():
                found.append((place.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def wait_for(held: Callable[[], object], seconds: float, says: str) -> None:
    end = time.monotonic() + seconds
    while not held():
        assert time.monotonic() < end, says
        time.sleep(0.01)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough texts that a step takes a while."""
    path = tmp_path_factory.mktemp("corpus") / "texts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in tiny_corpus(1_500, copies=30)))
    return path


def curate(corpus: Path, workspace: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return ("curate", corpus, "--workspace", workspace, *more)


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, err = process.communicate(timeout=600)
    assert process.returncode == code, err
    return out, "".join(line for line in err.splitlines(keepends=True) if line != JAVA_SAYS)


def hashes(start: Started, workspace: Path) -> list[str]:
    """Each table and its hash, without versions: these count what was tried."""
    rows = [
        line.split("│")[1:-1] for line in finish(start("tables", "--hash", "--workspace", workspace))[0].splitlines() if "│" in line
    ]
    return [f"{row[0].strip()} {row[-1].strip()}" for row in rows if row[0].strip() != "steps"]


@pytest.fixture(scope="module")
def undisturbed(corpus: Path, engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("undisturbed")
    command = [sys.executable, "-m", "resonance.cli", *map(str, curate(corpus, workspace)), "--engine", engine_name]
    subprocess.run(command, check=True, capture_output=True)
    return workspace


def begun(workspace: Path, job: str) -> bool:
    log = workspace / "events.jsonl"
    return log.exists() and any('"started"' in line and f'"{job}"' in line for line in log.read_text().splitlines())


@pytest.mark.parametrize(("number", "job"), [(signal.SIGINT, "ingest"), (signal.SIGTERM, "ingest"), (signal.SIGINT, "dedupe")])
def test_a_command_that_is_stopped_ends_quietly_and_goes_on(
    start: Started, corpus: Path, undisturbed: Path, engine_name: str, tmp_path: Path, number: signal.Signals, job: str
) -> None:
    process = start(*curate(corpus, tmp_path / "w"))
    wait_for(lambda: begun(tmp_path / "w", job), 300, f"{job} has not begun")
    time.sleep(0.1)
    told = time.monotonic()
    process.send_signal(number)
    _, err = finish(process, 128 + number)
    assert time.monotonic() - told < SECONDS[engine_name]
    assert err == f"{SAYS}\n"
    finish(start(*curate(corpus, tmp_path / "w")))
    assert hashes(start, tmp_path / "w") == hashes(start, undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A folder on a disk of its own, whose size can be set again."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", place], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")

    def sized(size: str) -> Path:
        subprocess.run(["mount", "-o", f"remount,size={size}", place], check=True)
        return place

    yield sized
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("size", ["8k", "300k"])
def test_a_full_disk_is_named_and_with_more_room_the_same_command_ends_well(
    start: Started, corpus: Path, undisturbed: Path, small_disk: Callable[[str], Path], size: str
) -> None:
    workspace = small_disk(size) / "w"
    _, err = finish(start(*curate(corpus, workspace)), 1)
    assert err == f"error: no space left on {workspace}; make room there and run the same command again\n"
    small_disk("200m")
    finish(start(*curate(corpus, workspace)))
    assert hashes(start, workspace) == hashes(start, undisturbed)
    assert all(json.loads(line) for line in (workspace / "events.jsonl").read_text().splitlines())


def test_a_full_disk_leaves_no_half_export(
    start: Started, corpus: Path, undisturbed: Path, small_disk: Callable[[str], Path]
) -> None:
    target = small_disk("200k") / "out"
    command = curate(corpus, undisturbed, "--export", target)
    _, err = finish(start(*command), 1)
    assert err.startswith(f"error: no space left on {target.parent}; make room there and run the same command again")
    assert err.count("\n") == 1
    assert list(target.parent.iterdir()) == []
    small_disk("200m")
    out, _ = finish(start(*command))
    rows = sum(len(part.read_text().splitlines()) for part in target.glob("part-*.jsonl"))
    assert f"{rows:,} documents exported to {target}" in out


@pytest.mark.engine("embedded")
def test_what_does_not_fit_into_the_memory_of_the_engine_is_said_with_what_to_do(
    start: Started, corpus: Path, undisturbed: Path, tmp_path: Path
) -> None:
    _, err = finish(start(*curate(corpus, tmp_path / "w"), SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE="10000"), 1)
    assert err.startswith("error: out of memory; give the machine more, or compute on Spark")
    assert err.count("\n") == 1
    finish(start(*curate(corpus, tmp_path / "w")))
    assert hashes(start, tmp_path / "w") == hashes(start, undisturbed)


def test_of_two_commands_on_one_workspace_the_second_is_refused_and_reading_is_not(
    start: Started, corpus: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    workspace.mkdir()
    (workspace / LOCK).write_text("what an earlier process left")
    first = start(*curate(corpus, workspace))
    wait_for(lambda: begun(workspace, "judge"), 300, "judge has not begun")
    first.send_signal(signal.SIGSTOP)
    for command in (curate(corpus, workspace), ("register", "quiz", corpus, "--workspace", workspace)):
        _, err = finish(start(*command), 1)
        assert f"error: workspace {workspace} is in use: process {first.pid} (" in err
        assert err.count("\n") == 1
    finish(start("tables", "--workspace", workspace))
    first.send_signal(signal.SIGCONT)
    finish(first)
    assert "up to date" in finish(start(*curate(corpus, workspace)))[0]
