"""The commands of `resonance rules`: what rules do, and which of them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from resonance.cli.options import on_workspace, out

if TYPE_CHECKING:
    from resonance.app import OpenWorkspace

rules = typer.Typer(help="See what rules do to texts, and decide which of them judge.", no_args_is_help=True)


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
    w.rules.effect(rule, score=score).show(out)


@rules.command()
@on_workspace(computes=False)
def problems(w: OpenWorkspace) -> None:
    """List what is wrong with rules: those that cut much of a weak slice, texts that are easier than kept ones, another share than
    usual, or have many values next to their threshold; versions that got worse, and such that people refused.

    Reads what [b]resonance rules effect[/b] measured (with [b]--score[/b] for losses), the newest verdicts, and decisions.
    """
    w.rules.problems().show(out)


@rules.command()
@on_workspace()
def search(
    w: OpenWorkspace,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A search of thresholds: a file, or the name of one that is here.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would cost, and train nothing.")] = False,
) -> None:
    """Search better thresholds of a policy by small trainings. What it costs is shown first, and held against the file's budget.

    Models go on from that of the newest round on what each trial would keep; half of them are left out at each step, the rest train
    on twice as much. A search that was cut off goes on with the same trials. No state, plan or trend reads these models. What is
    left waits for [b]resonance rules verify[/b].
    """
    w.searches.search(file, dry_run=dry_run).show(out)


@rules.command()
@on_workspace()
def verify(
    w: OpenWorkspace,
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="A campaign whose search has ended.")],
) -> None:
    """Verify what a search found, on fresh seeds and held-out documents that it has not seen.

    It is accepted only where it helps for certain, counting every look and every campaign before, harms no protected slice, and
    leaves texts of no lower quality. [b]resonance rules adopt[/b] then has it judge.
    """
    w.searches.verify(campaign).show(out)


NAME = Annotated[str, typer.Option("--name", metavar="NAME", help="Who decides.")]
REASON = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


@rules.command()
@on_workspace(computes=False)
def history(
    w: OpenWorkspace,
    policy: Annotated[str | None, typer.Argument(metavar="[POLICY]", help="A policy, by name; all by default.")] = None,
) -> None:
    """List the versions of policies that were adopted, tried or refused, with who decided and why."""
    w.rules.history(policy).show(out)


@rules.command()
@on_workspace()
def adopt(
    w: OpenWorkspace,
    version: Annotated[str, typer.Argument(metavar="NAME@VERSION|FILE", help="A known version, or the file of a new one.")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Who decides.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")] = None,
) -> None:
    """Judge by another version of the policy that judges now, from stored signals; no text is read.

    What no campaign verified is refused unless --name and --reason say who takes it on, and why. Who adopted it and why stands in
    table [b]approvals[/b], all versions in [b]rule_versions[/b]; one version of a policy is adopted at a time. [b]resonance rules
    rollback[/b] has the tables as they were.
    """
    w.rules.adopt(version, name=name, reason=reason).show(out)


@rules.command()
@on_workspace()
def reject(
    w: OpenWorkspace,
    version: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="A known version.")],
    name: NAME,
    reason: REASON,
) -> None:
    """Refuse a version of a policy for good: its rules return as a new version alone."""
    w.rules.reject(version, name=name, reason=reason).show(out)


@rules.command()
@on_workspace()
def rollback(
    w: OpenWorkspace,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="A policy, by name.")],
    name: NAME,
    reason: REASON,
) -> None:
    """Judge by the version before the adopted one again, from stored signals; no text is read."""
    w.rules.roll_back(policy, name=name, reason=reason).show(out)


TOKENS = Annotated[int | None, typer.Option(min=1, help="Of each training; those of the policy's newest campaign by default.")]
DRY = Annotated[bool, typer.Option("--dry-run", help="Show what it would cost, and train nothing.")]


@rules.command()
@on_workspace()
def watch(
    w: OpenWorkspace,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="A policy, by name.")],
    tokens: TOKENS = None,
    dry_run: DRY = False,
) -> None:
    """See whether an adopted version stays better than the one before it, in the two rounds after its adoption.

    Models go on from that of the newest round by either version, with fresh seeds; held-out documents of role [b]measure[/b] judge
    them. Where the interval says worse, a roll-back is proposed; nothing is decided.
    """
    w.comparisons.watch(policy, tokens=tokens, dry_run=dry_run).show(out)


@rules.command()
@on_workspace()
def vault(
    w: OpenWorkspace,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="A policy, by name.")],
    release: Annotated[str, typer.Option("--release", metavar="RELEASE", help="A name for it, such as 2026.1.")],
    name: NAME,
    reason: REASON,
    tokens: TOKENS = None,
    dry_run: DRY = False,
) -> None:
    """Compare all that was adopted since the release before with what judged then, once a release.

    The vault is a tenth of the held-out documents, on which no rule was ever chosen. A second look is refused. Who opened it, and
    why, stands in table [b]approvals[/b]; what it showed in [b]rule_comparisons[/b].
    """
    w.comparisons.open_vault(policy, release=release, name=name, reason=reason, tokens=tokens, dry_run=dry_run).show(out)
