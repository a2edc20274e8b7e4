"""An adopted version in the rounds after: watched, compared at a release on documents of the vault, and looked at there once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from resonance.cli import main
from resonance.core.turns import VAULT, WATCH
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.tables import APPROVALS, HELDOUT_ROLES, RULE_COMPARISONS, SIGNAL_EVENT
from tests.bench.rule_world import MIXED, write_world

pytestmark = [pytest.mark.train, pytest.mark.slow]
LOOP = ("rejects", "rules", "plans", "rounds", "evaluations", "signal_state", "slice_state")


def open_tables(home: Path) -> Workspace:
    return Workspace(load("local", workspace=str(home / "w")))


def read_digests(home: Path) -> dict[str, str]:
    return {name: value for name, value in open_tables(home).digests().items() if name in LOOP}


def refuse(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line by which a command refuses."""
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["rules", *arguments])
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1, said
    return said


@pytest.mark.usefixtures("spark")
@pytest.mark.timeout(1200)
def test_an_adopted_version_is_watched_and_the_vault_is_opened_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_world(tmp_path, 7, many=1_200, tokens=4_000)
    conf = yaml.safe_load((tmp_path / "conf.yaml").read_text())
    conf["rebalance"]["tokens"] = 20_000
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf))
    place = ["--workspace", str(tmp_path / "w"), "--conf", str(tmp_path / "conf.yaml")]
    main(["run", "--set", "rounds=1", *place])
    policy = yaml.safe_load((tmp_path / "world.yaml").read_text())
    policy["version"] = 2
    next(rule for rule in policy["rules"] if rule["rule"] == "mixed")["below"] = MIXED
    (tmp_path / "next.yaml").write_text(yaml.safe_dump(policy))
    main(["rules", "adopt", str(tmp_path / "next.yaml"), "--name", "Ada", "--reason", "junk", *place])
    assert "no round was trained since world@2 was adopted in round 1" in refuse(
        capsys, "watch", "world", "--tokens", "4000", *place
    )
    assert "no campaign of world says how long a training is: give --tokens" in refuse(capsys, "watch", "world", *place)

    adopted = ["--set", f"judge.policy={tmp_path / 'w' / 'policies' / 'world.yaml'}"]
    main(["run", "--set", "rounds=2", *adopted, *place])
    before = read_digests(tmp_path)
    capsys.readouterr()
    main(["rules", "history", *place[:2]])
    assert "`resonance rules watch world`" in " ".join(capsys.readouterr().out.split())
    main(["rules", "watch", "world", "--tokens", "4000", "--dry-run", *place])
    said = " ".join(capsys.readouterr().out.split())
    assert "trains 10 models on 40,000 tokens" in said
    assert "nothing was trained" in said
    main(["rules", "watch", "world", "--tokens", "4000", *place])
    assert "world@2 saves" in " ".join(capsys.readouterr().out.split())
    assert "was watched" in refuse(capsys, "watch", "world", "--tokens", "4000", *place)

    vault = ["vault", "world", "--release", "2026.1", "--name", "Ben", "--reason", "spring", "--tokens", "4000", *place]
    assert "names no release" in refuse(capsys, "vault", "world", "--release", "a b", *vault[4:])
    main(["rules", *vault])
    assert "world@2 saves" in " ".join(capsys.readouterr().out.split())
    assert "it is opened once a release" in refuse(capsys, *vault)
    assert "no other version of world was adopted since release 2026.1" in refuse(capsys, *vault[:3], "2026.2", *vault[4:])

    opened = open_tables(tmp_path)
    watched, released = sorted(opened.catalog.rows(RULE_COMPARISONS), key=lambda row: str(row["kind"]), reverse=True)
    assert (watched["kind"], watched["subject"], watched["round"]) == ("watch", "world@2 in round 2", 2)
    assert (released["kind"], released["subject"], released["before"], released["after"]) == ("vault", "2026.1", 1, 2)
    assert not set(watched["seeds"]) & set(released["seeds"])
    for row in (watched, released):
        assert row["low"] < row["delta"] < row["high"]
    assert ("vault", "Ben", "spring") in {(row["gate"], row["name"], row["reason"]) for row in opened.catalog.rows(APPROVALS)}
    roles = {bytes(row["doc_id"]): row["role"] for row in opened.catalog.rows(HELDOUT_ROLES)}
    events = opened.catalog.read(SIGNAL_EVENT).where("phase = 'probe'").select("arm", "doc_id").collect()
    judged = {(row["arm"][: len(VAULT)], roles[bytes(row["doc_id"])]) for row in events}
    assert judged == {(VAULT, "vault"), (WATCH, "measure")}

    assert read_digests(tmp_path) == before, "no table of the loop reads these models"
    main(["report", "--set", "report.language=zh", *place])
    page = (tmp_path / "w" / "report.html").read_text()
    assert "采用后再次比较" in page
    assert "为发布版本 2026.1 开启封存集" in page
