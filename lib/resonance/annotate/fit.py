"""Fits an annotator on labelled sentences, keeps it in a folder, and says how well it does on sentences held out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resonance.annotate.labelled import Labelled, Sentence, compare_words, read_labelled, share_right, split_words
from resonance.annotate.pipeline import require_spark_nlp
from resonance.core.frames import make_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Fittable = Literal["token", "pos"]
SEPARATOR = "\t"
"""Stands between word and tag in what Spark NLP reads; no word holds it."""


@dataclass(frozen=True)
class Fitted:
    """What was fitted, on how many sentences, and what it gets right of those held out."""

    kind: Fittable
    train: int
    held_out: int
    words: int
    measures: dict[str, float]


def fit_annotator(
    session: SparkSession, kind: Fittable, lines: Iterable[str], where: str, folder: Path, *, separator: str = "/", seed: int = 0
) -> Fitted:
    """Fit a tagger (``pos``) or a segmenter of words (``token``) into ``folder``; what it does is written beside it, as JSON.

    Both are averaged perceptrons (Collins 2002); the segmenter tags characters by their place in a word (Xue 2003).

    Args:
        session: of Spark 3, with Spark NLP.
        kind: what it is to find.
        lines: labelled sentences, as ``read_labelled`` reads them.
        where: what errors call them.
        folder: the model's; one that is there is replaced.
        separator: what stands between a word and its tag.
        seed: decides which sentences are held out.

    Raises:
        SetupError: the session cannot run Spark NLP.
        InputError: the lines are no labelled sentences.
    """
    require_spark_nlp(session)
    labelled = read_labelled(lines, where, separator, seed)
    model = _train(session, kind, labelled)
    model.write().overwrite().save(str(folder))
    measures = _judge(session, kind, model, labelled.held_out)
    words = sum(map(len, labelled.held_out))
    fitted = Fitted(kind, len(labelled.train), len(labelled.held_out), words, measures)
    folder.with_suffix(".json").write_text(json.dumps(asdict(fitted), indent=2) + "\n", encoding="utf-8")
    return fitted


def _train(session: SparkSession, kind: Fittable, labelled: Labelled) -> Any:
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


def _add_tokens(kind: Fittable, read: Any) -> Any:
    """The labelled sentences with the column that a tagger's schema asks for."""
    if kind == "token":
        return read
    from sparknlp.annotator import RegexTokenizer

    return RegexTokenizer().setInputCols(["document"]).setOutputCol("token").setPattern(r"\s+").transform(read)


def _judge(session: SparkSession, kind: Fittable, model: Any, held_out: Sequence[Sentence]) -> dict[str, float]:
    """What the model gets right of sentences held out: whole texts for a segmenter, given words for a tagger."""
    from sparknlp.annotator import RegexTokenizer
    from sparknlp.base import DocumentAssembler

    between = "" if kind == "token" else " "
    rows = [(number, between.join(word for word, _ in sentence)) for number, sentence in enumerate(held_out)]
    texts = (
        DocumentAssembler().setInputCol("text").setOutputCol("document").transform(make_frame(session, rows, "n int, text string"))
    )
    if kind == "pos":
        texts = RegexTokenizer().setInputCols(["document"]).setOutputCol("token").setPattern(r"\s+").transform(texts)
    made = {row["n"]: list(row["said"]) for row in model.transform(texts).selectExpr("n", f"{kind}.result AS said").collect()}
    said = [made[number] for number in range(len(held_out))]
    if kind == "token":
        return compare_words([[word for word, _ in sentence] for sentence in held_out], said)
    return {"accuracy": share_right([[tag for _, tag in sentence] for sentence in held_out], said)}
