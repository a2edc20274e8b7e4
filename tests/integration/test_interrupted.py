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
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(engine_name: str) -> Iterator[Started]:
    """Start a command in a process of its own; all that it leaves behind is found by a mark in its environment."""
    mark = uuid.uuid4().hex

    def command(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        engine = () if arguments[0] == "tables" else ("--engine", engine_name)
        return subprocess.Popen(
            [sys.executable, "-m", "resonance.cli", *map(str, arguments), *engine],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, MARK: mark, **environment},
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
    return out, err


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
