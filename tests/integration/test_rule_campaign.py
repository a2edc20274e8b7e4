"""A campaign from its cost to its verdict: killed and taken up again, left out of what the loop computes, told in the report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from resonance.cli import main
from resonance.core.turns import RULE
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.tables import (
    APPROVALS,
    CAMPAIGNS,
    CHECKPOINTS,
    HELDOUT_ROLES,
    RULE_TRIALS,
    RULE_VERIFICATIONS,
    RULE_VERSIONS,
    RULES,
    SIGNAL_EVENT,
)
from tests.bench.rule_world import write_world

pytestmark = [pytest.mark.train, pytest.mark.slow]
LOOP = ("signal_state", "slice_state", "evaluations", "plans", "rounds", "rejects", "rules")
COLUMNS = ("campaign", "trial", "rung", "seed", "objective", "run", "tokens", "seconds")


@pytest.fixture(scope="module")
def place(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose workspace `w` holds one round by the world's incumbent."""
    home = tmp_path_factory.mktemp("campaign")
    write_world(home, 7, many=1_200, tokens=4_000)
    conf = yaml.safe_load((home / "conf.yaml").read_text())
    conf["rebalance"]["tokens"] = 20_000
    (home / "conf.yaml").write_text(yaml.safe_dump(conf))
    main(["run", "--set", "rounds=1", *shared(home)])
    return home


def shared(home: Path) -> list[str]:
    return ["--conf", str(home / "conf.yaml"), "--workspace", str(home / "w")]


def open_tables(home: Path) -> Workspace:
    return Workspace(load("local", workspace=str(home / "w")))


def read_trials(opened: Workspace) -> dict[tuple[int, int, int], dict[str, Any]]:
    rows = opened.catalog.rows(RULE_TRIALS)
    return {(row["trial"], row["rung"], row["seed"]): {name: row[name] for name in COLUMNS} for row in rows}


