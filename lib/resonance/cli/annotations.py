"""The commands that annotate documents, and fit what annotates them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from resonance.annotate.fitted import Fittable
from resonance.cli.options import on_workspace, out

if TYPE_CHECKING:
    from resonance.app import OpenWorkspace

annotators = typer.Typer(help="Fit what annotates documents; recipes in `conf/annotations` name it.", no_args_is_help=True)


@on_workspace()
def annotate(
    w: OpenWorkspace,
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            "--recipe", metavar="NAME|FILE", help="Recipe: english, english-tagged, chinese and others, or a file; may be repeated."
        ),
    ] = None,
    models: Annotated[Path | None, typer.Option("--models", metavar="DIR", help="Folder of the models that recipes name.")] = None,
) -> None:
    """Annotate documents by Spark NLP: sentences, tokens, stems, parts of speech, names, as spans beside the texts.

    Needs an environment with Spark 3.5 and Spark NLP ([b]make setup-lts[/b]); the workspace may be one of any engine. A text is
    annotated by the first recipe that has its language; spans stand in table [b]annotations[/b].
    """
    w.annotate(*(recipe or ()), models=models).show(out)


@annotators.command()
@on_workspace()
def fit(
    w: OpenWorkspace,
    kind: Annotated[
        Fittable,
        typer.Argument(metavar="|".join(get_args(Fittable)), help="token: words of texts without spaces; pos: tags."),
    ],
    labelled: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="Labelled sentences, one a line: word/TAG word/TAG. For sentiment texts: positive or negative, a tab, the text. "
            "For lemma words: form, a tab, its lemma.",
        ),
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the model, in the folder that --models names.")],
    separator: Annotated[str, typer.Option("--separator", metavar="SIGN", help="What stands between a word and its tag.")] = "/",
) -> None:
    """Fit a tagger, a segmenter or a model of sentiment, and tell how well it does on a fifth that it never saw; or take lemmas."""
    w.fit_annotator(kind, *labelled, folder=folder, separator=separator).show(out)
