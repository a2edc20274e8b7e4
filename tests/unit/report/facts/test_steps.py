"""Which run of a step is the newest, and what it looked for in texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pyspark.sql import Row

from resonance.core.expression import Hidden
from resonance.report.facts.steps import find_cutting, find_hidden, find_latest


def test_the_newest_run_of_each_step_is_found() -> None:
    def step(job: str, batch: str, minute: int, written: tuple[str, ...] = ()) -> Row:
        at = datetime(2030, 1, 1, 0, minute, tzinfo=UTC)
        return Row(
            job=job, batch=batch, round=0, arm="plan", run=f"{job}{minute}", finished_at=at, written=dict.fromkeys(written, 1)
        )

    rows = [step("ingest", "a", 1), step("clean", "a", 2), step("ingest", "b", 3), step("dedupe", "a", 4), step("dedupe", "b", 6)]
    assert [row["run"] for row in find_latest(rows, {"ingest", "clean"})] == ["ingest1", "clean2", "ingest3", "dedupe6"]
    rows += [step("ingest", "a", 9, ("raw", "documents"))]
    assert [row["run"] for row in find_latest(rows, {"ingest", "clean"})] == ["ingest3", "dedupe6", "ingest9"]


def test_a_step_that_could_have_cut_counts_even_if_it_wrote_no_rejects() -> None:
    def step(job: str, rows_in: int, *written: str, round: int = 0) -> Row:
        return Row(job=job, round=round, rows_in=rows_in, written=dict.fromkeys(written, 1))

    steps = [
        step("ingest", 5, "raw"),
        step("clean", 0, "rejects"),
        step("hold_out", 0, "sample_plan"),
        step("feedback", 5, round=1),
    ]
    assert [row["job"] for row in find_cutting(steps)] == ["ingest", "clean"]


def test_the_patterns_of_every_step_that_read_texts_are_found() -> None:
    def step(**settings: object) -> Row:
        return Row(made_of={"code": "1", **{f"settings {name}": json.dumps(given) for name, given in settings.items()}})

    badge, desk = {"badge": "EMP-[0-9]{6}"}, {"badge": "[0-9]{6}", "desk": "D[0-9]"}
    steps = [Row(made_of=None), step(judge={}), step(clean={"patterns": badge}), step(clean={"patterns": desk}), step(clean={})]
    assert find_hidden(steps) == Hidden((*badge.items(), *desk.items()))
    assert find_hidden([*steps, step(clean={"names": True}), step(clean={"names": False})]).names
