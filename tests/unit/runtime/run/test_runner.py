"""The runner hands frames over, writes slices, counts rows, skips what is up to date and refuses lost rows."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import functions as F
from rich.console import Console

from resonance.core.errors import ConservationError, GateError, ResonanceError
from resonance.core.job import Job, Step
from resonance.core.ledger import make_rejects
from resonance.core.settings import CleanSettings, Config, DedupeSettings, IngestSettings
from resonance.runtime import resources
from resonance.runtime.run.progress import Events
from resonance.runtime.run.runner import Runner
from resonance.tables import APPROVALS, DOCUMENTS, DUPLICATES, QUALITY_GATE, REJECTS, STEPS, WRITING
from resonance.testing import MemoryCatalog, documents_frame

ROWS = [("a", "s/x", "first text"), ("b", "s/x", "second text"), ("c", "s/y", "third text")]


def reject(rows, step, rule):
    """Two rules each: a row counts once, however many rules it fails."""
    twice = F.explode(F.array(F.lit(1), F.lit(2)))
    return make_rejects(rows, step, "test@1", rule=rule, value=F.lit(1.0), rank=twice)


@pytest.fixture
def room(spark, tmp_path):
    class Room:
        catalog = MemoryCatalog(spark)
        calls: list[str] = []
        shown = io.StringIO()
        lose = 0
        config = Config()

        def read_sources(self, *, settings: CleanSettings, spark, checkpoint):
            self.calls.append("read")
            checkpoint(documents_frame(spark, ROWS[:1]), "something before")  # what counts is named, whatever comes first
            rows = checkpoint(documents_frame(spark, ROWS), "rows")
            return rows.where("source_key != 'c'"), reject(rows.where("source_key = 'c'"), "read", "third")

        def thin(self, documents, *, settings: DedupeSettings, checkpoint):
            self.calls.append("thin")
            empty = self.catalog.read(DUPLICATES).where("false")
            return empty, reject(documents.orderBy("source_key").limit(1 - self.lose), "thin", "first")

        def steps(self):
            reading = Job("read", self.read_sources, (), (DOCUMENTS, REJECTS), per="batch", counts="rows")
            thinning = Job("thin", self.thin, (DOCUMENTS,), (DUPLICATES, REJECTS), per="corpus", owns={"scope": "global"})
            return (Step(reading), Step(thinning))

        def run(self, only=(), **changes):
            return self.runner(**changes).run(self.steps(), only)

        def runner(self, **changes):
            config = self.config.model_copy(update=changes)
            events = Events(tmp_path / "events.jsonl", Console(file=self.shown, width=200), 2)
            return Runner(config, spark, self.catalog, tmp_path, None, events)

        log = tmp_path / "events.jsonl"

    return Room()


def test_rows_in_are_rows_out_plus_rows_cut_and_the_line_says_so(room):
    read, thin = room.run()
    assert (read.rows_in, read.rows_out, dict(read.cut)) == (3, 2, {"third": 1})
    assert (thin.rows_in, thin.rows_out, dict(thin.cut)) == (2, 1, {"first": 1})
    assert "3 in → 2 out, 1 cut (third 1)" in room.shown.getvalue()
    assert room.catalog.read(STEPS).count() == 2
    events = [json.loads(line) for line in room.log.read_text().splitlines()]
    assert [event["event"] for event in events] == ["started", "finished"] * 2
    assert not any("first text" in line for line in room.log.read_text().splitlines())


def test_second_run_skips_and_says_why_and_changed_settings_run_again(room):
    room.run()
    assert all("up to date" in outcome.skipped for outcome in room.run())
    assert room.calls == ["read", "thin"]
    room.run(dedupe=Config().dedupe.model_copy(update={"bands": 3}))
    assert room.calls == ["read", "thin", "thin"]
    room.run(seed=1)
    assert room.calls == ["read", "thin", "thin", "read", "thin"]


def test_what_ran_last_stays_last_where_the_clock_was_ahead_before(room, monkeypatch):
    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=10)

    with monkeypatch.context() as clock:
        clock.setattr("resonance.runtime.run.runner.datetime", Ahead)
        room.run()
    room.run(dedupe=Config().dedupe.model_copy(update={"bands": 3}))
    room.run()
    assert room.calls == ["read", "thin", "thin", "thin"], "rows of other settings stood there"
    room.run()
    assert room.calls == ["read", "thin", "thin", "thin"], "the third run is on record"
    assert room.catalog.read(STEPS).count() == 4


def test_a_batch_read_from_other_inputs_is_announced_once_before_its_rows_are_replaced(room, spark, tmp_path):
    seen = []

    def read_sources(*, settings: IngestSettings, checkpoint):
        seen.append(room.shown.getvalue())
        return checkpoint(documents_frame(spark, ROWS), "rows")

    steps = [Step(Job("read", read_sources, (), (DOCUMENTS,), per="batch", counts="rows"))]
    for name in ("october.jsonl", "november.jsonl", "november.jsonl"):
        (tmp_path / name).write_text("{}\n")
        settings = room.config.ingest.model_copy(update={"inputs": (str(tmp_path / name),)})
        room.runner(ingest=settings).run(steps)
    announced = f"batch main stands already and was read from {tmp_path}/october.jsonl"
    assert [said.count(announced) for said in seen] == [0, 1, 1], "the third reads the same file, newly written"
    assert room.shown.getvalue().count("stands already") == 1


def test_resources_do_not_make_a_step_stale(room):
    room.run()
    room.run(train=Config().train.model_copy(update={"ranks": 1}), workspace="elsewhere")
    assert room.calls == ["read", "thin"]


def test_named_job_waits_for_what_it_builds_on(room):
    with pytest.raises(ResonanceError, match="thin: waits for read, which is missing or stale"):
        room.run(["thin"])
    room.run(["read"])
    assert [outcome.step.job.name for outcome in room.run(["thin"])] == ["thin"]


def test_a_rerun_builds_on_what_stands_and_a_later_run_that_agrees_skips_it(room):
    reading, thinning = room.steps()
    fewer = {"dedupe": Config().dedupe.model_copy(update={"bands": 3})}
    with pytest.raises(ResonanceError, match="thin: nothing stands in table documents yet"):
        room.runner(**fewer).rerun(thinning, [reading])
    room.run(seed=1)
    first = room.runner(seed=1, clean=Config().clean.model_copy(update={"rewrite": "c4_lines"}), **fewer).rerun(thinning, [reading])
    assert (first.rows_in, first.rows_out) == (2, 1)
    assert room.calls == ["read", "thin", "thin"]
    assert all(outcome.skipped for outcome in room.run(seed=1, **fewer))
    assert [outcome.skipped != "" for outcome in room.run(seed=1)] == [True, False]


def test_an_update_runs_once_on_what_stands(room):
    reading, thinning = room.steps()
    room.run(["read"])
    runs = [room.runner().update(thinning, [reading]) for _ in range(2)]
    assert [outcome.skipped != "" for outcome in runs] == [False, True]
    assert room.calls == ["read", "thin"]
    room.runner(dedupe=Config().dedupe.model_copy(update={"bands": 3})).update(thinning, [reading])
    assert room.calls == ["read", "thin", "thin"]


def test_a_job_that_loses_a_row_is_stopped(room, monkeypatch):
    def losing(self, *, settings: CleanSettings, spark, checkpoint):
        rows = checkpoint(documents_frame(spark, ROWS), "rows")
        return rows.where("source_key = 'a'"), reject(rows.where("source_key = 'c'"), "read", "third")

    monkeypatch.setattr(type(room), "read_sources", losing)
    with pytest.raises(ConservationError, match="read: 3 rows in, but 1 out and 1 cut"):
        room.run()
    assert room.catalog.read(STEPS).count() == 0


@pytest.fixture
def left_room(room, tmp_path):
    """A room whose reader notes which rows of its own tables the last run left it."""
    seen = []

    def read_again(*, settings: CleanSettings, spark, checkpoint, left):
        seen.append(None if left is None else {name: rows.count() for name, rows in left.items()})
        rows = checkpoint(documents_frame(spark, ROWS), "rows")
        return rows.where("source_key != 'c'"), reject(rows.where("source_key = 'c'"), "read", "third")

    job = Job("read", read_again, (), (DOCUMENTS, REJECTS), per="batch", counts="rows")
    file = tmp_path / "given.jsonl"

    def run(text="{}", **changes):
        file.write_text(text)
        return room.runner(**{"ingest": IngestSettings(inputs=(str(file),)), **changes}).run([Step(job)])

    return room, run, seen


def test_a_job_is_handed_what_its_last_run_left_where_the_inputs_alone_changed(left_room, tmp_path):
    room, run, seen = left_room
    run()
    run('{"more": 1}')
    (tmp_path / "other.jsonl").write_text("{}")
    run(ingest=IngestSettings(inputs=(str(tmp_path / "other.jsonl"),)))
    assert seen == [None, *[{"documents": 2, "rejects": 2}] * 2]
    run(seed=7)
    run(clean=CleanSettings(rewrite="c4_lines"))
    assert seen[3:] == [None] * 2
    assert room.catalog.read(WRITING).count() == 0


def test_what_another_job_wrote_since_is_not_what_was_left(left_room):
    room, run, seen = left_room
    run()
    room.run(ingest=IngestSettings(inputs=(str(room.log),)))  # another function of the same name
    run('{"more": 1}')
    assert seen == [None, None]


def test_after_a_run_that_was_cut_off_while_it_wrote_nothing_is_taken_over(left_room, monkeypatch):
    room, run, seen = left_room
    run()
    write = room.catalog.write

    def fail(table, rows, slice, note):
        if table is REJECTS:
            raise OSError("the disk is full")
        return write(table, rows, slice, note)

    monkeypatch.setattr(room.catalog, "write", fail)
    with pytest.raises(OSError, match="the disk is full"):
        run('{"more": 1}')
    monkeypatch.undo()
    assert [row["job"] for row in room.catalog.rows(WRITING)] == ["read"]
    run('{"more": 1}')
    assert seen[1:] == [{"documents": 2, "rejects": 2}, None]
    run('{"more": 2}')
    assert seen[3:] == [{"documents": 2, "rejects": 2}]


def test_nothing_is_taken_over_from_a_workspace_whose_tables_are_not_those_that_the_step_filled(left_room, monkeypatch):
    room, run, seen = left_room
    run()
    for row in (rows := room.catalog.rows(STEPS)):
        row["origins"] = {name: origin for name, origin in row["origins"].items() if name != "rejects"}
    others = room.catalog.rows
    monkeypatch.setattr(room.catalog, "rows", lambda table, columns=(): rows if table is STEPS else others(table, columns))
    run('{"more": 1}')
    monkeypatch.undo()
    exists = room.catalog.exists
    monkeypatch.setattr(room.catalog, "exists", lambda table: table is not DOCUMENTS and exists(table))
    run('{"more": 2}')
    monkeypatch.undo()
    run('{"more": 3}')
    assert seen == [None, None, None, {"documents": 2, "rejects": 2}]


def test_a_gate_that_is_not_passed_is_told_once_or_stops_what_stands_behind_it_until_it_is_approved(room, spark):
    gate = {"dataset": "documents", "round": 0, "gate": "rules", "assessment": "a", "state": "failed"}
    row = {**gate, "reasons": ["coverage is 40.0%"], "mend": ["supply more"]}
    room.catalog.write(QUALITY_GATE, spark.createDataFrame([row], resources.contract(QUALITY_GATE).schema), {"round": 0}, {})

    def steps():
        first, thin = room.steps()
        return (first, Step(replace(thin.job, behind=("rules", "effect"))))

    stop = room.config.assess.model_copy(update={"gate": "stop"})
    with pytest.raises(GateError, match="thin: gate rules of documents is not passed, and assess.gate is stop"):
        room.runner(assess=stop).run(steps())
    assert (
        "thin: gate rules of documents, round 0, is not passed:\n  - coverage is 40.0%\n    supply more\n" in room.shown.getvalue()
    )
    assert room.calls == ["read"]
    room.runner().run(steps())
    assert room.calls == ["read", "thin"]
    assert room.shown.getvalue().count("is not passed:") == 2, "once in each run"
    approval = {**{key: gate[key] for key in ("dataset", "gate", "assessment")}, "name": "ada", "reason": "known"}
    known = spark.createDataFrame([{**approval, "approved_at": datetime.now(UTC)}], resources.contract(APPROVALS).schema)
    room.catalog.append(APPROVALS, known, ("approvals", 1), {})
    room.runner(assess=stop, seed=1).run(steps())
    assert room.calls[-1] == "thin"
