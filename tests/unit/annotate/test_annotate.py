"""What annotates documents says in one line where it cannot, and what recipes it was given; the embedded engine has no JVM."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from resonance.annotate.annotate import annotate
from resonance.annotate.pipeline import require_spark_nlp
from resonance.core.errors import ConfigError, SetupError
from resonance.core.settings import AnnotateSettings
from resonance.report.terminal.annotations import count_spans, describe_spans
from resonance.runtime import resources
from resonance.runtime.annotations import hash_folder, known_annotations, load_annotations
from resonance.runtime.conf import load
from resonance.tables import ANNOTATIONS, DOCUMENTS, SIGNALS


def test_without_spark_nlp_what_to_do_is_said_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(SetupError, match=r"annotations need Spark NLP in the JVM of a Spark 3.*`make setup-lts`") as error:
        require_spark_nlp(spark)
    assert "\n" not in str(error.value)


def test_without_a_recipe_none_is_guessed(spark: SparkSession) -> None:
    frames = (spark.createDataFrame([], resources.contract(table).schema) for table in (DOCUMENTS, SIGNALS.tables["basics"]))
    with pytest.raises(ConfigError, match=r"set annotate\.recipes"):
        annotate(*frames, settings=AnnotateSettings(), checkpoint=lambda rows, name: rows)


def test_recipes_that_travel_with_the_code_are_named_as_they_are_called() -> None:
    assert {"english", "english-tagged", "chinese"} <= set(known_annotations())
    for name in known_annotations():
        assert load_annotations(name).name == name


def test_a_model_is_known_by_what_is_in_its_folder(tmp_path: Path) -> None:
    settings = ["annotate.recipes=[english-tagged]", f"annotate.models={tmp_path}"]
    assert load(assignments=settings).annotate.contents == {}
    (tmp_path / "pos-en").mkdir()
    (tmp_path / "pos-en" / "data").write_text("one")
    one = load(assignments=settings).annotate
    assert one.contents == {"pos-en": hash_folder(tmp_path / "pos-en")}
    assert "models" not in one.effective()
    (tmp_path / "pos-en" / "data").write_text("two")
    assert load(assignments=settings).annotate.contents != one.contents


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["annotate.recipes=[klingon]"], "unknown recipe of annotations 'klingon': choose one of chinese, english"),
        (["annotate.recipes=english"], "annotate.recipes: must be a list"),
        (["annotate.models=/no/such/folder"], "annotate.models: /no/such/folder is no folder"),
    ],
)
def test_what_is_not_there_is_said_before_anything_runs(settings: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(assignments=settings)


def test_what_was_found_is_counted(spark: SparkSession) -> None:
    rows = [
        (b"1" * 16, 1, "main", b"c" * 16, "pos", [0, 2, 4], [1, 3, 5], ["n", "v", "n"], "zh@1"),
        (b"2" * 16, 2, "main", b"c" * 16, "pos", [0], [1], ["n"], "zh@1"),
        (b"1" * 16, 1, "main", b"c" * 16, "sentence", [0], [5], [], "zh@1"),
    ]
    counted = count_spans(spark.createDataFrame(rows, resources.contract(ANNOTATIONS).schema))
    found = {row["kind"]: (row["texts"], row["spans"], row["labels"]) for row in counted}
    assert found == {"pos": (2, 4, ["n", "v"]), "sentence": (1, 1, [])}
    assert describe_spans(counted)[0].row_count == 2
    assert describe_spans([]) == ["no document is in a language of these recipes"]
