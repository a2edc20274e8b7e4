"""The commands of `resonance rules`: what rules do, and which of them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from resonance.cli.options import on_workspace, out

if TYPE_CHECKING:
    from resonance.app import OpenWorkspace

rules = typer.Typer(help="See what rules do to texts.", no_args_is_help=True)


@rules.command()
@on_workspace()
def effect(
    w: OpenWorkspace,
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="A rule, to see what it does to each slice.")] = None,
    score: Annotated[
        bool,
        typer.Option("--score", help="Let the newest model read up to 4,000 documents that rules cut or kept, to compare them."),
    ] = False,
) -> None:
    """Show what each rule of the policies does: how often it fires, what it cuts alone, and how many texts lie near its threshold.

    A document that fails one rule alone would be kept without that rule. A value is near a threshold where it differs from it by a
    twentieth at most. Reads stored numbers, no text; what is known stands in table [b]rule_effects[/b].

    With [b]--score[/b] the model tells how many more bits a byte of what a rule cuts alone costs it than one of kept texts of the
    same slices; it was trained on none of them. No state, plan or trend reads these losses.
    """
    w.rule_effects(rule, score=score).show(out)
