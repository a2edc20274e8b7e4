"""Reference texts and general ones to a scorer in a file, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import InputError
from resonance.core.job import Checkpoint
from resonance.core.scorer import Kind, Scorer, name_content
from resonance.core.settings import IngestSettings
from resonance.curate.scorers.classifier import fit_classifier
from resonance.curate.scorers.perplexity import fit_perplexity
from resonance.curate.scorers.sample import Sample, sample_texts
from resonance.curate.scorers.verdict import Verdict
from resonance.curate.sources.read import read_files

if TYPE_CHECKING:
    from rich.table import Table

GOOD, GENERAL = "good", "general"
FITS: Mapping[str, Callable[[Sample, Sample, int], tuple[Scorer, Verdict]]] = {
    "classifier": fit_classifier,
    "perplexity": fit_perplexity,
}
"""How a scorer of each kind is fitted."""
CHANCE = 0.6
"""Below this area under the curve scores say next to nothing."""


@dataclass(frozen=True)
class Fitted:
    """A scorer, what held-out texts say of it, and the samples that it was fitted on."""

    scorer: Scorer
    verdict: Verdict
    good: Sample
    general: Sample

    @property
    def name(self) -> str:
        """The hash that names the scorer."""
        return name_content(self.scorer.pack())


def read_texts(spark: SparkSession, settings: IngestSettings, files: Sequence[str]) -> DataFrame:
    """Texts of files, read as ``ingest`` reads them; a row that cannot be read has a ``rule``."""
    return read_files(spark, settings.model_copy(update={"inputs": tuple(files)})).rows().select("text", "rule")


def fit(kind: Kind, good: DataFrame, general: DataFrame, megabytes: int, seed: int, checkpoint: Checkpoint) -> Fitted:
    """A scorer of this kind; both frames have a ``text``.

    Raises:
        InputError: there are too few texts.
    """
    rows = {GOOD: good, GENERAL: general}
    ruled = {
        name: own if "rule" in own.columns else own.withColumn("rule", F.lit(None).cast("string")) for name, own in rows.items()
    }
    samples = {name: sample_texts(own, megabytes * 1_000_000, seed, checkpoint, name) for name, own in ruled.items()}
    scorer, verdict = FITS[kind](samples[GOOD], samples[GENERAL], seed)
    return Fitted(scorer, verdict, samples[GOOD], samples[GENERAL])


def write_scorer(scorer: Scorer, out: str | Path | None) -> Path:
    """The file that the scorer was written into, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    content = scorer.pack()
    path = Path(f"{scorer.kind}-{name_content(content)}.scorer" if out is None else out).expanduser()
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(f"score fit: cannot write {path}: {error.strerror or error}; name another file by --out") from None
    return path


def describe(fitted: Fitted, path: Path, recorded: bool) -> tuple[str | Table, ...]:
    """Lines for people: what was sampled, how well the scorer does on texts held out, and how to measure with it."""
    found, kind = fitted.verdict.measures, fitted.scorer.kind
    lines: list[str | Table] = [_say_sample(name, sample) for name, sample in ((GOOD, fitted.good), (GENERAL, fitted.general))]
    lines.append(fitted.verdict.sentence)
    if found["auc"] < CHANCE:
        lines.append(
            "WARNING: this is hardly better than chance: the good texts differ too little from the general ones, or are too few"
        )
    lines.append(_draw_table(fitted.verdict))
    noted = "; recorded in MLflow" if recorded else ""
    lines.append(f"{path}: {kind} {fitted.name}{noted}. Measure with: resonance curate … --set clean.{kind}={path}")
    return tuple(lines)


def _say_sample(name: str, sample: Sample) -> str:
    unread = f"; {sample.unread:,} rows cannot be read and were left out" if sample.unread else ""
    return (
        f"{name}: {len(sample.texts):,} different texts, {sample.bytes / 1e6:,.1f} MB, sampled from {sample.texts_there:,} of "
        f"{sample.bytes_there / 1e6:,.1f} MB{unread}"
    )


def _draw_table(verdict: Verdict) -> Table:
    from rich.table import Table

    table = Table(*verdict.heads, title=verdict.title)
    for row in verdict.rows:
        table.add_row(*row)
    return table
