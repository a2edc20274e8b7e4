"""Training is refused before an engine starts where no evaluation set is registered, unless --unchecked is given by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.cli import main
from resonance.core.errors import ResonanceError

RUN = ["run", "--workspace", "w", "--set", "ingest.inputs=[texts.jsonl]"]


def started(*_: object, **__: object) -> None:
    raise ResonanceError("an engine was started")


@pytest.fixture(autouse=True)
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("resonance.runtime.workspace.open_engine", started)


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main(arguments)
    return capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["train"], ["judge", "train"]])
def test_training_is_refused(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    message = said([*RUN, *more], capsys)
    assert "no evaluation set is registered" in message
    assert "--unchecked" in message
    assert not Path("w").exists()


@pytest.mark.parametrize("more", [["--unchecked"], ["ingest"], ["decontaminate", "report"]])
def test_by_name_or_without_training_it_starts(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "an engine was started" in said([*RUN, *more], capsys)


def test_with_a_registered_set_and_as_a_demo_it_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert "an engine was started" in said(["demo", "--workspace", "w"], capsys)
    log = Path("w/tables/evaluation_items/_delta_log")
    log.mkdir(parents=True)
    (log / f"{0:020}.json").touch()
    assert "an engine was started" in said(RUN, capsys)
