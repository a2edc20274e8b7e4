"""What `resonance annotate` does on a workspace: spans beside texts, and the annotators that find them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from resonance.app.view import View

if TYPE_CHECKING:
    from rich.console import Console

    from resonance.annotate.fitted import Fittable
    from resonance.runtime.workspace import Workspace


def annotate_documents(opened: Workspace, console: Console) -> View:
    """Annotate the documents of a batch by the recipes of its configuration, where that is not done yet, and count what was found.

    Raises:
        ResonanceError: there are no documents, no recipe is named, or Spark NLP is not to be had.
    """
    from resonance.core.job import Step
    from resonance.factory import ANNOTATE, CLEANING
    from resonance.report.terminal.annotations import count_spans, describe_spans
    from resonance.tables import ANNOTATIONS

    with closing(opened.events(console, 1)) as events:
        opened.update(Step(ANNOTATE), CLEANING, events)
    return View(tuple(describe_spans(count_spans(opened.catalog.read(ANNOTATIONS)))))


def fit_annotator(opened: Workspace, kind: Fittable, files: Iterable[str | Path], folder: Path, separator: str) -> View:
    """Fit an annotator on files of labelled sentences, texts or words, and say how well it does on what was held out.

    Raises:
        ResonanceError: a file cannot be read or holds none of these, or Spark NLP is not to be had.
    """
    from resonance.annotate.fit import fit_annotator as fit
    from resonance.core.errors import InputError

    paths = [Path(file) for file in files]
    try:
        lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read what {kind} is fitted on: {error}") from None
    where = ", ".join(map(str, paths))
    fitted = fit(opened.spark, kind, lines, where, folder, separator=separator, seed=opened.config.seed)
    return View((f"{folder}: {fitted.describe()}",))
