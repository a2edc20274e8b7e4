"""What another policy would change: counts by rule and source, documents that would move, and a few of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from resonance.report.terminal.changes import EXAMPLES, Changes, describe_changes, find_changes
from resonance.testing import documents_frame, hold

Failed = tuple[str, str, int, float | None]
KEYS = "abcdefgh"


@pytest.fixture(scope="module")
def documents(spark: SparkSession) -> DataFrame:
    return hold(documents_frame(spark, [(key, "s", f"text [bold]{key}[/bold] \x1b[31m\n" * 30) for key in KEYS]))


def rejects(documents: DataFrame, rows: Sequence[Failed]) -> DataFrame:
    """Rows of (document, rule, rank, value)."""
    named = documents.sparkSession.createDataFrame(list(rows), "source_key string, rule string, rank int, value double")
    reason = {"threshold": F.lit(5.0), "detail": F.lit("basics@1: fr")}
    return documents.select("doc_id", "source", "source_key").join(named, "source_key").withColumns(reason)


def difference(documents: DataFrame, now: DataFrame, then: DataFrame, excerpts: bool = False) -> Changes:
    return find_changes(documents, now, then, checkpoint=lambda rows, name: hold(rows), excerpts=excerpts)


def test_counts_and_moves_are_those_of_both_sides(documents: DataFrame) -> None:
    now = rejects(documents, [("a", "short", 1, 1.0), ("a", "hash", 2, 9.0), ("b", "short", 1, 2.0), ("c", "hash", 1, 8.0)])
    then = rejects(documents, [("a", "hash", 1, 9.0), ("c", "hash", 1, 8.0), ("d", "hash", 1, 7.0), ("d", "new", 2, None)])
    found = difference(documents, now, then, excerpts=True)
    assert (found.documents, found.cut_now, found.cut_then) == (8, 3, 3)
    assert {(row["rule"], row["source"]): (row["now"], row["then"]) for row in found.rules} == {
        ("short", "test"): (2, 0),
        ("hash", "test"): (2, 3),
        ("new", "test"): (0, 1),
    }
    assert found.moved == {"newly cut": 1, "newly kept": 1}
    assert [(row["side"], row["rule"], row["value"]) for row in found.examples] == [
        ("newly cut", "hash", 7.0),
        ("newly kept", "short", 2.0),
    ]
    lines = [line for line in describe_changes(found) if isinstance(line, str)]
    assert lines[0] == "8 documents judged: 3 are cut now, 3 would be; 1 newly cut, 1 newly kept"
    ids = {row["source_key"]: row["doc_id"].hex() for row in documents.collect()}
    assert f"newly cut {ids['d']} (test) hash, measured 7, threshold 5: text [bold]d[/bold] [31m text " in lines[1]
    assert len(lines[1]) < 200
    assert "\x1b" not in lines[1]


def test_texts_are_not_read_unless_asked(documents: DataFrame) -> None:
    found = difference(documents, rejects(documents, []), rejects(documents, [("a", "short", 1, None)]))
    assert [row["excerpt"] for row in found.examples] == [None]
    assert describe_changes(found)[-1].endswith("(test) short, basics@1: fr, threshold 5")  # type: ignore[union-attr]


def test_examples_are_few_and_of_every_rule(documents: DataFrame) -> None:
    rows = [(key, "one" if key < "f" else "two", 1, 1.0) for key in KEYS]
    found = difference(documents, rejects(documents, []), rejects(documents, rows))
    assert len(found.examples) <= EXAMPLES
    assert [row["rule"] for row in found.examples] == ["one", "two", "one", "two"]


def test_equal_verdicts_change_nothing(documents: DataFrame) -> None:
    same = rejects(documents, [("a", "short", 1, 1.0)])
    lines = describe_changes(difference(documents, same, same, excerpts=True))
    assert lines == [
        "8 documents judged: 1 are cut now, 1 would be; 0 newly cut, 0 newly kept",
        "unchanged: 1 pair of rule and source",
    ]


def test_many_pairs_are_summed_up_and_names_are_text() -> None:
    rows = tuple(Row(rule=f"[red]rule{n}[/red]", source="s", now=0, then=n + 1) for n in range(40))
    console = Console(width=120, record=True)
    for line in describe_changes(Changes(9, 0, 9, rows, {"newly cut": 9}, ())):
        console.print(line)
    shown = console.export_text()
    assert "[red]rule39[/red]" in shown
    assert "10 pairs of rule and source with smaller changes not shown" in shown
