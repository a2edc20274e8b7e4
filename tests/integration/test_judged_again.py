"""A curated file is judged again by other rules: shown, written, and taken up by the next run, without reading texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.tables import APPROVALS, RULE_VERSIONS
from resonance.testing import tiny_corpus

POLICY = "{{name: mine, version: {version}, profile: datatrove, rules: [{{rule: short, signal: n_words, below: {limit}}}]}}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [*tiny_corpus(8, copies=2), {"id": "word", "text": "word"}, {"id": "empty", "text": " "}]
    Path("texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("mine.yaml").write_text(POLICY.format(version=1, limit=50))
    return tmp_path


def test_a_changed_threshold_reads_no_text(spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curate = ["curate", "texts.jsonl", "--workspace", "w", "--rules", "mine.yaml", "--dedup", "exact"]
    main(curate)
    opened = Workspace(load("local", "curate", workspace="w"))
    before = opened.versions()
    assert [row["rule"] for row in opened.frames()["rejects"].where("step = 'judge'").collect()] == ["short"]
    assert {row["rule"] for row in opened.frames()["rejects"].where("step = 'clean'").collect()} == {"empty"}
    capsys.readouterr()

    Path("mine.yaml").write_text(POLICY.format(version=2, limit=10_000))
    main(["judge", "--policy", "mine.yaml", "--workspace", "w"])
    shown = capsys.readouterr().out
    assert "11 documents judged: 1 are cut now, 11 would be; 10 newly cut, 0 newly kept" in shown
    assert "newly cut" in shown
    assert "nothing was written" in shown
    assert opened.versions() == before

    main(["judge", "--policy", "mine.yaml", "--workspace", "w", "--apply"])
    assert "11 in → 0 out, 11 cut (short 11)" in capsys.readouterr().out
    after = opened.versions()
    assert {name for name in after if after[name] != before[name]} == {"rejects", "rules", "steps"}
    assert {row["version"] for row in opened.frames()["rejects"].where("step = 'judge'").collect()} == {"mine@2"}

    main(curate)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ingest", "judge", "dedupe"))]
    assert [line.split()[0] for line in lines if "skipped: up to date" in line] == ["ingest", "judge"]
    assert [line.split()[:3] for line in lines if "skipped" not in line] == [["dedupe", "0", "rows"]]
    assert opened.frames()["duplicates"].isEmpty()


def test_what_rules_do_is_measured_once_and_again_when_they_changed(
    spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["curate", "texts.jsonl", "--workspace", "w", "--rules", "mine.yaml", "--dedup", "exact"])
    opened = Workspace(load("local", workspace="w"))
    capsys.readouterr()

    def see(*arguments: str) -> tuple[list[list[str]], int | None]:
        main(["rules", "effect", *arguments, "--workspace", "w"])
        rows = [line.split("│")[1:6] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
        return [[cell.strip() for cell in row] for row in rows], opened.versions()["rule_effects"]

    with pytest.raises(SystemExit):
        main(["rules", "problems", "--workspace", "w"])
    assert "not measured yet: run `resonance rules effect` first" in capsys.readouterr().err
    assert see() == ([["short", "1", "9.1%", "1", "4 bytes"]], 0)
    slices, version = see("short")
    assert (sum(int(row[1]) for row in slices), version) == (1, 0), "measured once"

    Path("mine.yaml").write_text(POLICY.format(version=2, limit=10_000))
    main(["judge", "--policy", "mine.yaml", "--workspace", "w", "--apply"])
    capsys.readouterr()
    assert see()[0][0][:4] == ["short", "11", "100.0%", "11"]
    rows = opened.frames()["rule_effects"].where("slice = '*'").collect()
    assert [(row["policy"], row["round"], row["near"]) for row in rows] == [("mine@2", 0, 0.0)], "those of before are gone"
    main(["rules", "problems", "--workspace", "w"])
    assert "no problem of rules shows in what was measured after round 0" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["rules", "effect", "shorts", "--workspace", "w"])
    assert "no rule shorts judged these documents, did you mean short?" in capsys.readouterr().err


def test_a_version_is_adopted_and_rolled_back_to_the_tables_of_before(
    spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["curate", "texts.jsonl", "--workspace", "w", "--rules", "mine.yaml", "--dedup", "exact"])
    opened = Workspace(load("local", workspace="w"))
    told = {"rule_versions", "approvals", "steps"}
    before = {name: digest for name, digest in opened.digests().items() if name not in told}
    who = ["--name", "Ada", "--reason", "tests", "--workspace", "w"]

    def fail(*arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(["rules", *arguments, *who])
        return capsys.readouterr().err.strip()

    assert "names no version" in fail("adopt", "mine")
    assert "no version 2 of this policy is known: there is mine@1" in fail("adopt", "mine@2")
    assert "there is nothing to roll back" in fail("rollback", "mine")
    assert "policy other: it judges nothing here; mine does" in fail("rollback", "other")

    Path("mine.yaml").write_text(POLICY.format(version=2, limit=10_000))
    with pytest.raises(SystemExit):
        main(["rules", "adopt", "mine.yaml", "--workspace", "w"])
    assert "mine@2 was verified by no campaign" in capsys.readouterr().err
    main(["rules", "adopt", "mine.yaml", *who])
    assert {row["version"] for row in opened.frames()["rejects"].where("step = 'judge'").collect()} == {"mine@2"}
    assert {row["version"]: row["state"] for row in opened.catalog.rows(RULE_VERSIONS)} == {1: "retired", 2: "adopted"}
    assert "mine@2 is adopted and judges already" in fail("adopt", "mine@2")
    assert "is adopted: roll it back instead" in fail("reject", "mine@2")
    Path("mine.yaml").write_text(POLICY.format(version=2, limit=9_999))
    assert "mine@2 is known with other rules: raise its version" in fail("adopt", "mine.yaml")

    Path("other.yaml").write_text(POLICY.format(version=3, limit=9).replace("datatrove", "dolma"))
    versions = opened.catalog.rows(RULE_VERSIONS)
    assert "policy mine@3 reads signals of dolma, which were not measured" in fail("adopt", "other.yaml")
    assert opened.catalog.rows(RULE_VERSIONS) == versions, "what cannot judge is adopted in no history"

    main(["rules", "rollback", "mine", *who])
    assert {name: digest for name, digest in opened.digests().items() if name not in told} == before
    assert {row["version"]: row["state"] for row in opened.catalog.rows(RULE_VERSIONS)} == {1: "adopted", 2: "rolled_back"}
    assert "mine@2 is rolled back: it returns as a new version alone" in fail("adopt", "mine@2")
    decisions = [(row["gate"], row["assessment"], row["name"]) for row in opened.catalog.rows(APPROVALS)]
    assert sorted(decisions) == [("adopt", "mine@2, decision 1", "Ada"), ("rollback", "mine@2, decision 2", "Ada")]

    capsys.readouterr()
    main(["rules", "history", "--workspace", "w"])
    said = capsys.readouterr().out
    assert [word in said for word in ("mine@1", "rolled_back", "adopt mine@2 by Ada: tests")] == [True] * 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--policy", "gofer"], "unknown policy 'gofer': choose one of "),
        (["--policy", "broken.yaml"], "nothing can pass: low cuts n_words below 50 and high cuts it above 20"),
        (["--policy", "none"], "no tables in workspace w: run `resonance demo` or `resonance curate` first"),
    ],
)
def test_bad_policies_are_refused_before_spark(
    arguments: list[str], says: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resonance.runtime.workspace.open_engine", lambda *_, **__: pytest.fail("Spark was started"))
    low, high = "{rule: low, signal: n_words, below: 50}", "{rule: high, signal: n_words, above: 20}"
    Path("broken.yaml").write_text(f"{{name: broken, version: 1, profile: datatrove, rules: [{low}, {high}]}}")
    with pytest.raises(SystemExit):
        main(["judge", *arguments, "--workspace", "w"])
    said = capsys.readouterr().err
    assert says in said
    assert len(said.strip().splitlines()) == 1
