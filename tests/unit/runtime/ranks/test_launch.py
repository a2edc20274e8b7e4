"""Ranks end together, say why, and never outlive who started them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.unit.train import conformance
from tests.volumes import refuse_links

from resonance.core.errors import SetupError
from resonance.core.places import LocalFiles
from resonance.core.settings import TrainSettings
from resonance.runtime.engines.session import engine_of
from resonance.runtime.ranks import launch, local_ranks
from resonance.runtime.ranks.launch import ON_SPARK, InlineLaunch, SparkLaunch, open_launch
from resonance.runtime.ranks.local_ranks import HOROVOD, WAYS, LocalLaunch

SLEEPERS = "tests.unit.runtime.ranks.sleepers"
DRIVER = """
import sys, time
from pathlib import Path
from resonance.core.settings import TrainSettings
from resonance.runtime.ranks.local_ranks import WAYS, LocalLaunch

log = Path(sys.argv[2]).with_name("launch.txt")
ranks = LocalLaunch(TrainSettings(ranks=2), WAYS[sys.argv[3]]).start(sys.argv[1], sys.argv[2], log)
while not ranks.poll():
    time.sleep(0.1)
"""


@pytest.fixture
def order(tmp_path):
    """Makes a spec that tells ranks what to do; its path, and that of their log."""

    def make(text: str) -> tuple[str, Path]:
        (tmp_path / "spec.json").write_text(text)
        return str(tmp_path / "spec.json"), tmp_path / "launch.txt"

    return make


def pids(folder: Path, ranks: int) -> list[int]:
    """Process ids of the ranks, once all of them run."""
    until(lambda: len([path for path in folder.glob("pid-*") if path.read_text()]) == ranks)
    return [int(path.read_text()) for path in sorted(folder.glob("pid-*"))]


def until(true, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def gone(found: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in found)


def test_settings_choose_the_way(spark):
    engine = engine_of(spark)
    ways = {way: type(open_launch(TrainSettings(launch=way), engine)) for way in ("inline", "horovod", "torch", *ON_SPARK)}
    assert ways == {"inline": InlineLaunch, "horovod": LocalLaunch, "torch": LocalLaunch, **dict.fromkeys(ON_SPARK, SparkLaunch)}
    assert open_launch(TrainSettings(launch="horovod", ranks=3), engine).ranks == 3
    assert open_launch(TrainSettings(launch="inline", ranks=3), engine).ranks == 1
    assert {open_launch(TrainSettings(launch=way), engine).room for way in ("inline", "horovod", "torch")} == {1}


def test_inline_runs_to_the_end_and_keeps_the_error(order):
    ranks = InlineLaunch().start(SLEEPERS, *order("end"))
    assert (ranks.poll(), ranks.error) == (True, None)
    assert InlineLaunch().start(SLEEPERS, *order("fail")).error == "ValueError: rank says no"


def test_missing_horovod_is_named(order, monkeypatch):
    monkeypatch.setattr(local_ranks.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match="Horovod is not installed: run `make setup`"):
        LocalLaunch(TrainSettings(), HOROVOD).start(SLEEPERS, *order("end"))


@pytest.fixture(params=sorted(WAYS))
def here(request):
    """Two ranks on this machine, from their first order on."""
    launch = LocalLaunch(TrainSettings(ranks=2, threads=3), WAYS[request.param])
    yield launch
    launch.close()


@pytest.mark.train
def test_ranks_stay_for_the_next_order_until_they_are_closed(here, order, tmp_path):
    found = []
    for _ in range(2):
        ranks = here.start(SLEEPERS, *order("end"))
        until(ranks.poll)
        ranks.stop()
        assert ranks.error is None
        found.append(pids(tmp_path, 2))
    assert found[0] == found[1]
    assert [path.read_text() for path in sorted(tmp_path.glob("threads-*"))] == ["3", "3"]
    assert not gone(found[0])
    here.close()
    until(lambda: gone(found[0]))


@pytest.mark.train
def test_a_failing_rank_ends_all_and_says_why_and_the_next_order_gets_new_ones(here, order, tmp_path):
    ranks = here.start(SLEEPERS, *order("fail"))
    until(ranks.poll)
    ranks.stop()
    assert ranks.error == "rank 1 ended with 1: ValueError: rank says no"
    failed = pids(tmp_path, 2)
    assert gone(failed)
    assert "ValueError: rank says no" in (tmp_path / "launch.txt").read_text()
    again = here.start(SLEEPERS, *order("end"))
    until(again.poll)
    assert again.error is None
    assert not set(pids(tmp_path, 2)) & set(failed)


@pytest.mark.train
def test_a_killed_rank_ends_all_and_is_named(here, order, tmp_path):
    ranks = here.start(SLEEPERS, *order("sleep"))
    running = pids(tmp_path, 2)
    assert not ranks.poll()
    os.kill(running[1], signal.SIGKILL)
    until(ranks.poll)
    assert ranks.error == "rank 1 was killed by signal 9"
    until(lambda: gone(running))


@pytest.mark.train
def test_stopped_ranks_are_gone(here, order, tmp_path):
    ranks = here.start(SLEEPERS, *order("sleep"))
    running = pids(tmp_path, 2)
    ranks.stop()
    assert ranks.poll()
    until(lambda: gone(running))


@pytest.mark.train
@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_killed_driver_leaves_no_orphan(way, order, tmp_path):
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, SLEEPERS, order("sleep")[0], way])
    running = pids(tmp_path, 2)
    launcher = [process.pid for process in psutil.Process(driver.pid).children(recursive=True)]
    assert set(running) <= set(launcher)
    driver.kill()
    assert driver.wait() == -signal.SIGKILL
    until(lambda: gone(launcher))


@pytest.fixture(params=sorted(ON_SPARK))
def on_spark(request, spark):
    """Makes a launch in tasks of Spark, each way."""

    def make(**settings):
        given = TrainSettings(launch=request.param, **settings)
        return SparkLaunch(spark, given, ON_SPARK[request.param])

    return make


@pytest.mark.train
@pytest.mark.engine("embedded")
def test_ranks_on_executors_need_spark(on_spark, order):
    with pytest.raises(SetupError, match="train.launch=.* starts ranks on Spark's executors.*: use --engine spark, or another"):
        on_spark().start(SLEEPERS, *order("end"))


@pytest.mark.train
@pytest.mark.engine("spark")
def test_spark_counts_slots_before_it_starts(on_spark, order, monkeypatch):
    way = on_spark(ranks=3)
    assert (way.slots(), way.room) == (2, 1)
    monkeypatch.setattr(SparkLaunch, "slots", lambda self: 9)
    assert [on_spark(ranks=ranks).room for ranks in (1, 2, 3, 4, 5)] == [8, 4, 2, 2, 1], "one slot is left for tables"
    monkeypatch.undo()
    with pytest.raises(SetupError, match="train.ranks is 3, but the Spark application has 2 task slots"):
        way.start(SLEEPERS, *order("end"))


@pytest.mark.train
@pytest.mark.engine("spark")
def test_a_failing_rank_on_spark_ends_all_and_says_why(on_spark, order, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    ranks = on_spark(ranks=2, threads=3).start(SLEEPERS, *order("fail"))
    until(ranks.poll, 300)
    assert ranks.error == "rank 1 failed: ValueError: rank says no"
    assert [path.read_text() for path in sorted(tmp_path.glob("threads-*"))] == ["3", "3"]
    until(lambda: gone(pids(tmp_path, 2)))
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.train
@pytest.mark.engine("spark")
def test_ranks_on_spark_start_again_after_a_failure(on_spark, order, tmp_path):
    failed = on_spark(ranks=2).start(SLEEPERS, *order("fail"))
    until(failed.poll, 300)
    ranks = on_spark(ranks=2).start(SLEEPERS, *order("end"))
    until(ranks.poll, 300)
    assert ranks.error is None


@pytest.mark.train
@pytest.mark.engine("spark")
def test_stopped_ranks_on_spark_are_gone(on_spark, order, tmp_path):
    ranks = on_spark(ranks=2).start(SLEEPERS, *order("sleep"))
    running = pids(tmp_path, 2)
    ranks.stop()
    assert ranks.poll()
    until(lambda: gone(running))


@pytest.mark.train
@pytest.mark.engine("spark")
def test_a_rank_of_torch_that_is_killed_ends_all_and_is_an_error(spark, order, tmp_path):
    ranks = SparkLaunch(spark, TrainSettings(ranks=2), ON_SPARK["torch_distributor"]).start(SLEEPERS, *order("sleep"))
    running = pids(tmp_path, 2)
    os.kill(running[1], signal.SIGKILL)
    until(ranks.poll, 300)
    assert ranks.error
    until(lambda: gone(running))


@pytest.mark.train
@pytest.mark.engine("spark")
def test_ranks_on_spark_conform(on_spark, order, tmp_path):
    plan = order("{}")
    ranks = on_spark(ranks=2).start("tests.unit.train.program", *plan)
    until(ranks.poll, 300)
    assert ranks.error is None
    told = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("told-*.json"))]
    assert [rank["size"] for rank in told] == [2, 2]
    for rank in told:
        assert set(rank["checks"]) == {check.__name__ for check in conformance.CHECKS}
        assert {name: error for name, error in rank["checks"].items() if error} == {}


@pytest.mark.parametrize("links", [True, False])
def test_a_note_is_put_once_also_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        refuse_links(monkeypatch, errno.EPERM)
    shared = LocalFiles(tmp_path)
    assert launch._put_once(shared, "started/0.txt", "first")
    assert not launch._put_once(shared, "started/0.txt", "second")
    assert (tmp_path / "started" / "0.txt").read_text() == "first"


def test_a_note_on_a_broken_disk_is_not_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_links(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        launch._put_once(LocalFiles(tmp_path), "note", "text")
