"""A forecast says what a run does with each step, why, and what it cost last time; it reads tables, and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from resonance.core.job import Job, Step
from resonance.core.settings import (
    Config,
    DecontaminateSettings,
    DedupeSettings,
    IngestSettings,
    JudgeSettings,
    RebalanceSettings,
)
from resonance.core.table import Table
from resonance.runtime.run.forecast import show_forecasts, sum_up
from resonance.runtime.run.schedule import Forecast, Schedule
from resonance.tables import CONTAMINATION, DOCUMENTS, DUPLICATES, EVALUATION_ITEMS, REJECTS, SAMPLE_PLAN, SIGNATURES, STEPS


def read(*, settings: IngestSettings) -> Any:
    raise NotImplementedError


def judge(documents: Any, *, settings: JudgeSettings) -> Any:
    raise NotImplementedError


def dedupe(rejects: Any, *, settings: DedupeSettings) -> Any:
    raise NotImplementedError


def look(documents: Any, evaluation_items: Any, *, settings: DecontaminateSettings) -> Any:
    raise NotImplementedError


READ = Step(Job("read", read, (), (DOCUMENTS,), per="batch", counts="rows"))
JUDGE = Step(Job("judge", judge, (DOCUMENTS,), (REJECTS,), per="batch"))
DEDUPE = Step(Job("dedupe", dedupe, (REJECTS,), (DUPLICATES,), per="corpus"))
LOOK = Step(Job("look", look, (DOCUMENTS, EVALUATION_ITEMS), (CONTAMINATION,), per="corpus"))
STEPS_OF_ALL = (READ, JUDGE, DEDUPE, LOOK)
START = datetime(2030, 1, 1, tzinfo=UTC)


class Tables:
    """A catalog that holds the rows of small tables and nothing else."""

    def __init__(self) -> None:
        self.held: dict[Table, list[dict[str, Any]]] = {STEPS: [], EVALUATION_ITEMS: [{"set": "quiz", "version": "1"}]}

    def rows(self, table: Table, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{name: row[name] for name in columns or row} for row in self.held[table]]


def foresee(tables: Tables, config: Config, only: Sequence[str] = (), steps: Sequence[Step] = STEPS_OF_ALL) -> list[Forecast]:
    return list(Schedule(config, tables).foresee(steps, only))  # type: ignore[arg-type]


def run(tables: Tables, config: Config, only: Sequence[str] = (), steps: Sequence[Step] = STEPS_OF_ALL) -> None:
    """Write the rows that a run would write; step n takes n + 1 seconds."""
    schedule = Schedule(config, tables)  # type: ignore[arg-type]
    for number, forecast in enumerate(schedule.foresee(steps, only)):
        if forecast.due:
            step, known = forecast.step, tables.held[STEPS]
            finished = START + timedelta(minutes=len(known))
            place = {"job": step.job.name, "batch": config.batch, "round": step.round, "arm": step.arm}
            made = {"origins": forecast.origins, "made_of": forecast.made_of, "seconds": number + 1.0, "written": {}}
            known.append({"run": forecast.run, "finished_at": finished, **place, **made})


def changed(section: str, **values: object) -> Config:
    config = Config()
    return config.model_copy(update={section: getattr(config, section).model_copy(update=values)})


@pytest.fixture
def tables() -> Tables:
    found = Tables()
    run(found, Config())
    return found


def reasons(forecasts: Sequence[Forecast]) -> Mapping[str, str]:
    return {str(forecast.step): forecast.why for forecast in forecasts if forecast.due}


def test_in_a_new_workspace_all_steps_run_and_no_cost_is_known():
    found = foresee(Tables(), Config())
    assert reasons(found) == dict.fromkeys(("read", "judge", "dedupe", "look"), "has not run yet")
    assert {forecast.seconds for forecast in found} == {None}
    assert sum_up(found) == "4 of 4 steps would run; none of them ever ran here, so that their cost is not known"


def test_after_a_run_nothing_runs(tables):
    found = foresee(tables, Config())
    assert reasons(found) == {}
    assert [forecast.seconds for forecast in found] == [1.0, 2.0, 3.0, 4.0]
    assert sum_up(found) == "none of 4 steps would run"


def test_a_changed_setting_is_named_with_both_values_and_what_builds_on_it_names_the_step(tables):
    found = foresee(tables, changed("ingest", source="mine"))
    assert reasons(found) == {
        "read": 'ingest.source was "files", is "mine"',
        "judge": "builds on read, which changed",
        "dedupe": "builds on judge, which changed",
        "look": "builds on read, which changed",
    }
    assert sum_up(found) == "4 of 4 steps would run; they took 10 s last time"
    later = foresee(tables, changed("dedupe", bands=3, jaccard=0.5))
    assert reasons(later) == {"dedupe": "dedupe.bands was 14, is 3; dedupe.jaccard was 0.7, is 0.5"}
    assert sum_up(later) == "1 of 4 steps would run; they took 3.0 s last time"


def test_seed_code_sources_and_evaluation_sets_are_told_apart(tables, tmp_path):
    assert reasons(foresee(tables, Config(seed=1)))["read"] == "seed was 42, is 1"
    newer = Step(Job("dedupe", dedupe, (REJECTS,), (DUPLICATES,), per="corpus", version=2))
    assert reasons(foresee(tables, Config(), steps=(READ, JUDGE, newer, LOOK))) == {"dedupe": "its code changed"}
    other = Step(Job("dedupe", dedupe, (REJECTS,), (replace(DUPLICATES, version=2),), per="corpus"))
    meaning = "what it writes in duplicates means something else now"
    assert reasons(foresee(tables, Config(), steps=(READ, JUDGE, other, LOOK))) == {"dedupe": meaning}
    tables.held[EVALUATION_ITEMS].append({"set": "quiz", "version": "2"})
    assert reasons(foresee(tables, Config())) == {"look": "its evaluation sets changed"}
    file = tmp_path / "texts.jsonl"
    file.write_text("{}\n")
    fed = Tables()
    config = changed("ingest", inputs=(str(file),))
    run(fed, config)
    file.write_text('{"text": "longer"}\n')
    assert reasons(foresee(fed, config))["read"] == "its sources changed"


def test_a_long_value_is_named_but_not_shown(tables):
    config = changed("ingest", inputs=(), text_field="a" * 60)
    assert reasons(foresee(tables, config))["read"] == "ingest.text_field changed"


def test_a_named_job_waits_for_a_stale_one_that_is_not_named(tables):
    config = changed("ingest", source="mine")
    (found,) = foresee(tables, config, ["judge"])
    assert (found.due, found.waits, found.why) == (False, True, "waits for read, which is missing or stale")
    assert [forecast.due for forecast in foresee(tables, config, ["read", "judge"])] == [True, True]


def test_another_batch_has_not_run_and_what_covers_the_corpus_builds_on_it(tables):
    found = foresee(tables, Config(batch="november"))
    assert reasons(found)["judge"] == "has not run yet"
    assert reasons(found)["dedupe"] == "last ran with batch main"
    assert [forecast.seconds for forecast in found] == [1.0, 2.0, 3.0, 4.0], "the cost is that of the batch before"


def test_a_new_round_costs_what_the_last_one_did(tables):
    again = Step(Job("dedupe", dedupe, (REJECTS,), (SIGNATURES,), per="arm"), 1)
    run(tables, Config(), steps=(READ, JUDGE, again))
    (later,) = foresee(tables, Config(), ["dedupe"], steps=(READ, JUDGE, Step(again.job, 2)))
    assert (later.why, later.seconds) == ("has not run yet", 3.0)


def test_rows_of_an_older_version_give_a_general_reason(tables):
    for row in tables.held[STEPS]:
        row["made_of"] = None
    found = reasons(foresee(tables, changed("ingest", source="mine")))
    assert found["read"] == "its settings, sources, seed or code, or steps that it builds on, are not those of its last run"


def deliver(folder: Path, name: str) -> str:
    (folder / name).write_text("{}\n")
    return str(folder / name)


def test_a_batch_that_was_read_from_other_inputs_is_named_with_what_becomes_of_it(tables, tmp_path):
    october, november = (deliver(tmp_path, name) for name in ("october.jsonl", "november.jsonl"))
    assert all(forecast.warning == "" for forecast in foresee(Tables(), changed("ingest", inputs=(october,)))), "nothing stands yet"
    run(tables, changed("ingest", inputs=(october,)))
    other = changed("ingest", inputs=(november,))
    read, *rest = foresee(tables, other)
    assert read.warning == (
        f"batch main stands already and was read from {october}: its rows are replaced by those of {november}; "
        "--set batch=NAME adds them as a batch of their own instead"
    )
    assert all(forecast.warning == "" for forecast in rest)
    assert all(forecast.warning == "" for forecast in foresee(tables, other.model_copy(update={"batch": "november"})))


def test_a_batch_that_is_read_again_is_no_surprise(tables, tmp_path):
    inputs = (deliver(tmp_path, "october.jsonl"),)
    run(tables, changed("ingest", inputs=inputs))
    (tmp_path / "october.jsonl").write_text("{}\n{}\n")
    read = foresee(tables, changed("ingest", inputs=inputs, source="mine"))[0]
    assert (read.due, read.warning) == (True, "")


def test_many_inputs_are_named_in_part_and_the_demo_as_what_it_is(tables, tmp_path):
    run(tables, changed("ingest", demo=True))
    inputs = tuple(deliver(tmp_path, f"{n}\x1b.jsonl") for n in range(5))
    warning = foresee(tables, changed("ingest", inputs=inputs))[0].warning
    assert "was read from the demo source:" in warning
    assert f"{tmp_path}/2\\x1b.jsonl and 2 more;" in warning
    assert "\x1b" not in warning


def test_rows_of_an_older_version_do_not_say_what_was_read(tables, tmp_path):
    for row in tables.held[STEPS]:
        row["made_of"] = None
    assert foresee(tables, changed("ingest", inputs=(deliver(tmp_path, "a.jsonl"),)))[0].warning == ""


def test_the_table_has_a_line_for_each_step(tables):
    shown = show_forecasts(foresee(tables, changed("dedupe", bands=3), ["judge", "dedupe"]))
    cells = [list(column.cells) for column in shown.columns]
    assert cells[:2] == [["judge", "dedupe"], ["skip it", "run it"]]
    assert cells[3] == ["2.0 s", "3.0 s"]


def test_steps_that_never_ran_are_counted_apart(tables):
    again = Step(Job("again", look, (DOCUMENTS, EVALUATION_ITEMS), (CONTAMINATION,), per="corpus"))
    found = foresee(tables, changed("dedupe", bands=3), steps=(*STEPS_OF_ALL, again))
    assert sum_up(found) == "2 of 5 steps would run; they took 3.0 s last time, and 1 of them never ran here"


def hold_out(duplicates: Any, *, settings: RebalanceSettings) -> Any:
    raise NotImplementedError


def test_a_corpus_that_grew_by_another_batch_is_looked_at_again(tables):
    steps = (*STEPS_OF_ALL, Step(Job("hold_out", hold_out, (DUPLICATES,), (SAMPLE_PLAN,), per="arm"), 0, "heldout"))
    run(tables, Config(), steps=steps)
    assert reasons(foresee(tables, Config(), steps=steps)) == {}
    run(tables, Config(batch="november"))
    grown = reasons(foresee(tables, Config(), steps=steps))
    assert set(grown) == {"dedupe", "look", "hold_out 0 heldout"}
    run(tables, Config(), steps=steps)
    assert reasons(foresee(tables, Config(), steps=steps)) == {}, "and then it stands"
    run(tables, Config(batch="november", judge=JudgeSettings(), seed=9))
    assert "dedupe" in reasons(foresee(tables, Config(), steps=steps)), "what another batch holds changed"
