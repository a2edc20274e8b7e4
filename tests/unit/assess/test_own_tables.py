"""Operators whose inputs no other has: ten rows with their contract, worked out by hand, and the laws of every operator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from tests.unit.assess.conftest import NOW, OWN, Row, ask_here, bind_here, gather_here

from resonance.assess.assess import assess
from resonance.assess.contracts import parse_dataset
from resonance.assess.lines import count_off_topic, find_off_topic
from resonance.assess.methods.answers import check_query, check_text, read_number
from resonance.assess.methods.splits import find_registered
from resonance.assess.operators import BY_ID
from resonance.core.operator import Result
from resonance.core.parts import merge_states
from resonance.runtime.profiles import load_profile

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: sums
version: 1.0.0
customProperties:
- {property: adaqStage, value: general, vendor: adaq}
- {property: adaqModalities, value: [text, structured, labelled, math, web-text], vendor: adaq}
- {property: adaqStrata, value: [lang, source], vendor: adaq}
- property: adaqRoles
  vendor: adaq
  value: {id: id, text: text, source_id: source, answer: answer, reference: truth, label: label, split: split, source_uri: url}
- property: adaqDeclared
  vendor: adaq
  value:
    strata: [[en, a], [en, b], [zh, a], [zh, c]]
    risk_lexicon: {violence: [bomb, 炸弹], gambling: [casino]}
    knowledge_index: {bridge: {aliases: [桥梁], weight: 2}, tunnel: {aliases: [隧道]}, ferry: }
    attributes: [colour, size, note]
    checker: number
    splits: {train: 6, test: 4}
schema:
- name: sums
  properties:
  - {name: colour, logicalType: string, enum: [{value: red}, {value: blue}]}
  quality:
  - {type: custom, engine: adaq, implementation: {operator: stratum_floor_attainment, params: {min_per_stratum: 3}}}
  - {type: custom, engine: adaq, implementation: {operator: lexicon_unsafe_free_ratio, params: {hi: 0.5, max_source_rate: 0.4}}}
  - {type: custom, engine: adaq, implementation: {operator: knowledge_index_coverage, params: {min_hits: 2}}}
  - {type: custom, engine: adaq, implementation: {operator: feature_label_dependence, params: {hi: 1.0}}}
  - {type: custom, engine: adaq, implementation: {operator: split_completeness}}
"""
TEXTS = (
    "The bridge is long.",
    "The bridge is old.\nHome",
    "A bomb was found.",
    "Nothing of note here.",
    "See it all.",
    "桥梁很长。",
    "隧道不在这里。",
    "这是渡口的照片。\n首页",
    "那里没有炸弹。",
    "一切都好。",
)
ANSWERS = ("so it is #### 42", "41", "1/2", "3.50", "none", "答案是 12", "7", None, "5", "1,000")
TRUTHS = ("42", "42", "0.5", "7/2", "9", "12", "7", "3", "no number", "1000")
TYPES = {name: pa.float64() if name == "size" else pa.string() for name in ("id", "text", "lang", "source", "answer", "truth")} | {
    **dict.fromkeys(("label", "colour", "note", "split", "url"), pa.string()),
    "size": pa.float64(),
}
CONTRACT_OF_OWN = parse_dataset(CONTRACT, "sums.yaml")


def make_rows() -> list[Row]:
    """Five English and five Chinese rows."""
    return [
        {
            "id": f"r{place}",
            "text": TEXTS[place],
            "lang": "en" if place < 5 else "zh",
            "source": "aaabbaaacc"[place],
            "answer": ANSWERS[place],
            "truth": TRUTHS[place],
            "label": "yes" if place < 4 else "no",
            "colour": "red" if place < 4 else "blue",
            "note": "k",
            "size": float(place),
            "split": "train" if place < 6 else "test",
            "url": f"https://www.{'ab'[place > 6]}.co.uk/{place}" if place else "nowhere",
        }
        for place in range(10)
    ]


SIGNS = sum(len(line) for text in TEXTS for line in text.split("\n"))
EXPECTED = {
    "stratum_floor_attainment": 2 / 4,  # en of a, and zh of a, have three; en of b, and zh of c, two
    "lexicon_unsafe_free_ratio": 1 - (3 / 10 - 0.001) / 0.499,  # r2 and r8; as every other row of c is like r8, so is r9
    "knowledge_index_coverage": 2 / 4,  # bridge thrice; tunnel once, ferry never
    "verifiable_answer_rate": 6 / 8,  # 41 is not 42, none is no number; one has no answer, one reference is no number
    "feature_evenness": (-(0.4 * math.log(0.4) + 0.6 * math.log(0.6)) / math.log(2) + math.log(10) / math.log(20)) / 2,
    "feature_label_dependence": 2 / 3,  # colour and size tell all of the label, note nothing
    "offtopic_text_free_ratio": 1 - (len("Home") + len("首页")) / SIGNS,
}


