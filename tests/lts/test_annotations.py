"""Spark NLP itself: recipes find what stands in texts, a workspace of any engine is annotated, and annotators are fitted.

`make test-lts` runs these; they need the jars of Spark NLP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession
from tests.lts.test_same_tables import HERE, call

import resonance
from resonance.annotate.annotate import annotate_texts
from resonance.annotate.fit import fit_annotator
from resonance.core.annotation import AnnotationRecipe, parse_annotations
from resonance.runtime import resources
from resonance.runtime.annotations import load_annotations
from resonance.tables import ANNOTATIONS

TEXTS = (
    "Dr. Smith isn't here \U0001f600 today. He left in 1998!\n\nRunning dogs bark.",
    "",
    "  one\ttwo.  \U0001f600\U0001f600 three ",
)
Found = dict[str, tuple[list[str], list[str]]]


def read(spark: SparkSession, texts: tuple[str, ...], recipe: AnnotationRecipe, models: Path | str = "") -> list[Found]:
    """For each text and kind the pieces that spans stand at, and what is said of them."""
    rows = [(bytes([number] * 16), number, "main", b"c" * 16, b"c" * 16, text) for number, text in enumerate(texts)]
    hashes = "content_hash binary, cleaned_hash binary"
    frame = spark.createDataFrame(rows, f"doc_id binary, bucket int, batch string, {hashes}, text string")
    found: list[Found] = [{} for _ in texts]
    made = annotate_texts(frame, recipe, str(models)).drop("cleaned_hash", "signals")
    for row in resources.contract(ANNOTATIONS).conform(made).collect():
        pieces = [texts[row["bucket"]][a:b] for a, b in zip(row["starts"], row["ends"], strict=True)]
        found[row["bucket"]][row["kind"]] = (pieces, list(row["values"]))
        assert row["recipe"] == recipe.title
    return found


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    from resonance.core.settings import SparkSettings
    from resonance.runtime.engines.session import open_engine

    engine = open_engine("spark", SparkSettings(master="local[2]", driver_memory="2g"), tmp_path_factory.mktemp("spill"))
    yield engine.session
    engine.stop()


def test_english_is_found_by_rules(session: SparkSession) -> None:
    first, empty, last = read(session, TEXTS, load_annotations("english"))
    assert first["sentence"] == (["Dr. Smith isn't here \U0001f600 today.", "He left in 1998!", "Running dogs bark."], [])
    pieces, words = first["token"]
    assert " ".join(words) == "Dr . Smith isn't here \U0001f600 today . He left in 1998 ! Running dogs bark ."
    assert pieces == words
    assert first["stem"][0] == pieces
    assert first["stem"][1][-4:] == ["run", "dog", "bark", "."]
    assert empty == {"sentence": ([], []), "token": ([], []), "stem": ([], [])}
    assert last["sentence"][0] == ["one\ttwo.", "\U0001f600\U0001f600 three"]


NOUNS, VERBS = ("dog", "house", "river", "tree"), ("sees", "finds", "takes")


def write_sentences(many: int) -> list[str]:
    """Sentences of a small grammar: ``the dog sees the river``; a name may stand where a noun does."""
    draw = Random(1)
    things = [lambda: f"the/DT {draw.choice(NOUNS)}/NN", lambda: "/NNP ".join(draw.sample(("Anna", "Paul", "Mary"), 2)) + "/NNP"]
    return [f"{draw.choice(things)()} {draw.choice(VERBS)}/VB {draw.choice(things)()} ./." for _ in range(many)]


def test_a_tagger_is_fitted_and_its_tags_make_names(session: SparkSession, tmp_path: Path) -> None:
    fitted = fit_annotator(session, "pos", write_sentences(300), "here", tmp_path / "pos-en", seed=3)
    assert fitted.measures["accuracy"] > 0.99
    assert json.loads((tmp_path / "pos-en.json").read_text())["measures"] == fitted.measures
    (found,) = read(session, ("Anna Paul sees the dog. The river finds Mary Anna.",), load_annotations("english-tagged"), tmp_path)
    assert found["pos"][1][:6] == ["NNP", "NNP", "VB", "DT", "NN", "."]
    assert found["entity"] == (["Anna Paul", "Mary Anna"], ["NAME", "NAME"])
    (found,) = read(session, ("The river tree sees the dog house.",), load_annotations("english-tagged"), tmp_path)
    assert found["term"] == (["river tree", "dog house"], ["river tree", "dog house"])


def test_sentiment_and_lemmas_are_fitted_and_found(session: SparkSession, tmp_path: Path) -> None:
    draw = Random(4)
    moods = {"positive": ("lovely", "fine", "superb"), "negative": ("awful", "dull", "broken")}
    labels = [draw.choice(list(moods)) for _ in range(300)]
    lines = [f"{label}\tThe {draw.choice(NOUNS)} is {draw.choice(moods[label])} today" for label in labels]
    fitted = fit_annotator(session, "sentiment", lines, "here", tmp_path / "sentiment-en", seed=3)
    assert fitted.measures["accuracy"] > 0.95 > fitted.measures["commoner_label"]
    fit_annotator(session, "lemma", ["dogs\tdog", "is\tbe"], "here", tmp_path / "lemmas-en")
    (found,) = read(session, ("The dogs is lovely. The tree is awful.",), load_annotations("english-sentiment"), tmp_path)
    assert found["lemma"][1] == ["The", "dog", "be", "lovely", ".", "The", "tree", "be", "awful", "."]
    assert found["sentiment"] == (["The dogs is lovely.", "The tree is awful."], ["positive", "negative"])


def test_a_segmenter_is_fitted_and_finds_words_without_spaces(session: SparkSession, tmp_path: Path) -> None:
    words = ("我", "喜欢", "北京", "的", "秋天", "公园", "很", "安静", "孩子们")
    draw = Random(2)
    lines = [" ".join(f"{draw.choice(words)}/n" for _ in range(8)) + " 。/w" for _ in range(400)]
    fitted = fit_annotator(session, "token", lines, "here", tmp_path / "words-zh", seed=3)
    assert fitted.measures["f1"] > 0.95
    annotators = [{"kind": "sentence", "marks": ["。"]}, {"kind": "token", "model": "words-zh"}]
    recipe = parse_annotations({"name": "mine", "version": 1, "languages": ["zh"], "annotators": annotators}, "here")
    (found,) = read(session, ("孩子们喜欢公园。秋天的北京很安静。",), recipe, tmp_path)
    assert found["sentence"][0] == ["孩子们喜欢公园。", "秋天的北京很安静。"]
    assert found["token"][0] == ["孩子们", "喜欢", "公园", "。", "秋天", "的", "北京", "很", "安静", "。"]


def test_a_workspace_of_the_embedded_engine_is_annotated(session: SparkSession, tmp_path: Path) -> None:
    """Of what another environment curated, the documents of the recipe's language; a second time there is nothing to do."""
    rows = [{"id": f"en-{n}", "text": f"The old harbour is quiet in the morning. Boat {n} has not come back."} for n in range(3)]
    rows += [{"id": "de", "text": "Der alte Hafen liegt am Morgen ganz still, und die Boote sind noch nicht zurück."}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    workspace = tmp_path / "w"
    call(
        HERE, "curate", str(tmp_path / "rows.jsonl"), "--workspace", str(workspace), "--rules", "none", "--set=clean.sets=[basics]"
    )
    w = resonance.open(workspace, engine="spark")
    said = str(w.annotate("english"))
    assert "english@1" in said
    found = w.frame("annotations")
    assert found.count() == 9
    assert {len(row["starts"]) for row in found.where("kind = 'sentence'").collect()} == {2}
    counted = [(row["n_sentences"], row["n_tokens"], row["n_entities"]) for row in w.frame("signals_annotations").collect()]
    assert counted == [(2, 16, None)] * 3
    before = w.frame("annotations").agg({"doc_id": "count"}).collect()
    w.annotate("english")
    steps = w.frame("steps").where("job = 'annotate'").count()
    assert (steps, w.frame("annotations").agg({"doc_id": "count"}).collect()) == (1, before)
    read_again = call(HERE, "tables", "--workspace", str(workspace))
    assert "annotations" in read_again
