"""Ranks are followed to their end, stopped when the driver gives up, and shown to people only."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from resonance.core.errors import TrainError
from resonance.train import watch
from resonance.train.spec import PROGRESS, Pace, Phase


class Ranks:
    """Ranks that end at the third look."""

    def __init__(self, error: str | None = None) -> None:
        self.error = error
        self.looks = 0
        self.stopped = False

    def poll(self) -> bool:
        self.looks += 1
        return self.looks == 3

    def stop(self) -> None:
        self.stopped = True


class Launch:
    ranks = 2

    def __init__(self, started: Ranks, told: dict[str, str]) -> None:
        self.started, self.told = started, told

    def start(self, module: str, spec: str, log: Path) -> Ranks:
        place = Path(spec)
        assert log.parent.is_dir()
        assert (module, place.name) == ("resonance.train.worker", "spec.json")
        pace = Pace(phase="train", step=3, place=1_200, places=2_400, loss=5.5, tokens_per_second=31_234.5)
        place.with_name(PROGRESS).write_text(pace.model_dump_json())
        for name, text in self.told.items():
            place.with_name(name).write_text(text)
        return self.started


@pytest.fixture
def follow(make_spec, tmp_path, monkeypatch):
    """Follows fake ranks and returns what a terminal, or none, would show."""
    monkeypatch.setattr(watch, "SECONDS", 0.0)

    def run(ranks: Ranks, told: dict[str, str] | None = None, take=lambda phase: None, terminal: bool = False) -> str:
        out = io.StringIO()
        monkeypatch.setattr(watch, "Console", lambda stderr: Console(file=out, force_terminal=terminal, width=120))
        spec = make_spec(Phase(name="train", shards=str(tmp_path), places=2_400))
        watch.run_ranks(spec, Launch(ranks, told or {}), "train 2 plan", take, tmp_path / "of" / "launch.txt")
        return out.getvalue()

    return run


def test_boundaries_are_taken_once_more_after_the_ranks_have_ended(follow):
    ranks, looks = Ranks(), []
    follow(ranks, take=lambda phase: looks.append((phase.name, ranks.looks)))
    assert looks == [("train", 1), ("train", 2), ("train", 3)]


def test_people_see_how_far_the_ranks_are_and_logs_do_not(follow):
    shown = follow(Ranks(), terminal=True)
    assert "train 2 plan" in shown
    assert "train 1,200/2,400  5.500 nats  31,234 tokens/s" in shown
    assert follow(Ranks(), terminal=False) == ""


def test_a_failure_is_one_line_that_names_the_step(follow):
    with pytest.raises(TrainError, match=r"^train 2 plan: rank 1 was killed by signal 9; what is committed stays, run again"):
        follow(Ranks("rank 1 was killed by signal 9"))


def test_what_ranks_say_themselves_comes_first(follow):
    told = {"error-0.txt": "the loss of document 00ff is no finite number", "error-1.txt": "something later"}
    with pytest.raises(TrainError, match="^train 2 plan: the loss of document 00ff is no finite number; "):
        follow(Ranks("rank 0 ended with 1: Traceback"), told)


def test_ranks_are_stopped_when_the_driver_gives_up(follow):
    def interrupted(phase: Phase) -> None:
        raise KeyboardInterrupt

    ranks = Ranks()
    with pytest.raises(KeyboardInterrupt):
        follow(ranks, take=interrupted)
    assert ranks.stopped