def put(**values: Any) -> Callable[[Row], None]:
    return lambda row: row.update(values)


DEFECTS: Mapping[str, Callable[[Row], None]] = {
    "stratum_floor_attainment": put(lang="en", source="a"),
    "lexicon_unsafe_free_ratio": put(text="No casino."),
    "knowledge_index_coverage": put(text="Nothing."),
    "verifiable_answer_rate": put(answer="-1"),
    "feature_evenness": put(colour="blue", size=5.0),
    "feature_label_dependence": put(colour="grey", size=-1.0),
    "offtopic_text_free_ratio": put(text="Home\nWe use cookies here.\nhttps://a.example/b/c/d/e."),
}
ALL = pytest.mark.parametrize("id", sorted(OWN))


def ask(id: str, rows: list[Row], contract: Any = CONTRACT_OF_OWN, types: Mapping[str, Any] = TYPES) -> Result:
    return ask_here(BY_ID[id], contract, rows, types)


def test_each_has_a_hand_computed_answer_and_a_defect() -> None:
    assert set(EXPECTED) == set(DEFECTS) == OWN


@ALL
def test_by_hand(id):
    found = ask(id, make_rows())
    assert (found.state, found.reason) == ("scored", "")
    assert found.score == pytest.approx(EXPECTED[id], abs=1e-9)


@ALL
def test_what_is_missing_is_said(id):
    assert ask(id, []).reason == "no rows"
    bare = ask(id, make_rows(), replace(CONTRACT_OF_OWN, declared={}, roles={}, strata=()))
    assert (bare.state, bare.score) == ("not_measurable", None)
    assert any(word in bare.reason for word in ("adaqDeclared", "adaqRoles", "adaqStrata"))
    for name in bind_here(BY_ID[id], CONTRACT_OF_OWN, TYPES).reads - {"id"}:
        found = ask(id, make_rows(), types={column: kind for column, kind in TYPES.items() if column != name})
        assert (found.state == "not_measurable" and name in found.reason) or name == "source"


@ALL
def test_columns_without_a_value_give_no_score(id):
    rows = [{name: value if name == "id" else None for name, value in row.items()} for row in make_rows()]
    found = ask(id, rows)
    assert found.state == "not_measurable" or (id, found.score) == ("stratum_floor_attainment", 0.0), found


@ALL
@settings(max_examples=20, deadline=None)
@given(places=st.lists(st.integers(0, 9), min_size=1, max_size=12), seed=st.integers(0, 3))
def test_states_add_up_in_any_split_and_order(id, places, seed):
    bound = bind_here(BY_ID[id], CONTRACT_OF_OWN, TYPES)
    rows = [make_rows()[place] for place in places]
    whole = gather_here(bound, rows, TYPES)
    parts = [[row for n, row in enumerate(rows) if (n + seed) % 3 == k] for k in range(3)]
    states = [gather_here(bound, part, TYPES) for part in parts if part]
    for order in (states, states[::-1]):
        merged = reduce(lambda one, other: {**merge_states(bound.parts, one, other), "rows": one["rows"] + other["rows"]}, order)
        assert merged == whole
    score = ask(id, rows).score
    assert score is None or 0 <= score <= 1


@ALL
@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(10)))
def test_a_defect_never_raises_the_score(id, order):
    rows, last = make_rows(), 1.1
    for place in (None, *order):
        if place is not None:
            DEFECTS[id](rows[place])
        found = ask(id, rows)
        if found.score is None:
            break
        assert found.score <= last + 1e-12
        last = found.score


def test_evidence_names_the_rows() -> None:
    assert ask("lexicon_unsafe_free_ratio", make_rows()).evidence == ("r2", "r8")
    assert ask("verifiable_answer_rate", make_rows()).evidence == ("r1", "r4")


@pytest.mark.parametrize(
    ("id", "name", "wrong"),
    [
        ("lexicon_unsafe_free_ratio", "risk_lexicon", "bomb"),
        ("knowledge_index_coverage", "knowledge_index", {"a": {"weight": -1}}),
        ("verifiable_answer_rate", "checker", "python"),
        ("verifiable_answer_rate", "checker", {"kind": "sql", "setup": "CREATE TABLE"}),
        ("verifiable_answer_rate", "checker", {"kind": "sql", "setup": "ATTACH 'x.db' AS x"}),
        ("feature_evenness", "attributes", "colour"),
        ("stratum_floor_attainment", "strata", ["en"]),
    ],
)
def test_a_declaration_of_the_wrong_kind_says_what_it_must_be(id, name, wrong):
    found = ask(id, make_rows(), replace(CONTRACT_OF_OWN, declared={**CONTRACT_OF_OWN.declared, name: wrong}))
    assert found.state == "not_measurable"
    assert f"{name}" in found.reason
    assert "in adaqDeclared must" in found.reason


