"""Fits what needs no tags: the sentiment of texts by their words (Narayanan et al. 2013), and lemmas from a list of forms."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resonance.annotate.fitted import Fitted
from resonance.annotate.labelled import read_lemmas, read_sentiments
from resonance.core.frames import make_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ARROW = "->"
"""Stands between a lemma and its forms in what Spark NLP reads; a tab stands between forms."""


def fit_sentiment(session: SparkSession, lines: Iterable[str], where: str, seed: int) -> tuple[Any, Fitted]:
    """A model of sentiment for texts with spaces between words, and what it gets right of texts held out.

    Beside its accuracy stands the share of the commoner label, which whoever always says that gets right.

    Raises:
        InputError: the lines are no labelled texts.
    """
    from sparknlp.annotator import ViveknSentimentApproach

    train, held_out = read_sentiments(lines, where, seed)
    approach = ViveknSentimentApproach().setInputCols(["document", "token"]).setOutputCol("sentiment")
    model = approach.setSentimentCol("label").setPruneCorpus(0).fit(_find_tokens(session, train))
    rows = model.transform(_find_tokens(session, held_out)).selectExpr("label", "sentiment.result AS said").collect()
    right = sum(row["said"] == [row["label"]] for row in rows)
    commoner = max(Counter(label for label, _ in held_out).values())
    measures = {"accuracy": right / len(rows), "commoner_label": commoner / len(held_out)}
    return model, Fitted("sentiment", len(train), len(held_out), sum(len(text.split()) for _, text in held_out), measures)


def _find_tokens(session: SparkSession, rows: Sequence[tuple[str, str]]) -> DataFrame:
    """Labelled texts, each as one sentence with its tokens."""
    from pyspark.ml import Pipeline
    from sparknlp.annotator import Tokenizer
    from sparknlp.base import DocumentAssembler

    texts = make_frame(session, rows, "label string, text string")
    stages = [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
    ]
    return Pipeline(stages=stages).fit(texts).transform(texts)


def fit_lemmas(session: SparkSession, lines: Iterable[str], where: str) -> tuple[Any, Fitted]:
    """What knows the lemmas of these forms; a word that is none of them is its own lemma.

    Raises:
        InputError: the lines are no forms with their lemmas.
    """
    from sparknlp.annotator import Lemmatizer

    lemmas = read_lemmas(lines, where)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "lemmas.txt"
        file.write_text("".join(f"{lemma}{ARROW}{chr(9).join(forms)}\n" for lemma, forms in lemmas.items()), encoding="utf-8")
        approach = Lemmatizer().setInputCols(["token"]).setOutputCol("lemma").setDictionary(str(file), ARROW, "\t")
        model = approach.fit(make_frame(session, [], "text string"))
    return model, Fitted("lemma", sum(map(len, lemmas.values())), 0, 0, {})
