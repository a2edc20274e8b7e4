"""What is said at the end of a step: what was cut, which setting helps, and that nothing is held out."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

from rich.console import Console

from resonance.core.advice import ADVICE, NOTHING_HELD_OUT
from resonance.core.job import Step
from resonance.factory import HOLD_OUT, INGEST
from resonance.runtime.run.accounting import Files, Outcome
from resonance.runtime.run.progress import Events, advise, summary


def test_a_rule_that_a_setting_helps_against_is_told_with_it() -> None:
    outcome = Outcome(Step(INGEST), "run", 100, 25, {"duplicate_key": 74, "broken_file": 1})
    assert advise(outcome) == [f"  74 duplicate_key: {ADVICE['duplicate_key']}"]


def test_nothing_held_out_is_told_once() -> None:
    assert advise(Outcome(Step(HOLD_OUT, 0, "heldout"), "run", 0, 0)) == [f"  {NOTHING_HELD_OUT}"]
    assert advise(Outcome(Step(HOLD_OUT, 0, "heldout"), "run", 0, 3)) == []
    assert advise(Outcome(Step(INGEST), "run", 0, 0)) == []


def test_files_are_told_where_rows_of_some_were_taken_over() -> None:
    assert "3 in → 3 out, 1 of 3 files read anew  " in summary(Outcome(Step(INGEST), "run", 3, 3, files=Files(1, 3)))
    assert "files" not in summary(Outcome(Step(INGEST), "run", 3, 3, files=Files(3, 3)))
    assert "files" not in summary(Outcome(Step(INGEST), "run", 3, 3))


def test_a_failure_is_one_line_with_the_step_its_tables_and_the_command(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    events = Events(log, Console(file=io.StringIO()), 2, "november", "resonance run")
    events.failed("nothing is registered")
    events.started(Step(INGEST))
    events.lost("raw")
    events.lost("rejects")
    events.failed("no space left")
    events.finished(Outcome(Step(INGEST), "run", 3, 3))
    events.failed("a gate is closed")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["failed", "started", "failed", "finished", "failed"]
    assert [(line.get("job"), line.get("table"), line["cause"]) for line in lines if line["event"] == "failed"] == [
        (None, "", "nothing is registered"),
        ("ingest", "raw", "no space left"),
        (None, "", "a gate is closed"),
    ]
    assert {"raw", "rejects"} < set(lines[2]["fills"])
    assert {(line["command"], line["batch"]) for line in lines[1:3]} == {("resonance run", "november")}
    assert lines[3]["batch"] == "november"


def test_a_log_that_cannot_be_written_hides_no_failure(tmp_path: Path) -> None:
    events = Events(tmp_path / "logs" / "events.jsonl", Console(file=io.StringIO()), 1)
    (tmp_path / "logs").rmdir()
    events.failed("why")


def test_steps_side_by_side_fail_each_with_its_own_name(tmp_path: Path) -> None:
    log, console = tmp_path / "events.jsonl", Console(file=io.StringIO(), force_terminal=True)
    events, both = Events(log, console, 2), threading.Barrier(2)

    def fail(step: Step, table: str) -> None:
        events.started(step)
        both.wait(10)
        events.lost(table)
        events.failed(f"no {table}")

    threads = [threading.Thread(target=fail, args=told) for told in ((Step(INGEST), "raw"), (Step(HOLD_OUT), "plan"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {(line["job"], line["table"], line["cause"]) for line in lines if line["event"] == "failed"} == {
        ("ingest", "raw", "no raw"),
        ("hold_out", "plan", "no plan"),
    }
