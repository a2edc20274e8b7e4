"""From a search to a rule that judges and back: found, verified, adopted, run by, and rolled back to the tables of before.

A campaign that another version overtook is void.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from resonance.app import OpenWorkspace
from resonance.app.arms import open_round
from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.searches import load_search
from resonance.runtime.workspace import Workspace
from resonance.tables import APPROVALS, CAMPAIGNS, RULE_VERSIONS, RULES
from tests.bench.rule_world import BRIEF, MIXED, write_world

pytestmark = [pytest.mark.train, pytest.mark.slow]
LOOP = ("rejects", "rules", "duplicates", "documents", "plans", "rounds", "evaluations", "signal_state", "slice_state")
"""Tables that a round of the loop writes, whose rows of campaigns are none."""


def open_tables(home: Path) -> Workspace:
    return Workspace(load("local", workspace=str(home / "w")))


def read_digests(home: Path) -> dict[str, str]:
    return {name: value for name, value in open_tables(home).digests().items() if name in LOOP}


def list_ids(opened: Workspace, table: str, where: str) -> set[bytes]:
    return {bytes(row["doc_id"]) for row in opened.frames()[table].where(where).select("doc_id").collect()}


@pytest.mark.usefixtures("spark")
@pytest.mark.timeout(2400)
def test_an_accepted_rule_judges_a_whole_run_and_is_taken_back_without_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_world(tmp_path, 1)
    place = ["--workspace", str(tmp_path / "w"), "--conf", str(tmp_path / "conf.yaml")]
    main(["run", "--set", "rounds=1", *place])
    before = read_digests(tmp_path)

    main(["rules", "search", str(tmp_path / "mixed.yaml"), *place])
    opened = open_tables(tmp_path)
    (campaign,) = opened.catalog.rows(CAMPAIGNS)
    main(["rules", "verify", campaign["campaign"], *place])
    (campaign,) = opened.catalog.rows(CAMPAIGNS)
    assert campaign["state"] == "accepted", campaign["reason"]
    assert read_digests(tmp_path) == before

    main(["rules", "adopt", "world@2", *place])
    (approval,) = opened.catalog.rows(APPROVALS)
    assert approval["name"] == f"campaign {campaign['campaign']}"
    adopted = ["--set", f"judge.policy={tmp_path / 'w' / 'policies' / 'world.yaml'}"]
    main(["run", "--set", "rounds=1", *adopted, *place])
    opened = open_tables(tmp_path)
    assert {(row["policy"], row["rule"], row["threshold"]) for row in opened.catalog.rows(RULES)} == {
        ("world@2", "mixed", MIXED),
        ("world@2", "brief", 5.0),
    }
    junk = list_ids(opened, "signals_datatrove", f"alpha_word_ratio < {MIXED}")
    assert len(junk) > 500
    assert list_ids(opened, "rejects", "rule = 'mixed'") == junk
    drawn = list_ids(opened, "sample_plan", "arm = 'plan'")
    assert drawn
    assert not drawn & junk
    after = read_digests(tmp_path)
    assert {name for name in LOOP if after[name] != before[name]} >= {"rejects", "rules", "evaluations", "signal_state"}
    capsys.readouterr()
    main(["run", "--set", "rounds=1", *adopted, *place])
    assert "skipped: up to date" in capsys.readouterr().out

    main(["rules", "rollback", "world", "--name", "Ada", "--reason", "next year's texts are mixed", *place])
    main(["run", "--set", "rounds=1", *place])
    assert read_digests(tmp_path) == before
    states = {row["version"]: row["state"] for row in open_tables(tmp_path).catalog.rows(RULE_VERSIONS)}
    assert states == {1: "adopted", 2: "rolled_back"}

    # Left open: closing it ends the engine of this process.
    w = OpenWorkspace(tmp_path / "w", conf=[tmp_path / "conf.yaml"], console=Console(quiet=True))
    search, incumbent = load_search(str(tmp_path / "brief.yaml"))
    there, number = open_round(w.rules.open(), w.console, "brief")
    with closing(there.events(w.console, 2)) as events:
        waiting = w.searches.open_campaign(there, search, incumbent, number, events)
        w.searches.settle(waiting, {"brief.below": BRIEF})
    (tmp_path / "next.yaml").write_text((tmp_path / "world.yaml").read_text().replace("version: 1", "version: 9"))
    main(["rules", "adopt", str(tmp_path / "next.yaml"), "--name", "Ada", "--reason", "a test", *place])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["rules", "verify", waiting.name, *place])
    assert f"campaign {waiting.name} is void: what it stood on changed" in capsys.readouterr().err
    assert {row["state"] for row in open_tables(tmp_path).catalog.rows(CAMPAIGNS)} == {"accepted", "void"}
