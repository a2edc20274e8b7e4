"""A recipe as a pipeline of Spark NLP, which runs in the JVM of a Spark 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from resonance.annotate.spans import SPANS
from resonance.core.annotation import AnnotationRecipe, Annotator, Kind
from resonance.core.errors import SetupError
from resonance.core.frames import make_frame, pluck_field

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

LACKING = "annotations need Spark NLP in the JVM of a Spark 3"
ADVICE = "`make setup-lts` makes an environment that has it: run the same command on the same workspace from .venv-lts"
INPUTS: Mapping[Kind, tuple[str, ...]] = {
    "sentence": ("document",),
    "token": ("sentence",),
    "stem": ("token",),
    "lemma": ("token",),
    "pos": ("sentence", "token"),
    "sentiment": ("sentence", "token"),
}
"""The columns that each annotator reads; entities and terms read sentences and tags, a chunker for each label."""


def require_spark_nlp(session: SparkSession) -> None:
    """Raise SetupError where the session cannot run Spark NLP: another engine, Spark 4, no package or no jar."""
    if not hasattr(session, "_jvm"):
        raise SetupError(f"{LACKING}, and this session has none; {ADVICE}")
    if not session.version.startswith("3."):
        raise SetupError(f"{LACKING}: of Spark {session.version} there is no jar; {ADVICE}")
    try:
        import sparknlp  # noqa: F401
    except ImportError as error:
        raise SetupError(f"{LACKING}, and its package is not installed ({error}); {ADVICE}") from error
    try:
        from sparknlp.base import DocumentAssembler

        DocumentAssembler()
    except TypeError as error:  # what py4j makes of a class that the JVM does not have
        raise SetupError(f"{LACKING}, and its jar is not on the session; {ADVICE}") from error


def find_spans(texts: DataFrame, recipe: AnnotationRecipe, models: str) -> DataFrame:
    """``texts`` with the column ``spans``: what the recipe finds in the column ``text``. Nothing is shuffled.

    Args:
        texts: rows with a column ``text``; none of their columns is named as a kind.
        recipe: annotators, in their order.
        models: folder of the models that it names.

    Raises:
        SetupError: the session cannot run Spark NLP, or a model is neither in the folder nor to be had.
    """
    session = texts.sparkSession
    require_spark_nlp(session)
    from pyspark.ml import Pipeline

    pipeline = Pipeline(stages=build_stages(recipe, models))
    annotated = pipeline.fit(make_frame(session, [], "text string")).transform(texts)
    structs = [_gather(annotator) for annotator in recipe.annotators]
    return annotated.select(*texts.columns, F.array(*structs).cast(SPANS).alias("spans"))


def _gather(annotator: Annotator) -> Column:
    """What an annotator found, as first and last units and what is said; of several labels together, by their places."""
    if not annotator.runs:
        spans = _pick(annotator.kind)
    else:
        spans = F.array_sort(F.concat(*(_pick(*_name_run(annotator, label)) for label in annotator.runs)))
    names = {"begins": "begin", "lasts": "last", "said": "said"}
    return F.struct(F.lit(annotator.kind).alias("kind"), *(pluck_field(spans, name).alias(many) for many, name in names.items()))


def _pick(column: str, label: Column | None = None) -> Column:
    """The spans of a column, with what is said of each: its own word, or the label."""

    def pick(annotation: Column) -> Column:
        said = annotation["result"] if label is None else label
        return F.struct(annotation["begin"].alias("begin"), annotation["end"].alias("last"), said.alias("said"))

    return F.transform(column, pick)


def _name_run(annotator: Annotator, label: str) -> tuple[str, Column | None]:
    """The column of the runs of one label, and what is said of each: the label of an entity, the words of a term."""
    return f"{annotator.kind}:{label}", F.lit(label) if annotator.kind == "entity" else None


def build_stages(recipe: AnnotationRecipe, models: str) -> list[Any]:
    """The stages of a recipe, in order."""
    from sparknlp.base import DocumentAssembler

    stages: list[Any] = [DocumentAssembler().setInputCol("text").setOutputCol("document")]
    for annotator in recipe.annotators:
        if annotator.runs:
            stages += _find_runs(annotator)
        else:
            made = load_model(annotator, models, recipe.languages[0]) if annotator.model else BY_RULES[annotator.kind](annotator)
            stages.append(made.setInputCols(list(INPUTS[annotator.kind])).setOutputCol(annotator.kind))
    return stages


def _find_sentences(annotator: Annotator) -> Any:
    from sparknlp.annotator import SentenceDetector

    detector = SentenceDetector()
    if not annotator.marks:
        return detector
    return detector.setCustomBounds(list(annotator.marks)).setCustomBoundsStrategy("append")


def _find_tokens(annotator: Annotator) -> Any:
    from sparknlp.annotator import Tokenizer

    return Tokenizer()


def _find_stems(annotator: Annotator) -> Any:
    from sparknlp.annotator import Stemmer

    return Stemmer()


BY_RULES: Mapping[Kind, Callable[[Annotator], Any]] = {"sentence": _find_sentences, "token": _find_tokens, "stem": _find_stems}


def _find_runs(annotator: Annotator) -> list[Any]:
    from sparknlp.annotator import Chunker

    return [
        Chunker().setInputCols(["sentence", "pos"]).setOutputCol(_name_run(annotator, label)[0]).setRegexParsers([run])
        for label, run in annotator.runs.items()
    ]


def load_model(annotator: Annotator, models: str, language: str) -> Any:
    """The model that an annotator names: from its folder, else a pretrained one of its name, which Spark NLP downloads.

    Raises:
        SetupError: neither can be had.
    """
    from sparknlp import annotator as known

    classes = {
        "sentence": known.SentenceDetectorDLModel,
        "token": known.WordSegmenterModel,
        "lemma": known.LemmatizerModel,
        "pos": known.PerceptronModel,
        "sentiment": known.ViveknSentimentModel,
    }
    kind, folder = classes[annotator.kind], Path(models) / annotator.model
    try:
        return kind.load(str(folder)) if models and folder.is_dir() else kind.pretrained(annotator.model, language)
    except Exception as error:
        where = f"no folder {folder}, and it" if models else "annotate.models names no folder, and it"
        said = str(error).strip().splitlines()[0]
        raise SetupError(f"model {annotator.model} for {annotator.kind}: {where} cannot be downloaded: {said}") from error
