"""A job is wired by the signature of its function; one that does not fit is refused where the job is declared."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame

from resonance.core.errors import WiringError
from resonance.core.job import Job, Turn
from resonance.core.settings import DedupeSettings, RebalanceSettings
from resonance.tables import DOCUMENTS, PLANS, REJECTS, SAMPLE_PLAN


def draw(documents: DataFrame, plans: DataFrame, *, drawing: RebalanceSettings, turn: Turn, settings: DedupeSettings) -> DataFrame:
    raise NotImplementedError


def split(documents: DataFrame, *, settings: DedupeSettings) -> tuple[DataFrame, DataFrame]:
    raise NotImplementedError


def split_all(documents: DataFrame, *, settings: DedupeSettings) -> tuple[DataFrame, ...]:
    raise NotImplementedError


def append(documents: DataFrame, *, settings: DedupeSettings) -> None:
    raise NotImplementedError


def ask(documents: DataFrame, *, database: str) -> DataFrame:
    raise NotImplementedError


def test_settings_are_found_by_their_class_and_tools_by_their_name():
    job = Job("draw", draw, reads=(DOCUMENTS, PLANS), writes=(SAMPLE_PLAN,), per="arm")
    assert list(job.wiring.sections.items()) == [("drawing", "rebalance"), ("settings", "dedupe")]
    assert job.wiring.tools == ("turn",)


@pytest.mark.parametrize(
    ("run", "reads", "writes", "says"),
    [
        (draw, (DOCUMENTS, REJECTS), (SAMPLE_PLAN,), "job x reads documents, rejects, but its function takes documents, plans"),
        (draw, (PLANS, DOCUMENTS), (SAMPLE_PLAN,), "job x reads plans, documents, but its function takes documents, plans"),
        (draw, (), (SAMPLE_PLAN,), "job x reads no frame, but its function takes documents, plans: name parameters as tables"),
        (split, (DOCUMENTS,), (REJECTS,), "job x writes 1 tables, but its function returns 2 frames"),
        (append, (DOCUMENTS,), (REJECTS,), "job x writes 1 tables, but its function returns 0 frames"),
        (ask, (DOCUMENTS,), (REJECTS,), "job x asks for database, which is neither a section of the configuration nor one of turn"),
    ],
)
def test_a_function_that_does_not_fit_is_refused_in_a_sentence(run, reads, writes, says):
    with pytest.raises(WiringError) as raised:
        Job("x", run, reads=reads, writes=writes, per="batch")
    assert str(raised.value).startswith(says)
    assert "\n" not in str(raised.value)


def read(*, settings: DedupeSettings) -> DataFrame:
    raise NotImplementedError


def test_a_job_that_reads_no_table_says_whose_rows_come_in():
    with pytest.raises(WiringError, match="^job x reads no table: say in counts which frame holds the rows that come in$"):
        Job("x", read, reads=(), writes=(DOCUMENTS,), per="batch")
    assert Job("x", read, reads=(), writes=(DOCUMENTS,), per="batch", counts="rows").wiring.tools == ()


def test_frames_that_are_not_counted_by_the_annotation_may_be_any_number():
    assert Job("x", split_all, reads=(DOCUMENTS,), writes=(SAMPLE_PLAN, REJECTS), per="batch").wiring.tools == ()
