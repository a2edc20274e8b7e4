"""Fits segmenters and taggers on labelled sentences: averaged perceptrons (Collins 2002) of Spark NLP.

A segmenter tags characters by their place in a word (Xue 2003).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resonance.annotate.fitted import Fitted
from resonance.annotate.labelled import Labelled, Sentence, compare_words, read_labelled, share_right, split_words
from resonance.core.frames import make_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Sequential = Literal["token", "pos"]
SEPARATOR = "\t"
"""Stands between word and tag in what Spark NLP reads; no word holds it."""


def fit_sentences(
    session: SparkSession, kind: Sequential, lines: Iterable[str], where: str, separator: str, seed: int
) -> tuple[Any, Fitted]:
    """A tagger (``pos``) or a segmenter of words (``token``), and what it gets right of sentences held out.

    Raises:
        InputError: the lines are no labelled sentences.
    """
    labelled = read_labelled(lines, where, separator, seed)
    model = _train(session, kind, labelled)
    measures = _judge(session, kind, model, labelled.held_out)
    words = sum(map(len, labelled.held_out))
    return model, Fitted(kind, len(labelled.train), len(labelled.held_out), words, measures)


def _train(session: SparkSession, kind: Sequential, labelled: Labelled) -> Any:
    from sparknlp.annotator import PerceptronApproach, WordSegmenterApproach
    from sparknlp.training import POS

    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "labelled.txt"
        pairs = (split_words(sentence) if kind == "token" else sentence for sentence in labelled.train)
        file.write_text("".join(" ".join(f"{a}{SEPARATOR}{b}" for a, b in each) + "\n" for each in pairs), encoding="utf-8")
        read = POS().readDataset(session, str(file), delimiter=SEPARATOR, outputPosCol="tags", outputDocumentCol="document")
        approach = WordSegmenterApproach() if kind == "token" else PerceptronApproach()
        inputs = ["document"] if kind == "token" else ["document", "token"]
        return approach.setInputCols(inputs).setOutputCol(kind).setPosColumn("tags").setNIterations(5).fit(_add_tokens(kind, read))


def _add_tokens(kind: Sequential, read: Any) -> Any:
    """Sentences with the words that a tagger reads; a segmenter reads none."""
    if kind == "token":
        return read
    from sparknlp.annotator import RegexTokenizer

    return RegexTokenizer().setInputCols(["document"]).setOutputCol("token").setPattern(r"\s+").transform(read)


def _judge(session: SparkSession, kind: Sequential, model: Any, held_out: Sequence[Sentence]) -> dict[str, float]:
    """What the model gets right of sentences held out: whole texts for a segmenter, given words for a tagger."""
    from sparknlp.base import DocumentAssembler

    between = "" if kind == "token" else " "
    rows = [(number, between.join(word for word, _ in sentence)) for number, sentence in enumerate(held_out)]
    texts = (
        DocumentAssembler().setInputCol("text").setOutputCol("document").transform(make_frame(session, rows, "n int, text string"))
    )
    found = model.transform(_add_tokens(kind, texts))
    made = {row["n"]: list(row["said"]) for row in found.selectExpr("n", f"{kind}.result AS said").collect()}
    said = [made[number] for number in range(len(held_out))]
    if kind == "token":
        return compare_words([[word for word, _ in sentence] for sentence in held_out], said)
    return {"accuracy": share_right([[tag for _, tag in sentence] for sentence in held_out], said)}