def test_numbers_are_read_where_an_answer_says_them() -> None:
    said = {"x = 3, so \\boxed{1,234.5}": 1234.5, "7 apples\n#### -8": -8.0, "50%": 0.5, "3 / 4": 0.75, "1/0": None, "": None}
    assert {text: read_number(text) for text in said} == said
    assert read_number("The answer is: 6 of 7") == 7.0
    assert check_text(" Paris. ", "paris") is True
    assert check_text("Rome", "paris") is False
    assert check_text("x", " . ") is None


def test_queries_only_read_and_end() -> None:
    setup = "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')"
    assert check_query("SELECT b FROM t ORDER BY a DESC", "SELECT b FROM t", setup) is True, "in any order"
    assert check_query("SELECT a FROM t", "SELECT b FROM t", setup) is False
    for bad in ("DELETE FROM t", "ATTACH 'x.db' AS x", "SELECT * FROM nothing", "PRAGMA writable_schema", "SELECT 1; SELECT 2"):
        assert check_query(bad, "SELECT b FROM t", setup) is False, bad
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    assert check_query(endless, "SELECT b FROM t", setup) is False
    assert check_query("SELECT 1", endless, setup) is None


LINES = st.sampled_from(
    [
        "Home",
        "Home.",
        "One two three four five",
        "We USE cookies",
        "see https://a.example/b",
        "www.a.example",
        "",
        "  ",
        "```py",
        "下一篇",
    ]
    + ["这里没有句号的一行", "首页", "这是一句话。", "\u3000空\u3000", "x" * 30, "隐私政策见此。"]
)


@given(st.lists(st.none() | st.lists(LINES, max_size=6).map("\n".join), max_size=6))
def test_arrays_of_lines_answer_as_single_texts(texts):
    whole, off = find_off_topic(pa.array(texts, pa.string()), 0.5, 5)
    assert list(zip(whole.tolist(), off.tolist(), strict=True)) == [count_off_topic(text or "", 0.5, 5) for text in texts]


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    names = ", ".join(f"{name} {'double' if name == 'size' else 'string'}" for name in TYPES)
    return spark.createDataFrame([tuple(row[name] for name in TYPES) for row in make_rows()], names)


def ask_engine(rows: DataFrame, contract: Any = CONTRACT_OF_OWN) -> dict[str, Result]:
    general = load_profile("general", frozenset(BY_ID))
    enabled = replace(general, enable=("split_completeness", *sorted(OWN)))
    return {result.operator: result for result in assess(rows, contract, enabled, NOW).results if not result.stratum}


def test_the_engine_says_the_same_and_groups_rows(rows: DataFrame) -> None:
    found = ask_engine(rows)
    for id, score in EXPECTED.items():
        assert found[id].score == pytest.approx(score, abs=1e-9), id
    assert found["split_completeness"].score == 1.0
    strata = [r for r in assess(rows, CONTRACT_OF_OWN, load_profile("general", frozenset(BY_ID)), NOW).results if r.stratum]
    assert "stratum_floor_attainment" not in {result.operator for result in strata}, "no stratum holds the others"
    hosts = found["web_host_balance"]
    sizes = [len(text.encode()) for text in TEXTS]
    share = max(sum(sizes[1:7]), sum(sizes[7:])) / sum(sizes[1:])
    assert hosts.raw == pytest.approx(share), "two hosts; the first row has none"
    assert hosts.score == pytest.approx(1 - (share - 0.3) / 0.6)
    assert hosts.coverage == 0.9
    twice = rows.unionAll(rows.where("id = 'r0'").selectExpr(*(f"'test' AS {n}" if n == "split" else n for n in TYPES)))
    assert ask_engine(twice)["split_completeness"].score == 0.0
    less = ask_engine(rows.where("id > 'r3'"))
    assert less["split_completeness"].score == pytest.approx((2 / 6 + 1) / 2)
    assert ask_engine(rows.where("false"))["web_host_balance"].reason == "no rows"
    bare = ask_engine(rows, replace(CONTRACT_OF_OWN, declared={}, roles={}))
    assert "adaqRoles" in bare["web_host_balance"].reason
    assert "adaqRoles" in bare["split_completeness"].reason
    wrong = ask_engine(rows, replace(CONTRACT_OF_OWN, declared={"splits": ["train"]}))
    assert wrong["split_completeness"].reason.startswith("splits in adaqDeclared must hold")


def test_hosts_go_by_what_is_registered() -> None:
    said = {"www.a.co.uk": "a.co.uk", "A.B.example.ORG": "example.org", "192.168.0.1": "192.168.0.1", "localhost": "localhost"}
    assert {host: find_registered(host) for host in said} == said
    assert find_registered("news.sina.com.cn") == "sina.com.cn"
    assert all(one != other for one, other in pairwise(sorted(said.values())))
