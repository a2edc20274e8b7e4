"""What goes on is told from the log of runs and from small tables: what runs, what broke off, and what was mended since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from resonance.core.table import Table
from resonance.runtime.run.status import ENDED, gather_status, read_log

START = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Rows:
    """Small tables, by name."""

    def __init__(self, **tables: list[dict[str, Any]]) -> None:
        self._tables = tables

    def rows(self, table: Table, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        assert not columns
        return self._tables.get(table.name, [])


def write_log(folder: Path, *events: Mapping[str, object]) -> Path:
    log = folder / "events.jsonl"
    lines = [{"at": (START + timedelta(seconds=place)).isoformat(), **event} for place, event in enumerate(events)]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return log


def event(kind: str, job: str, round: int = 0, arm: str = "plan", batch: str = "main", **more: object) -> dict[str, object]:
    return {"event": kind, "job": job, "round": round, "arm": arm, "batch": batch, **more}


def step(job: str, round: int, run: str, seconds: float = 1.0, at: int = 0) -> dict[str, Any]:
    place = {"job": job, "batch": "main", "round": round, "arm": "plan"}
    return {**place, "run": run, "seconds": seconds, "finished_at": START + timedelta(seconds=at)}


def test_a_failure_stands_until_the_same_step_ends_or_begins_again(tmp_path: Path) -> None:
    broke = event("failed", "train", 2, table="signal_event", fills=["signal_event"], cause="no slots", command="resonance run")
    log = write_log(tmp_path, event("started", "train", 2, command="resonance run"), broke)
    begun, (failure,) = read_log(log)
    assert begun == []
    assert (failure.started.place, failure.table, failure.cause) == (("train", "main", 2, "plan"), "signal_event", "no slots")
    assert (failure.started.command, failure.fills) == ("resonance run", ("signal_event",))
    others = (event("finished", "train", 1), event("finished", "train", 2, "control"), event("finished", "train", 2, batch="b"))
    assert len(read_log(write_log(tmp_path, broke, *others))[1]) == 1, "another round, arm or batch mends nothing"
    assert read_log(write_log(tmp_path, broke, event("started", "train", 2)))[1] == []
    assert read_log(write_log(tmp_path, broke, event("skipped", "train", 2)))[1] == []


def test_a_run_that_broke_off_between_steps_stands_until_a_step_goes_on(tmp_path: Path) -> None:
    broke = {"event": "failed", "cause": "gate rules is not passed", "command": "resonance run"}
    (failure,) = read_log(write_log(tmp_path, event("finished", "ingest"), broke))[1]
    assert failure.started.job == ""
    assert read_log(write_log(tmp_path, broke, event("started", "train", 1)))[1] == []


def test_lines_that_are_cut_off_or_no_events_are_passed_over(tmp_path: Path) -> None:
    log = write_log(tmp_path, event("started", "ingest"))
    log.write_text(log.read_text() + '{"at": "2026-11-29T12:00:00+00:00", "ev\n[1]\n{"event": "finished"}\n\n')
    assert [started.job for started in read_log(log)[0]] == ["ingest"]
    assert read_log(tmp_path / "none.jsonl") == ([], [])


def test_the_last_step_that_began_runs_where_somebody_writes_and_was_killed_where_nobody_does(tmp_path: Path) -> None:
    log = write_log(tmp_path, event("started", "ingest"), event("started", "train", 1, command="resonance run"))
    status = gather_status(Rows(), log, "process 7 writes")  # type: ignore[arg-type]
    assert status.running is not None
    assert (status.running.job, [failure.started.job for failure in status.failures]) == ("train", ["ingest"])
    status = gather_status(Rows(), log, "")  # type: ignore[arg-type]
    assert status.running is None
    assert [(failure.started.job, failure.cause) for failure in status.failures] == [("ingest", ENDED), ("train", ENDED)]
    assert status.failures[1].started.command == "resonance run"


def test_a_round_is_finished_while_its_manifest_names_the_newest_runs(tmp_path: Path) -> None:
    steps = [
        step("ingest", 0, "i", 2.0),
        step("train", 1, "t1", 3.0, 1),
        step("evaluate", 1, "e1", 4.0, 2),
        step("train", 2, "t2", 5.0, 3),
    ]
    runs = {"ingest/0/plan": "i", "train/1/plan": "t1", "evaluate/1/plan": "e1"}
    rounds = [{"round": 1, "runs": runs, "finished_at": START + timedelta(seconds=9)}]
    found = gather_status(Rows(steps=steps, rounds=rounds), tmp_path / "none", "").rounds  # type: ignore[arg-type]
    assert [(row.number, row.steps, row.seconds) for row in found] == [(0, 1, 2.0), (1, 2, 7.0), (2, 1, 5.0)]
    assert [row.finished_at for row in found] == [None, START + timedelta(seconds=9), None]
    again = [*steps, step("train", 1, "t1-other", 6.0, 20)]
    found = gather_status(Rows(steps=again, rounds=rounds), tmp_path / "none", "").rounds  # type: ignore[arg-type]
    assert (found[1].steps, found[1].seconds, found[1].finished_at) == (2, 10.0, None)
    added = [*steps, step("probe", 1, "p", 1.0, 20)]
    found = gather_status(Rows(steps=added, rounds=rounds), tmp_path / "none", "").rounds  # type: ignore[arg-type]
    assert found[1].finished_at is not None, "a job on demand adds to a round that stays as it was"


def test_a_gate_is_closed_while_its_newest_round_failed_and_nobody_let_the_dataset_through(tmp_path: Path) -> None:
    def gate(round: int, state: str, assessment: str) -> dict[str, Any]:
        return {"dataset": "documents", "gate": "rules", "round": round, "state": state, "assessment": assessment}

    def closed(gates: list[dict[str, Any]], approvals: list[dict[str, Any]] | None = None) -> list[int]:
        tables = Rows(quality_gate=gates, approvals=approvals or [])
        return [row["round"] for row in gather_status(tables, tmp_path / "none", "").closed]  # type: ignore[arg-type]

    assert closed([gate(1, "failed", "a"), gate(2, "failed", "b")]) == [2]
    assert closed([gate(1, "failed", "a"), gate(2, "passed", "b")]) == []
    approval = {"dataset": "documents", "gate": "rules", "assessment": "b", "approved_at": START}
    assert closed([gate(2, "failed", "b")], [approval]) == []
    assert closed([gate(2, "failed", "c")], [approval]) == [2]


def test_work_is_open_until_a_later_round_that_looks_for_it_finds_its_slice_sound(tmp_path: Path) -> None:
    item = {"item": "x", "round": 1, "slice": "a", "cause": "capacity", "kind": "model"}
    tables = {"work_items": [item], "verdicts": [{"round": 1, "slice": "a", "cause": "capacity"}]}

    def count(*steps: dict[str, Any]) -> int:
        return len(gather_status(Rows(steps=list(steps), **tables), tmp_path / "none", "").work)  # type: ignore[arg-type]

    looked = step("attribute", 1, "r1")
    assert count(looked) == count(looked, step("train", 2, "r2")) == 1
    assert count(looked, step("attribute", 2, "r3")) == 0


def test_steps_that_one_process_runs_side_by_side_were_not_killed(tmp_path: Path) -> None:
    mine, other = {"process": 7, "host": "here"}, {"process": 6, "host": "here"}
    log = write_log(
        tmp_path,
        event("started", "try_rules", 1, "rule-a", **other),
        event("started", "try_rules", 1, "rule-b", **mine),
        event("started", "try_rules", 1, "rule-c", **mine),
    )
    status = gather_status(Rows(), log, "process 7 writes")  # type: ignore[arg-type]
    assert status.running is not None
    assert status.running.place[3] == "rule-c"
    assert [failure.started.place[3] for failure in status.failures] == ["rule-a"]
