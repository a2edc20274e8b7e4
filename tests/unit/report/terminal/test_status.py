"""A person reads what runs, what broke off and why, and which command goes on."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime

from rich.table import Table

from resonance.app import View
from resonance.core.status import Failure, Round, Started, Status
from resonance.core.work import Work
from resonance.report.terminal.status import describe_status

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
TRAIN = Started("train", "main", 2, "plan", AT, 7, "host", "resonance run --set train.ranks=2", os.getcwd())


def show(status: Status) -> str:
    parts = tuple(describe_status(status, "mine"))
    assert all(isinstance(part, Table) or "\n" not in part for part in parts)
    return str(View(parts))


def test_an_empty_workspace_says_so() -> None:
    assert show(Status()).splitlines() == ["no step is done yet", "nothing runs", "nothing broke off, and no gate is closed"]


def test_rounds_are_listed_with_what_they_took() -> None:
    done = [{"job": "judge", "batch": "main", "round": 0, "arm": "plan", "finished_at": AT}]
    done += [{"job": "train", "batch": "november", "round": number, "arm": "plan", "finished_at": AT} for number in (1, 2)]
    said = show(Status((Round(0, 4, 61.0), Round(1, 9, 700.0, AT), Round(2, 3, 1.5)), done))
    assert said.splitlines()[3].replace("│", " ").split() == ["documents", "4", "61", "s", "judge"]
    assert "11 min 40 s │ 2026-11-29 12:00 UTC │ train 1 plan of batch november" in said
    assert "no" in said.splitlines()[5].split()


def test_what_runs_is_named_with_who_runs_it() -> None:
    said = show(Status(running=TRAIN, writer="process 7 (resonance run) writes into it since 12:00 UTC"))
    assert "running: train 2 plan, for " in said
    assert said.splitlines()[1].endswith("; process 7 (resonance run) writes into it since 12:00 UTC")
    assert "running: process 8 writes" in show(Status(writer="process 8 writes"))


def test_a_failure_names_step_table_cause_and_the_command_that_goes_on() -> None:
    failure = Failure(TRAIN, AT, "no slots", "signal_event", ("signal_event", "checkpoints"))
    said = show(Status(failures=[failure])).splitlines()
    assert said[2:] == [
        "failed: train 2 plan, 2026-11-29 12:00 UTC",
        "  table    signal_event",
        "  cause    no slots",
        "  to go on resonance run --set train.ranks=2",
    ]
    elsewhere = show(Status(failures=[replace(failure, table="", started=replace(TRAIN, folder="/elsewhere"))]))
    assert "  tables   signal_event, checkpoints: none was being written" in elsewhere
    assert "  to go on resonance run --set train.ranks=2  (in /elsewhere)" in elsewhere
    assert "make the same call again, on workspace mine" in show(
        Status(failures=[replace(failure, started=replace(TRAIN, command=""))])
    )
    between = Failure(replace(TRAIN, job=""), AT, "gate rules is not passed")
    assert "failed: a run, between two steps" in show(Status(failures=[between]))


def test_what_a_log_holds_does_not_steer_the_terminal() -> None:
    said = show(Status(failures=[Failure(TRAIN, AT, "no \x1b[31m file\nhere")]))
    assert "  cause    no \\x1b[31m file\\nhere" in said


def test_a_closed_gate_is_told_with_what_opens_it() -> None:
    row = {"dataset": "documents", "gate": "rules", "round": 1, "reasons": ["too few"], "mend": ["add some"]}
    said = show(Status(closed=[row]))
    assert "gate rules of documents, round 1, is not passed:" in said
    assert "resonance approve rules" in said


def test_open_work_is_counted_by_whose_it_is() -> None:
    work = [Work({"kind": kind}, 1) for kind in ("model", "data", "data")]
    assert show(Status(work=work)).splitlines()[-1] == (
        "open work on weak slices: 2 of data, 1 of model; `resonance verdicts` lists it"
    )
