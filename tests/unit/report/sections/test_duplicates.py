"""Copies are counted by source and keeper's source, as plain Python counts them; clusters and a few pairs are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.facts.counts import Cut
from resonance.report.parts import Block
from resonance.report.sections import duplicates as module
from resonance.report.sections.duplicates import Clusters, Crossed, Duplicates, count_crossed, draw_duplicates
from resonance.report.sections.pairs import Pair

DOCUMENTS = {b"a": ("one", 10), b"b": ("two", 20), b"c": ("two", 30), b"d": ("one", 40), b"e": ("three", 50)}
CUT = {b"b": (b"a", "exact_duplicate"), b"c": (b"a", "near_duplicate"), b"d": (b"a", "near_duplicate"), b"e": (b"a", "judged")}


def make_facts(names: tuple[str, ...] = NAMES) -> Duplicates:
    one, size = names[0], len(names)
    return Duplicates(
        loop_facts(names),
        clusters=(
            Clusters("exact", 2, size, 2 * size, "exact@1"),
            Clusters("exact", 7, 1, 7, "exact@1"),
            Clusters("near", 2, 1, 2, "minhash-14x8-5@resonance-2"),
        ),
        crossed=(
            Crossed(None, None, None, 4 * size, 4_000),
            Crossed("exact_duplicate", None, None, 4 * size, 4_000),
            Crossed("exact_duplicate", one, None, 4 * size, 4_000),
            *(Crossed("exact_duplicate", one, name, 4, 4_000) for name in names),
        ),
        pairs=(
            Pair("exact", 7, None, "aa" * 16, "bb" * 16, one, one, "as it is", "as it is"),
            Pair("near", 2, 0.75, "cc" * 16, "dd" * 16, one, one, "a <b>red</b> fox", "a green fox"),
            Pair("near", 2, None, "cc" * 16, "dd" * 16, one, one, None, None),
        ),
    )


def draw(facts: Duplicates) -> Block:
    block = draw_duplicates(facts, ReportSettings())
    assert block is not None
    return block


def test_clusters_are_counted_by_size() -> None:
    block = draw(make_facts())
    assert "8 documents of 38 that passed all rules (21.1%) were cut as copies" in block.text[0]
    assert block.headline == "Duplicates: 3 exact clusters of 11 documents and 1 near cluster of 2 documents; 8 copies were cut."
    pictures = "".join(chart.picture for chart in block.charts)
    assert "4 in 2" in pictures
    assert "5–8 documents" in pictures
    assert "7 in 1" in pictures
    assert block.grids[0].rows[0][:5] == ("exact", "3", "11", "7", "8")
    note = block.charts[-1].note
    assert "14 bands of 8 minima over shingles of 5 words. Half of all pairs are met at a similarity of 0.68, hardly" in note
    assert [round(1 - (1 - s**8) ** 14, 1) for s in (0.6847, 0.54)] == [0.5, 0.1]
    alone = draw(replace(make_facts(), clusters=(Clusters("exact", 2, 1, 2, "exact@1"),), crossed=()))
    assert len(alone.charts) == 1


def test_cut_text_is_counted_and_sources_of_copies_are_named() -> None:
    facts = make_facts()
    block = draw(facts)
    assert block.grids[0].columns[-1] == "text cut"
    assert [row[-1] for row in block.grids[0].rows] == ["4.0 kB", "0 bytes"]
    chart = next(chart for chart in block.charts if chart.title == "Copies between sources")
    assert ">one<" in chart.picture
    assert "left out" not in chart.note
    fewer = draw(replace(facts, crossed=facts.crossed[:-1]))
    assert "Copies between sources" not in [chart.title for chart in fewer.charts]
    more = draw(replace(facts, crossed=(Crossed(None, None, None, 99, 1), *facts.crossed[1:])))
    assert any(chart.note.endswith(" 91 copies between rarer pairs of sources are left out.") for chart in more.charts)


def test_near_clusters_that_were_verified_cut_nothing_themselves() -> None:
    facts = Duplicates(
        loop_facts(cuts=(Cut("dedupe", "near_duplicate", "one", 1),)),
        tuple(Clusters(method, 2, 1, 2, "v") for method in ("near", "verified")),
        (Crossed("near_duplicate", None, None, 1, 512),),
    )
    assert [(row[0], row[4], row[-1]) for row in draw(facts).grids[0].rows] == [
        ("near", "0", "0 bytes"),
        ("verified", "1", "512 bytes"),
    ]


def test_many_sources_are_joined() -> None:
    block = draw(make_facts(tuple(f"source {number:02}" for number in range(20))))
    chart = next(chart for chart in block.charts if chart.title == "Copies between sources")
    assert ">others<" in chart.picture
    assert "source 10" in chart.picture
    assert "source 11" not in chart.picture


def test_the_largest_clusters_are_shown_side_by_side() -> None:
    exact, near, unread = draw(make_facts()).grids[1].rows
    assert exact[:3] == ("exact", "7", "equal text")
    assert exact[3] == f"<b>one</b> {'aa' * 16}<br>as it is"
    assert near[:3] == ("near", "2", "0.750")
    assert near[3].endswith("<br>a <mark>&lt;b&gt;red&lt;/b&gt;</mark> fox")
    assert near[4].endswith("<br>a <mark>green</mark> fox")
    assert unread[2:] == ("not measured", f"<b>one</b> {'cc' * 16}<br>not read", f"<b>one</b> {'dd' * 16}<br>not read")
    assert len(draw(replace(make_facts(), pairs=())).grids) == 1


def test_without_duplicates_a_sentence_says_so() -> None:
    block = draw(Duplicates(loop_facts()))
    assert block.text == ("No duplicates were found, or none were looked for.",)
    assert block.headline == block.text[0]


@pytest.fixture
def documents(spark: SparkSession) -> DataFrame:
    rows = [(id, "main", *rest) for id, rest in DOCUMENTS.items()]
    rows.append((min(DOCUMENTS), "earlier", "elsewhere", 1_000))  # a version that the later delivery replaced
    return spark.createDataFrame(rows, "doc_id binary, batch string, source string, n_bytes int")


@pytest.fixture
def rejects(spark: SparkSession) -> DataFrame:
    rows = [("judge" if rule == "judged" else "dedupe", 1, id, "main", rule, keeper.hex()) for id, (keeper, rule) in CUT.items()]
    rows.append(("dedupe", 2, b"b", "main", "later", b"a".hex()))
    rows.append(("dedupe", 1, min(DOCUMENTS), "earlier", "superseded", "by batch main"))
    return spark.createDataFrame(rows, "step string, rank int, doc_id binary, batch string, rule string, detail string")


def test_copies_are_summed_by_rule_and_both_sources(documents: DataFrame, rejects: DataFrame) -> None:
    found = count_crossed(rejects, documents)
    assert found[0] == Crossed(None, None, None, 3, 90)
    plain = Counter((rule, DOCUMENTS[id][0], DOCUMENTS[keeper][0]) for id, (keeper, rule) in CUT.items() if rule != "judged")
    assert {(c.rule, c.source, c.keeper): c.documents for c in found if c.keeper} == plain
    assert {c.rule: c.bytes for c in found if c.rule and c.source is None} == {"exact_duplicate": 20, "near_duplicate": 70}


def test_no_more_than_the_most_come_back(documents: DataFrame, rejects: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    assert count_crossed(rejects, documents) == (Crossed(None, None, None, 3, 90), Crossed("near_duplicate", None, None, 2, 70))
