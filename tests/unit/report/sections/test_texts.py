"""The hardest and the easiest texts are those that plain Python finds; what they hold stays text."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import SparkSession
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.texts import EACH, Scored, Texts, draw_texts, gather_texts
from resonance.testing import documents_frame

STATES = "doc_id binary, slice string, first_bpb double, last_bpb double, n_draws int, current boolean"


def make_facts(names: tuple[str, ...] = NAMES) -> Texts:
    hard = tuple(Scored("ab" * 16, name, 4.0, 3.5, 2, "qwzx") for name in names[:EACH])
    return Texts(40, hard, (Scored("cd" * 16, names[0], 1.0, 0.25, 1, None),))


def test_both_ends_are_listed() -> None:
    block = draw_texts(make_facts(), ReportSettings())
    assert block is not None
    assert block.text[0].startswith("40 texts were scored.")
    hardest, easiest = block.grids
    assert hardest.rows == (("abababab", "one", "4.000", "3.500", "2", "qwzx"), ("abababab", "two", "4.000", "3.500", "2", "qwzx"))
    assert easiest.rows == (("cdcdcdcd", "one", "1.000", "0.250", "1", "(not read)"),)


def test_without_scores_there_is_no_section() -> None:
    assert draw_texts(Texts(), ReportSettings()) is None
    assert gather_texts({}, loop_facts(rows={"signal_state": 0})) == Texts()


def test_the_ends_are_those_that_plain_python_finds(spark: SparkSession) -> None:
    documents = documents_frame(spark, [(str(n), "s", f"text {n}") for n in range(30)])
    ids = {int(row["source_key"]): bytes(row["doc_id"]) for row in documents.collect()}
    last = {n: float(n % 7) if n % 5 else None for n in ids}
    rows = [(ids[n], "s", 9.0, last[n], n, n != 6) for n in ids]  # document 6 is hard, and has changed since
    frames = {"documents": documents, "signal_state": spark.createDataFrame(rows, STATES)}
    shared = loop_facts(rows={"signal_state": 30})
    found = gather_texts(frames, shared)
    known = {n: value for n, value in last.items() if value is not None and n != 6}
    assert found.scored == len(known)
    for end, sign in ((found.hardest, -1), (found.easiest, 1)):
        order = sorted(known, key=lambda n: (sign * known[n], ids[n]))[:EACH]
        assert [(one.document, one.last, one.draws, one.text) for one in end] == [
            (ids[n].hex(), known[n], n, f"text {n}") for n in order
        ]
    unread = gather_texts(frames, replace(shared, texts_shown=False))
    assert {one.text for one in (*unread.hardest, *unread.easiest)} == {None}
