"""Operators that read records: worked out by hand, never better by a defect, and clear about what is missing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql.types import StructType
from tests.unit.assess.conftest import NOW, RECORDED

from resonance.assess.assess import bind, judge, read_params
from resonance.assess.books import read_events, read_moment
from resonance.assess.methods.cards import FIELDS
from resonance.assess.operators import BY_ID
from resonance.core.binding import Asked, UnmeasurableError
from resonance.core.dataset import DatasetContract
from resonance.core.operator import Result
from resonance.core.records import Change, Records

Books = dict[str, Any]


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def run(id: str, days: float, hours: float | None, version: int, *, code: str = "c0ffee") -> list[dict[str, Any]]:
    """Events of a run that began so many days ago and took so many hours; None where it failed."""
    began = NOW - timedelta(days=days)
    start = {
        "eventType": "START",
        "eventTime": began.isoformat(),
        "run": {"runId": id, "facets": {"executionParameters": {"parameters": []}}},
        "job": {"name": "build", "facets": {"sourceCodeLocation": {"version": code}} if code else {}},
        "inputs": [{"name": "raw", "facets": {"version": {"datasetVersion": "7"}}}],
    }
    end = {
        "eventType": "FAIL" if hours is None else "COMPLETE",
        "eventTime": (began + timedelta(hours=hours or 1)).isoformat(),
        "run": {"runId": id},
        "outputs": [{"name": "lake/shop", "facets": {"version": {"datasetVersion": str(version)}}}],
    }
    return [start, end]


def make_books() -> Books:
    counts = {"added": 3, "removed": 0, "changed": 1}
    return {
        "raw_objects": [{"path": f"{n}.warc", "sha256": "AB" if n < 3 else "cd"} for n in range(5)],
        "release_records": [
            {"version": f"1.{n}.0", "published_at": ago(days), "table_version": n, "rows": 10 * n, "owner": "ada", **more}
            for n, days, more in (
                (0, 80, {**counts, "changelog": "first"}),
                (1, 60, {**counts, "changelog": "更正"}),
                (2, 40, {**counts}),
                (3, 20, {"changelog": "no counts"}),
            )
        ],
        "ticket_log": [
            {"opened_at": "2026-04-01T10:00:00Z", "answered_at": "2026-04-02T10:00:00Z", "resolved_at": "2026-04-03"},
            {"opened_at": "2026-04-02T10:00:00Z", "answered_at": "2026-04-07T10:00:00Z"},  # a Thursday: until Tuesday
            {"opened_at": "2026-04-02T10:00:00Z", "answered_at": "2026-04-08T10:00:00Z"},  # a day late
            {"opened_at": "2026-03-02"},  # never
            {"opened_at": "2026-04-10T10:00:00Z"},  # a Friday, yesterday: until Wednesday
            {"opened_at": "2025-01-01"},
        ],
        "run_events": [
            *run("a", 5, 2, 1), *run("b", 4, 30, 2), *run("c", 3, None, 9), *run("d", 0.1, None, 9)[:1],
            *run("e", 60, 1, 3, code=""),
        ],
        "run_metrics": [
            {"in": 100, "out": 90, "rejected": 10},
            {"in": 50, "out": 45, "rejected": 4},
            {"in": 0, "out": 0, "rejected": 0},
        ],
        "card": dict.fromkeys(("@context", "@type", "dct:conformsTo", "name", "rai:dataBiases"), "x") | {"url": "", "license": []},
    }  # fmt: skip


def change(version: int, days: float, *, changes_rows: bool = True, **note: str) -> Change:
    return Change(version, NOW - timedelta(days=days), note, changes_rows)


FULL = {"author": "ada", "reason": "more", "run": "r", "code": "c"}
HISTORY = (
    change(0, 81, **FULL),
    change(1, 62, **FULL),
    change(2, 45, author="ada", reason="x"),
    change(3, 23),
    change(4, 10, changes_rows=False),
)
HELD = {0: (0, 0), 1: (10, 10), 2: (20, 19), 3: (30, None)}
EXPECTED = {
    "on_time_run_rate": 1 / 3,  # b took 30 hours, c failed, d may still end, e is too old
    "release_cadence_adherence": 1 / 2,  # a version every 20 days; 10 are promised
    "staleness_score": 1 / 2,  # 20 days old, between 10 and 30
    "release_lag_score": 0.0,  # 3 days after the last change; one is promised, three are the end
    "snapshot_hash_match": 2 / 5,  # one of three cannot be read, two have another hash
    "lineage_hop_completeness": 2 / 4,  # versions 1 and 2; the run of 3 names no code, none wrote 0
    "drop_accounting_balance": 1 - 1 / 50,
    "commit_metadata_completeness": 2 / 5,
    "version_restorability": 2 / 4,  # one lacks a row, one its file
    "release_record_completeness": 2 / 4,
    "card_completeness": 5 / len(FIELDS),
    "card_validity": 0.0,  # no part of it can be read; more in test_card
    "response_time_attainment": 2 / 4,
    "resolution_rate": 1 / 5,
}


def ask(id: str, books: Books | None = None, declared: dict[str, Any] | None = None, **more: Any) -> Result:
    books = make_books() if books is None else books
    given = {"sla_frequency": 10, "sla_latency": 1, **dict.fromkeys(books, "file")} if declared is None else declared
    contract = DatasetContract("shop", "1.0.0", "general", frozenset({"text"}), (), declared=given)
    known = {
        "history": HISTORY,
        "hash_file": {"0.warc": "ab", "1.warc": "ab", "3.warc": "ab", "4.warc": "ef"}.get,
        "look_at_version": lambda version: HELD.get(version, (None, None)),
        **more,
    }
    operator = BY_ID[id]
    try:
        bound = bind(operator, Asked(contract, StructType(), read_params(operator, contract), NOW, Records(books=books, **known)))
    except UnmeasurableError as reason:
        return Result(id, "not_measurable", reason=str(reason))
    return judge(operator, bound, {"rows": 10}, contract)


@pytest.mark.parametrize("operator", RECORDED, ids=lambda operator: operator.id)
def test_by_hand(operator):
    found = ask(operator.id)
    assert found.state == "scored", found.reason
    assert found.score == pytest.approx(EXPECTED[operator.id])


@pytest.mark.parametrize("operator", RECORDED, ids=lambda operator: operator.id)
def test_what_is_missing_is_named(operator):
    found = ask(operator.id, {}, {"sla_frequency": 10, "sla_latency": 1}, history=None, look_at_version=None)
    assert (found.state, found.score) == ("not_measurable", None)
    assert any(word in found.reason for word in ("adaqDeclared", "Delta table")), found.reason


@pytest.mark.parametrize("operator", RECORDED, ids=lambda operator: operator.id)
def test_empty_records_are_no_good_score(operator):
    empty = {name: {} if name == "card" else [] for name in make_books()}
    found = ask(operator.id, empty, history=(), look_at_version=HELD.get)
    assert found.state == "not_measurable" or found.score == 0
    contract = DatasetContract("shop", "1.0.0", "general", frozenset(), ())
    bound = bind(BY_ID["resolution_rate"], Asked(contract, StructType(), {"window_days": 90}, NOW, Records(books=make_books())))
    assert judge(operator, bound, {"rows": 0}, contract).reason == "no rows"


def drop(book: str, *fields: str) -> Callable[[Books, int], None]:
    def spoil(books: Books, place: int) -> None:
        for field in fields:
            books[book][place % len(books[book])].pop(field, None)

    return spoil


def delay(books: Books, _: int) -> None:
    """Publish every version but the last one earlier, so that they lie farther apart and are no fresher."""
    for entry in books["release_records"][:-1]:
        entry["published_at"] = (datetime.fromisoformat(entry["published_at"]) - timedelta(days=5)).isoformat()


def forget(books: Books, place: int) -> None:
    books["run_events"] = [event for event in books["run_events"] if event["run"]["runId"] != "abcde"[place % 5]]


def fail(books: Books, place: int) -> None:
    for event in books["run_events"]:
        if event["run"]["runId"] == "abcde"[place % 5] and event["eventType"] == "COMPLETE":
            event["eventType"] = "FAIL"


def lose(books: Books, place: int) -> None:
    books["run_metrics"][place % 2]["out"] -= 1


def empty_field(books: Books, place: int) -> None:
    books["card"][list(books["card"])[place % 7]] = None


DEFECTS: dict[str, Callable[[Books, int], None]] = {
    "on_time_run_rate": fail,
    "release_cadence_adherence": delay,
    "staleness_score": lambda books, _: books["release_records"].pop() if len(books["release_records"]) > 1 else None,
    "release_lag_score": delay,
    "snapshot_hash_match": lambda books, place: books["raw_objects"][place % 5].update(sha256="0"),
    "lineage_hop_completeness": forget,
    "drop_accounting_balance": lose,
    "commit_metadata_completeness": delay,
    "version_restorability": lambda books, place: books["release_records"][place % 4].update(rows=-1),
    "release_record_completeness": drop("release_records", "owner"),
    "card_completeness": empty_field,
    "card_validity": empty_field,
    "response_time_attainment": drop("ticket_log", "answered_at"),
    "resolution_rate": drop("ticket_log", "resolved_at"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_never_raises_the_score(name):
    assert set(DEFECTS) == {operator.id for operator in RECORDED}
    books, last = make_books(), ask(name).score
    for place in range(7):
        DEFECTS[name](books, place)
        found = ask(name, copy.deepcopy(books))
        if found.score is None:
            break
        assert found.score <= last + 1e-12
        last = found.score


def test_a_commit_that_says_less_never_raises_the_score():
    last = ask("commit_metadata_completeness").score
    for place in range(len(HISTORY)):
        spoiled = [replace(change, note={}) if n <= place else change for n, change in enumerate(HISTORY)]
        score = ask("commit_metadata_completeness", history=spoiled).score
        assert score <= last
        last = score
    assert last == 0


def test_without_records_every_version_of_a_table_is_published():
    declared = {"sla_frequency": 10, "sla_latency": 1}
    assert ask("staleness_score", {}, declared).score == pytest.approx(1 - 13 / 20), "the last change of rows, 23 days ago"
    assert ask("version_restorability", {}, declared).score == 2 / 4
    assert "release_records" in ask("release_lag_score", {}, declared).reason


def test_files_that_cannot_be_used_say_why():
    books, problems = make_books(), {"ticket_log": "cannot read file t.json: No such file or directory"}
    assert ask("resolution_rate", books, problems=problems).reason == f"ticket_log: {problems['ticket_log']}"
    for name, wrong, operator in (
        ("ticket_log", [{"opened_at": "soon"}], "resolution_rate"),
        ("ticket_log", "no list", "resolution_rate"),
        ("release_records", [{"published_at": 7}], "staleness_score"),
        ("run_metrics", [{"in": 1}], "drop_accounting_balance"),
        ("card", [], "card_completeness"),
        ("raw_objects", [{"path": "a"}], "snapshot_hash_match"),
    ):
        found = ask(operator, {**books, name: wrong})
        assert found.state == "not_measurable"
        assert found.reason.startswith(f"{name}: ")


def test_events_tell_of_runs():
    (found,) = read_events(run("a", 1, 2, 4))
    assert (found.inputs, found.outputs, found.code, found.has_params) == ({"raw": "7"}, {"lake/shop": "4"}, "c0ffee", True)
    assert (found.ended - found.started) == timedelta(hours=2)
    events = run("a", 1, 2, 4)
    events[1]["run"]["facets"] = {"nominalTime": {"nominalStartTime": ago(2)}}
    assert read_events(events)[0].started == NOW - timedelta(days=2)
    assert read_events([{}])[0].id == "None"


def test_moments_are_read_in_every_form():
    at = datetime(2026, 1, 2, tzinfo=UTC)
    assert read_moment("2026-01-02") == read_moment("2026-01-02T00:00:00Z") == read_moment(at.date()) == at
    assert read_moment(datetime(2026, 1, 2)) == at
    assert [read_moment(wrong) for wrong in ("soon", 7, None, "")] == [None] * 4
