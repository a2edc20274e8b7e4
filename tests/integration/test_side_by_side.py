"""Arms of a campaign that are trained side by side, by processes of their own, leave what arms one by one leave."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import functions as F
from rich.console import Console

from resonance.app import OpenWorkspace
from resonance.app.arms import open_round
from resonance.cli import main
from resonance.control.search.rungs import Asked
from resonance.runtime.searches import load_search
from resonance.runtime.workspace import Workspace
from tests.bench.rule_world import MIXED, write_world

pytestmark = [pytest.mark.train, pytest.mark.slow]
ASKED = [Asked(number, 1, place, {"mixed.below": value}) for number, value in ((1, 0.0), (2, MIXED)) for place in (0, 1)]
OWN = ("doc_id", "arm", "phase", "loss_sum", "n_tok")


def try_arms(home: Path, name: str, room: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any], int]:
    """The objectives of four arms, the events of their held-out documents, and how many arms differ in seed or texts, in a copy."""
    shutil.copytree(home / "w", home / name)
    monkeypatch.setattr(Workspace, "find_room", lambda self: room)
    w = OpenWorkspace(home / name, conf=[home / "conf.yaml"], console=Console(quiet=True))  # left open: closing ends the engine
    search, incumbent = load_search(str(home / "mixed.yaml"))
    opened, number = open_round(w.rules.open(), w.console, "mixed")
    with closing(opened.events(w.console, 2)) as events:
        campaign = w.searches.open_campaign(opened, search, incumbent, number, events)
        outcomes = campaign.measure(ASKED)
    frames, ours = opened.frames(), F.col("arm").startswith("rule-")
    events = sorted(tuple(row) for row in frames["signal_event"].where(ours).select(*OWN).collect())
    drawn: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in sorted(tuple(row) for row in frames["sample_plan"].where(ours).select("arm", "epoch", "pos", "doc_id").collect()):
        drawn[row[0]].append(row[1:])
    return outcomes, events, len({(arm.rpartition("-")[2], tuple(texts)) for arm, texts in drawn.items()})


@pytest.mark.usefixtures("spark")
@pytest.mark.timeout(2400)
def test_arms_side_by_side_leave_what_arms_one_by_one_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_world(tmp_path, 7, many=600, tokens=16_000)
    conf = yaml.safe_load((tmp_path / "conf.yaml").read_text())
    conf["rebalance"]["tokens"] = 10_000
    conf["train"] |= {"launch": "torch", "ranks": 1}
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf))
    main(["run", "--set", "rounds=1", "--conf", str(tmp_path / "conf.yaml"), "--workspace", str(tmp_path / "w")])
    alone, beside = (try_arms(tmp_path, name, room, monkeypatch) for name, room in (("alone", 1), ("beside", 2)))
    assert len({outcome.objective for outcome in alone[0]}) == alone[2] > 2, "arms of one seed may draw the same texts"
    assert beside == alone
    assert [count_beside(tmp_path / name / "events.jsonl") for name in ("alone", "beside")] == [1, 2]


def count_beside(log: Path) -> int:
    """How many arms a log tells to have been at work at a time."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    changes = [{"started": 1, "finished": -1}[line["event"]] for line in lines if line.get("job") == "try_rules"]
    return max(accumulate(changes))
