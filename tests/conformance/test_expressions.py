"""Every expression that the library uses has one answer on both engines; where others differ is told in ``known.py``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.runtime import resources
from resonance.tables import TABLES
from tests.conformance.expressions import ERROR, ask, differing, names, read, told
from tests.conformance.known import KNOWN
from tests.conformance.sources import Form

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "lib" / "resonance"
ELSEWHERE = {"broadcast", "monotonically_increasing_id"}
"""Functions without an answer of their own, and one whose answers hang on partitions in both engines."""
FORMS = get_args(Form)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return read()


@pytest.fixture(scope="module")
def answers(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[Form, dict[str, Any]]:
    """What the embedded engine says, from files, from memory and over more partitions."""
    folder = tmp_path_factory.mktemp("sources")
    return {form: ask(spark, folder, form) for form in FORMS}


@pytest.mark.engine("embedded")
@pytest.mark.parametrize("form", FORMS)
def test_the_embedded_engine_answers_as_spark(answers: Any, expected: dict[str, Any], form: Form) -> None:
    other = [name for name in differing(expected, answers[form]) if name not in KNOWN]
    assert not other, told(other, answers[form], expected)


@pytest.mark.engine("embedded")
@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known_to_differ_does(answers: Any, expected: dict[str, Any], name: str) -> None:
    assert any(answers[form][name] != expected[name] for form in FORMS), f"no longer: {KNOWN[name].happens}; take the entry out"


@pytest.mark.engine("spark")
def test_spark_says_what_is_kept(spark: SparkSession, expected: dict[str, Any], tmp_path: Path) -> None:
    said = ask(spark, tmp_path)
    other = differing(expected, said)
    assert not other, told(other, said, expected)


def test_each_probe_has_one_answer(expected: dict[str, Any]) -> None:
    asked = list(names())
    assert len(asked) == len(set(asked))
    assert set(asked) == set(expected), "ask Spark again: python -m tests.conformance.expressions"
    assert [name for name in asked if expected[name] == ERROR and name not in KNOWN] == []


def test_each_function_of_the_library_is_probed() -> None:
    used = {name for path in LIBRARY.rglob("*.py") for name in _functions(path)}
    probed = {name for path in HERE.glob("*.py") for name in _functions(path)}
    assert len(used) > 50
    assert used - probed - ELSEWHERE == set()


def test_each_portable_word_is_probed() -> None:
    tree = ast.parse((LIBRARY / "core" / "frames.py").read_text(encoding="utf-8"))
    words = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    probed = {node.id for path in HERE.glob("*.py") for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    assert {"rank_rows", "map_batches"} <= words
    assert words - probed <= {"parse_type", "run_here"}, "both are part of another"


def test_each_kind_of_join_is_probed() -> None:
    used = {how for path in LIBRARY.rglob("*.py") for how in _joins(path)}
    assert {"left", "left_anti", "left_semi", "full_outer"} <= used
    assert {how for how in used if f"{how} join by bytes" not in read()} == set()


def test_no_double_is_hashed_as_text() -> None:
    """Digests hash maps as JSON, in which the engines spell doubles differently."""
    for contract in map(resources.contract, TABLES):
        assert [c.name for c in contract.columns if "DOUBLE" in c.type and "MAP" in c.type and not c.volatile] == []


def _functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "F" and hasattr(F, node.attr):
            yield node.attr


def _joins(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "join" and len(node.args) == 3:
            yield str(ast.literal_eval(node.args[2]))


def test_a_frame_is_told_by_its_values(spark: SparkSession) -> None:
    """The suite itself: an answer that is another one is seen."""
    from tests.conformance.expressions import plain

    rows: DataFrame = spark.createDataFrame(
        [(float("nan"), None, b"a"), (None, float("nan"), b"b")], "a double, b double, k binary"
    )
    assert [plain(tuple(row)) for row in rows.collect()] == [
        [{"double": "nan"}, None, {"bytes": "61"}],
        [None, {"double": "nan"}, {"bytes": "62"}],
    ]
    assert plain((0.0, -0.0, 1 / 3)) == [0.0, 0.0, 1 / 3]
    assert plain(1 / 3 + 1e-15, 12) == plain(1 / 3, 12)