def fail(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line by which a command refuses."""
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["rules", *arguments, *shared(home)])
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1, said
    return said


def change(home: Path, name: str, **head: Any) -> str:
    """The search of junk with other keys, as a file of its own."""
    content = yaml.safe_load((home / "mixed.yaml").read_text())
    content["search"] |= head
    (home / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return str(home / f"{name}.yaml")


def test_a_search_that_costs_too_much_or_is_about_another_policy_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poor = change(place, "poor", budget={"tokens": 1_000, "seconds": 1e6})
    assert "its first rung alone trains 8,000 tokens, budget.tokens allows 1,000" in fail(place, capsys, "search", poor)
    (place / "other.yaml").write_text((place / "world.yaml").read_text().replace("name: world", "name: other"))
    other = change(place, "elsewhere", incumbent=f"{place / 'other.yaml'}@1")
    assert "policy other@1 judges nothing here, world@1 does" in fail(place, capsys, "search", other)
    (place / "changed.yaml").write_text((place / "world.yaml").read_text().replace("below: 5.0", "below: 6.0"))
    changed = change(place, "stale", incumbent=f"{place / 'changed.yaml'}@1")
    assert "world@1 judges by other rules than its file says now" in fail(place, capsys, "search", changed)
    assert "no campaign 'nowhere': those that wait for it are none" in fail(place, capsys, "verify", "nowhere")
    assert open_tables(place).catalog.rows(CAMPAIGNS) == []


def test_its_cost_is_told_and_nothing_is_trained(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = open_tables(place).versions()
    main(["rules", "search", str(place / "mixed.yaml"), "--dry-run", *shared(place)])
    said = " ".join(capsys.readouterr().out.split())
    assert "trains at most 62 models on 152,000 tokens: 56,000 to search, up to 96,000 to verify; about" in said
    assert "nothing was trained" in said
    after = open_tables(place).versions()
    assert {name for name in after if after[name] != before[name]} <= {"heldout_roles", "steps"}


def test_a_killed_search_goes_on_with_the_same_trials_and_its_verification_leaves_the_loop_alone(
    place: Path, capsys: pytest.CaptureFixture[str], engine_name: str
) -> None:
    opened = open_tables(place)
    before = {name: digest for name, digest in opened.digests().items() if name in LOOP}
    search = ["rules", "search", str(place / "mixed.yaml"), *shared(place), "--engine", engine_name]
    process = subprocess.Popen([sys.executable, "-m", "resonance.cli", *search], start_new_session=True, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 900
    while len(read_trials(open_tables(place))) < 17 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    killed = read_trials(open_tables(place))
    assert len(killed) >= 17, "the search went on to its last rung before it was killed"

    main(search)
    said = capsys.readouterr().out
    whole = read_trials(open_tables(place))
    assert killed.items() <= whole.items(), "what was measured is read back"
    assert [sum(rung == at for _, rung, _ in whole) for at in range(5)] == [0, 16, 0, 0, 6]
    trained = [row for row in whole.values() if row["tokens"]]
    assert len(trained) == len({row["run"] for row in trained}) == 8, "two thresholds: once on the first rung, thrice on the last"
    (campaign,) = opened.catalog.rows(CAMPAIGNS)
    assert campaign["state"] in ("found", "refused")
    assert campaign["campaign"] in said
    if campaign["state"] == "refused":
        assert "no trial is better than world@1 itself" in campaign["reason"]
        return
    version = next(row for row in opened.catalog.rows(RULE_VERSIONS) if row["version"] == 2)
    assert (version["state"], version["parent"], version["diff"]) == ("draft", 1, "mixed below: 0 to 0.8")

    main(["rules", "verify", campaign["campaign"], *shared(place)])
    (campaign,) = opened.catalog.rows(CAMPAIGNS)
    assert campaign["state"] in ("accepted", "refused")
    assert (campaign["number"], campaign["correction"]) == (1, "lord")
    looks = opened.catalog.rows(RULE_VERIFICATIONS)
    last = max(looks, key=lambda row: row["look"])
    assert last["decision"] == campaign["state"]
    assert last["alpha"] == pytest.approx(0.010937, abs=1e-6)
    assert not set(last["seeds"]) & {row["seed"] for row in whole.values()}, "no seed of the search"
    roles = {bytes(row["doc_id"]): row["role"] for row in opened.catalog.rows(HELDOUT_ROLES)}
    events = opened.catalog.read(SIGNAL_EVENT).where("phase = 'probe'").select("arm", "doc_id").collect()
    judged = {(row["arm"].split("-")[1], roles[bytes(row["doc_id"])]) for row in events}
    assert judged == {("select", "select"), ("verify", "verify")}
    folders = [Path(row["uri"]) for row in opened.catalog.rows(CHECKPOINTS) if row["arm"].startswith(RULE)]
    assert len(folders) == 8 + 2 * len(last["seeds"])
    assert not any(folder.exists() for folder in folders), "nothing starts from what a trial left"
    assert "its documents were drawn once" in fail(place, capsys, "verify", campaign["campaign"])

    assert {name: digest for name, digest in opened.digests().items() if name in LOOP} == before
    capsys.readouterr()
    main(["run", "--set", "rounds=1", *shared(place)])
    steps = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("train", "feedback", "evaluate", "decide"))]
    assert len(steps) >= 4
    assert all("skipped: up to date" in line for line in steps)
    page = (place / "w" / "report.html").read_text()
    assert "Which better rules were looked for" in page
    assert "Looks at candidates" in page
    assert RULE + "select" not in page

    title = "world@2"
    if campaign["state"] == "accepted":
        main(["rules", "adopt", title, *shared(place)])
        (approval,) = opened.catalog.rows(APPROVALS)
        assert approval["name"] == f"campaign {campaign['campaign']}"
        assert {row["policy"] for row in opened.catalog.rows(RULES)} == {title}
        again = fail(place, capsys, "search", str(place / "mixed.yaml"))
        assert "policy world@1 judges nothing here, world@2 does" in again
    else:
        assert "returns as a new version alone" in fail(place, capsys, "adopt", title)
