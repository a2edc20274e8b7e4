"""The table of moves says one thing for each cause, and data is asked for where data is at fault."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from resonance.core.causes import ABSTAIN, CAUSES
from resonance.core.errors import ConfigError
from resonance.core.moves import parse_moves
from resonance.runtime.conf import load

DEFAULT = Path(__file__).parents[3] / "conf" / "moves" / "default.yaml"


def test_every_cause_has_a_move_and_work_of_its_kind():
    moves = parse_moves(DEFAULT.read_text(encoding="utf-8"), "default")
    assert moves.title == "default@1"
    found = {cause: moves.find(cause, "accuracy") for cause in CAUSES if cause != ABSTAIN}
    acts = {cause: row.act for cause, row in found.items()}
    assert acts["capacity"] == "model"
    assert acts["noise_ceiling"] == "ask"
    assert acts["label_noise"] == acts["contamination"] == "repair"
    assert moves.find("coverage", "recall").act == "supplement"
    assert moves.find("shift", "accuracy").act == "adjust"
    assert moves.find("shift", "generalisation").act == "supplement", "the row of what falls short comes first"


def test_guesses_name_each_cause_once_the_likeliest_first():
    guesses = parse_moves(DEFAULT.read_text(encoding="utf-8"), "default").guess("accuracy")
    assert [row.cause for row in guesses] == ["label_noise", "contamination", "coverage", "shift", "capacity", "noise_ceiling"]


def change(**changes: object) -> str:
    content = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    rows = content["moves"]
    return yaml.safe_dump({**content, "moves": [{**rows[0], **changes}, *rows[1:]]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a", "must hold name, version and a list of moves"),
        ("a: [", "is no YAML"),
        ("{name: x, version: 1, moves: [], more: 1}", "unknown key more; no move for contamination, label_noise"),
        ("{name: x, version: 0, moves: []}", "version must be a number from 1"),
        (change(cause="gremlins"), "unknown cause gremlins: there are contamination, "),
        (change(act="model"), "cause label_noise is none of model: its act is repair or adjust or supplement"),
        (change(act="pray"), "move 1: act: Input should be "),
        (change(falls_short=[]), "move 1: falls_short: "),
        (change(cause="abstain"), "unknown cause abstain"),
        (change(other=1), "move 1: other: Extra inputs are not permitted"),
    ],
)
def test_a_broken_table_is_one_line(text: str, says: str):
    with pytest.raises(ConfigError, match="^moves own") as raised:
        parse_moves(text, "own")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_configuration_reads_the_table_that_it_names(tmp_path: Path):
    assert load().propose.moves == DEFAULT.read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(change(move="mend it"), encoding="utf-8")
    assert "mend it" in load(propose__moves=str(own)).propose.moves
    with pytest.raises(ConfigError, match="unknown table of moves 'none'"):
        load(propose__moves="none")
    own.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="must hold name, version"):
        load(propose__moves=str(own))
