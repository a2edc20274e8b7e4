"""Fits an annotator, keeps it in a folder, and says how well it does on what was held out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from resonance.annotate.fit_sentences import fit_sentences
from resonance.annotate.fit_words import fit_lemmas, fit_sentiment
from resonance.annotate.fitted import Fittable, Fitted
from resonance.annotate.pipeline import require_spark_nlp

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def fit_annotator(
    session: SparkSession, kind: Fittable, lines: Iterable[str], where: str, folder: Path, *, separator: str = "/", seed: int = 0
) -> Fitted:
    """Fit an annotator into ``folder``; what it does is written beside it, as JSON.

    Args:
        session: of Spark 3, with Spark NLP.
        kind: what it is to find.
        lines: for ``token`` and ``pos`` labelled sentences, for ``sentiment`` labelled texts, for ``lemma`` forms with lemmas.
        where: what errors call them.
        folder: the model's; one that is there is replaced.
        separator: what stands between a word and its tag.
        seed: decides what is held out.

    Raises:
        SetupError: the session cannot run Spark NLP.
        InputError: the lines are not what ``kind`` needs.
    """
    require_spark_nlp(session)
    if kind == "sentiment":
        model, fitted = fit_sentiment(session, lines, where, seed)
    elif kind == "lemma":
        model, fitted = fit_lemmas(session, lines, where)
    else:
        model, fitted = fit_sentences(session, kind, lines, where, separator, seed)
    model.write().overwrite().save(str(folder))
    folder.with_suffix(".json").write_text(json.dumps(asdict(fitted), indent=2) + "\n", encoding="utf-8")
    return fitted
