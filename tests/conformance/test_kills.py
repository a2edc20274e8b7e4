"""Kill -9 of curation on the embedded engine, at any moment: the next run gives the tables of one that nobody disturbed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession

from resonance.core.files import LOCK
from resonance.testing import tiny_corpus
from tests.conformance.commands import SECONDS, TOP, digests
from tests.conformance.faults import CURATED, Undisturbed, check_steps, command, find_orphans, start

pytestmark = pytest.mark.engine("embedded")
SEED = 20_260


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    home = tmp_path_factory.mktemp("undisturbed")
    rows = tiny_corpus(60, copies=20)
    odd = [{"id": "empty", "text": " "}, {"id": "null", "text": None}, {"id": "word", "text": "word"}]
    corpus = home / "texts.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *odd]) + "{broken\n")
    arguments = ("curate", str(corpus), "--set=tracking.enabled=false")
    process = start(arguments, home / "w")
    held = time.monotonic()
    assert process.wait(SECONDS) == 0
    return Undisturbed(arguments, time.monotonic() - held, digests(home / "w"))


def kill_and_rerun(undisturbed: Undisturbed, workspace: Path, share: float) -> bool:
    """Kill the command at this share of its time, and run it again; whether it was alive when the kill came."""
    process = start(undisturbed.arguments, workspace)
    time.sleep(share * undisturbed.seconds)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = find_orphans(workspace)
    assert not left, f"orphans at {share:.2f}: {left}"
    done = subprocess.run(command(undisturbed.arguments, workspace), cwd=TOP, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, f"at {share:.2f}: {done.stdout[-800:]}{done.stderr[-800:]}"
    assert digests(workspace) == undisturbed.tables, f"at {share:.2f}"
    check_steps(workspace, CURATED)
    return alive


def check_kills(undisturbed: Undisturbed, home: Path, kills: int) -> None:
    """So many kills, spread over the whole time; most meet a run that is alive."""
    chance = Random(SEED)
    shares = [(number + chance.random()) / kills for number in range(kills)]
    alive = [kill_and_rerun(undisturbed, home / f"w{number}", share) for number, share in enumerate(shares)]
    assert sum(alive) >= 0.6 * kills


def test_a_run_killed_at_five_points_comes_to_the_same(undisturbed: Undisturbed, tmp_path: Path) -> None:
    check_kills(undisturbed, tmp_path, 5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_run_killed_at_fifty_points_comes_to_the_same(undisturbed: Undisturbed, tmp_path: Path) -> None:
    check_kills(undisturbed, tmp_path, 50)


def test_a_run_killed_again_and_again_comes_to_the_same(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """Kills that hit the same workspace, each a little later than the one before."""
    for share in (0.3, 0.6, 0.9):
        process = start(undisturbed.arguments, tmp_path)
        time.sleep(share * undisturbed.seconds)
        process.kill()
        process.wait()
        (tmp_path / LOCK).unlink(missing_ok=True)
    kill_and_rerun(undisturbed, tmp_path, 0.5)
