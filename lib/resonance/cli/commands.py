"""The commands. Each calls one method of an open workspace and prints what comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from resonance.cli.annotations import annotate, annotators
from resonance.cli.options import on_workspace, out
from resonance.cli.rules import rules
from resonance.core.errors import ConfigError
from resonance.core.formats import list_known

if TYPE_CHECKING:
    from resonance.app import OpenWorkspace

app = typer.Typer(
    name="resonance",
    help="Tune data and models to each other: curate text, train on it, read every sample's loss, plan the next draw.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.command()
@on_workspace()
def demo(w: OpenWorkspace) -> None:
    """Two rounds of the loop on documentation that is already on this machine; ends with a report."""
    w.demo()


@app.command()
@on_workspace()
def run(
    w: OpenWorkspace,
    job: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB…]", help="Jobs to run; all of the loop where none is named.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="Rounds of the loop.")] = None,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Train although no evaluation set is registered.")] = False,
) -> None:
    """Run what is missing or stale of the loop, and say why the rest is skipped.

    A step is up to date when its inputs, settings, seed and code are those of its last run. Named jobs run where
    everything that they build on is there; [b]cross_fit tune compare[/b] run only when they are named: they train reference models
    that never saw what they score, and tell how far each document's loss stands above theirs, and how far tuning on the slices
    in [b]tune.slices[/b] takes it down. Training is refused where no
    evaluation set is registered ([b]resonance register[/b]).
    """
    w.run(*(job or ()), rounds=rounds, unchecked=unchecked)


@app.command()
@on_workspace(computes=False)
def plan(
    w: OpenWorkspace,
    job: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB…]", help="Jobs to look at; all of the loop where none is named.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="Rounds of the loop.")] = None,
) -> None:
    """Show which steps [b]resonance run[/b] would run under these settings, why, and how long they took last time. Runs nothing."""
    w.plan(*(job or ()), rounds=rounds).show(out)


INPUTS = f"Files ({list_known()}), Delta tables, folders or globs, of this machine or at s3://bucket/… or hdfs://node/…"


@app.command()
@on_workspace()
def curate(
    w: OpenWorkspace,
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT…", help=INPUTS)],
    workspace: Annotated[Path, typer.Option("--workspace", metavar="DIR", help="Folder of tables and reports.")],
    rules: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Policy that cuts documents: by_language (default), gopher, zh, none, or a file."),
    ] = None,
    dedup: Annotated[Literal["minhash", "exact", "none"], typer.Option(help="Which duplicates are cut.")] = "minhash",
    export: Annotated[str | None, typer.Option(metavar="DIR|ADDRESS", help="Write the kept documents here.")] = None,
    format: Annotated[Literal["jsonl", "parquet"], typer.Option(help="Format of the export.")] = "jsonl",
) -> None:
    """Clean and deduplicate your own files into Delta tables; every cut row keeps its reason.

    Text is read from the field [b]text[/b], ids from [b]id[/b] where there is one: change that with
    --set ingest.text_field=…, ingest.id_field=…. Ends with a report.
    """
    w.curate(*inputs, rules=rules, dedup=dedup, export=export, format=format)


@app.command()
@on_workspace()
def register(
    w: OpenWorkspace,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the evaluation set; one of this name is replaced.")],
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help=INPUTS)],
    text_field: Annotated[str | None, typer.Option(metavar="FIELD", help="Field that holds an item's text.")] = None,
    id_field: Annotated[str | None, typer.Option(metavar="FIELD", help="Field that holds an item's id.")] = None,
) -> None:
    """Register an evaluation set: documents that hold an item of it are never trained on.

    One row is one item. Rows are read as [b]resonance curate[/b] reads them; one that cannot be read refuses the set. The next
    run holds all documents against it: an item of eight words or more is sought in every text, a shorter one as a whole document.
    """
    w.register(name, *files, text_field=text_field, id_field=id_field).show(out)


app.command()(annotate)
app.add_typer(annotators, name="annotators")

score = typer.Typer(help="Fit what gives texts a learned score; [b]resonance curate[/b] then measures it.", no_args_is_help=True)
app.add_typer(score, name="score")


@score.command()
@on_workspace()
def fit(
    w: OpenWorkspace,
    good: Annotated[
        list[str], typer.Option("--good", metavar="FILES", help="Reference texts: files, folders or globs; may be repeated.")
    ],
    general: Annotated[
        list[str] | None,
        typer.Option("--general", metavar="FILES", help="General texts; the documents of the workspace where none are named."),
    ] = None,
    kind: Annotated[
        Literal["classifier", "perplexity"],
        typer.Option(
            "--kind",
            help="classifier: how likely a text is a reference text and not a general one; perplexity: how surprising it is to a "
            "language model of reference texts.",
        ),
    ] = "classifier",
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; here, named by its hash, by default.")
    ] = None,
    text_field: Annotated[str | None, typer.Option(metavar="FIELD", help="Field that holds a row's text.")] = None,
    megabytes: Annotated[int, typer.Option("--megabytes", min=1, help="Sample at most so much of each kind of text.")] = 32,
) -> None:
    """Learn from texts that you call good what such texts look like, and write it into one file.

    Every tenth text is held out: how well scores tell it is printed, and recorded in MLflow where that is installed. Then measure
    all documents: [b]resonance curate INPUT… --set clean.classifier=FILE[/b]. The scores stand in table [b]signals_classifier[/b];
    a policy cuts by them with a rule such as [b]{rule: unlike, set: classifier, signal: score, below: 0.2}[/b].

    With [b]--kind perplexity[/b] an n-gram model of the good texts is written, and the limits of the thirds of the general ones, by
    language: [b]--set clean.perplexity=FILE[/b] measures perplexity and band (head, middle, tail) into [b]signals_perplexity[/b]; a
    rule on [b]band[/b] names those that pass.

    Good texts should differ from general ones in what you want, and in little else: where all good texts are English, or long, or
    of one site, that is what is learned.
    """
    w.fit_scorer(*good, general=general or (), kind=kind, out=file, text_field=text_field, megabytes=megabytes).show(out)


app.add_typer(rules, name="rules")


@app.command()
@on_workspace()
def judge(
    w: OpenWorkspace,
    policy: Annotated[
        str, typer.Option("--policy", metavar="NAME|FILE", help="by_language, gopher, zh, any_language, fineweb, none, or a file.")
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Write what the policy cuts; without it nothing is written.")] = False,
) -> None:
    """Show what another policy would cut and keep, from stored signals: no text is read again.

    Rows by rule and source, now and then, and a few documents on both sides. Thresholds and rules may change freely where they
    read signals that were measured of every text. The default policy, by_language, measures of a text what the rules of its
    language read alone: where another policy asks for more, the error says how to measure it.
    """
    w.judge(policy, apply=apply).show(out)


@app.command()
@on_workspace()
def assess(
    w: OpenWorkspace,
    data: Annotated[str, typer.Argument(metavar="TABLE|PATH", help="A table of the workspace; or Delta, Parquet, CSV, JSON.")],
    contract: Annotated[Path | None, typer.Option("--contract", metavar="FILE", help="The dataset's contract: ODCS 3.2.")] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Draft a contract instead; every guess in it is marked.")] = False,
    table: Annotated[str, typer.Option("--table", metavar="NAME", help="Which table of the contract it is.")] = "",
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME|FILE", help="Weights of groups and metrics; those of the contract's stage.")
    ] = "",
    as_of: Annotated[datetime | None, typer.Option("--as-of", help="The moment at which ages are taken (UTC); now.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write every result here, as JSON; the draft, as YAML.")
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="FILE", help="Write a report, .html, .md or .json; or, .jsonld, the dataset's card."),
    ] = None,
    language: Annotated[
        Literal["en", "zh"] | None, typer.Option("--language", help="Language of the report; report.language by default.")
    ] = None,
) -> None:
    """Measure whether a dataset is fit for its use, and grade it: 36 metrics, what limits the grade, and what to supply.

    What cannot be measured lowers the coverage and widens the interval of the score; it is never taken for good.
    """
    if suggest:
        draft = w.suggest(data, table, output)
        if output is None:
            out.print(draft, markup=False, highlight=False, soft_wrap=True, end="")
        return
    if contract is None:
        raise ConfigError("assess: name the dataset's --contract FILE, or draft one by --suggest")
    now = None if as_of is None else as_of.replace(tzinfo=UTC)
    found = w.assess(data, contract, table=table, profile=profile, now=now, output=output, report=report or (), language=language)
    found.show(out)


@app.command()
@on_workspace()
def approve(
    w: OpenWorkspace,
    gate: Annotated[str, typer.Argument(metavar="GATE", help="rules, people or effect.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who lets it through.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    dataset: Annotated[str, typer.Option("--dataset", metavar="NAME", help="What is let through.")] = "documents",
) -> None:
    """Let a dataset through a gate that it did not pass. It holds for its newest assessment, and is kept in table approvals."""
    w.approve(gate, name=name, reason=reason, dataset=dataset).show(out)


@app.command()
@on_workspace()
def operators(
    w: OpenWorkspace,
    data: Annotated[
        str | None, typer.Argument(metavar="[TABLE|PATH]", help="A dataset, to see what can be measured on it.")
    ] = None,
    contract: Annotated[Path | None, typer.Option("--contract", metavar="FILE", help="The dataset's contract.")] = None,
    table: Annotated[str, typer.Option("--table", metavar="NAME", help="Which table of the contract it is.")] = "",
) -> None:
    """List what an assessment can measure: each operator with its metric, how it is measured, what it reads and asks for."""
    if (data is None) != (contract is None):
        raise ConfigError("operators: name a dataset and its --contract, or neither")
    w.operators(data, contract, table=table).show(out)


@app.command()
@on_workspace(computes=False)
def explain(
    w: OpenWorkspace,
    number: Annotated[int | None, typer.Option("--round", min=1, help="Round of the plan; the newest by default.")] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", metavar="DOC_ID", help="One document: its state, its slice's weight, its draws.")
    ] = None,
) -> None:
    """Show a plan: what the round draws from each slice, and why; or what it does with one document."""
    w.explain(number, sample=sample).show(out)


@app.command()
@on_workspace(computes=False)
def compare(
    w: OpenWorkspace,
    first: Annotated[int, typer.Argument(min=1, metavar="ROUND", help="A round.")],
    second: Annotated[int, typer.Argument(min=1, metavar="ROUND", help="The round to hold against it.")],
) -> None:
    """Show two rounds side by side: whether each was worth it, weights and held-out bits per byte of each slice."""
    w.compare(first, second).show(out)


@app.command()
@on_workspace()
def attribute(
    w: OpenWorkspace,
    number: Annotated[int | None, typer.Option("--round", min=1, help="Round that was trained; the newest by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would cost, and train nothing.")] = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Train although no evaluation set is registered.")] = False,
) -> None:
    """Find slices on which a round's model is weak, and tell whether data or model is at fault, by test.

    That takes a few models more: the round's own with another seed, twice as wide, on a quarter and on half of its documents; where
    labels are learnt, those of [b]cross_fit[/b] first. What they cost is printed before they are trained; they are kept, and
    trained once. Where no test decides, the verdict abstains and names the run that would settle it. Name the settings that the
    round was run with.
    """
    w.forecast_attribution(number).show(out)
    if not dry_run:
        w.attribute(number, unchecked=unchecked)
        w.verdicts(number).show(out)


@app.command()
@on_workspace(computes=False)
def verdicts(
    w: OpenWorkspace,
    number: Annotated[int | None, typer.Option("--round", min=1, help="Round that was looked at; the newest by default.")] = None,
) -> None:
    """Show why slices are weak: cause, confidence and first move; what was abstained on, with the run that settles it; and which
    work is open.
    """
    w.verdicts(number).show(out)


@app.command()
@on_workspace()
def close(
    w: OpenWorkspace,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Open work, as `resonance verdicts` names it.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who closes it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: what was done, or why it is let be.")],
) -> None:
    """Close work on a weak slice that is done, or let be. Who did, and why, is kept in table approvals.

    A later round that finds the slice weak for the same cause opens it again.
    """
    w.close_work(item, name=name, reason=reason).show(out)


@app.command()
@on_workspace(computes=False)
def suggest(
    w: OpenWorkspace,
    number: Annotated[int | None, typer.Option("--round", min=1, help="Round that was looked at; the newest by default.")] = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write the draft here, as YAML.")] = None,
) -> None:
    """Draft what to ask for where a model is weak: repairs, more data, another model; each with its evidence, or marked as a guess.

    Which move answers which cause stands in a table, [b]conf/moves/default.yaml[/b]; name your own by --set propose.moves=FILE.
    """
    draft = w.draft_work(number, output)
    if output is None:
        out.print(draft, markup=False, highlight=False, soft_wrap=True, end="")


@app.command()
@on_workspace(computes=False)
def why(
    w: OpenWorkspace,
    asked: Annotated[
        str,
        typer.Argument(
            metavar="DOC_ID|SLICE",
            help="A doc_id (32 hex digits) or the key of a row in its source; or a slice, as verdicts or the plan name it.",
        ),
    ],
) -> None:
    """Tell what became of a document, from its source to its losses; or why a slice is weak, test by test."""
    w.why(asked).show(out)


@app.command()
@on_workspace(computes=False)
def report(
    w: OpenWorkspace,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", metavar="FILE", help="Write it to FILE too, which ends in .html, .md or .json."),
    ] = None,
) -> None:
    """Draw the report of a workspace again."""
    out.print(f"report: {w.report(output or ())}", markup=False, highlight=False, soft_wrap=True)


@app.command()
@on_workspace(computes=False)
def tables(
    w: OpenWorkspace,
    hash: Annotated[bool, typer.Option("--hash", help="Read every table and add a hash that equal runs reproduce.")] = False,
) -> None:
    """List the tables of a workspace with their versions and rows."""
    w.list_tables(hash=hash).show(out)


@app.command()
@on_workspace(computes=False)
def status(
    w: OpenWorkspace,
    prometheus: Annotated[
        Path | None,
        typer.Option("--prometheus", metavar="FILE", help="Write it as metrics too, as a collector of Prometheus reads them."),
    ] = None,
) -> None:
    """Show what a workspace is doing: rounds, the step that runs now, steps that broke off, gates that are not passed.

    Of a step that broke off it names the table, the cause, and the command that goes on from there. Starts no engine where tables
    lie in a folder, and disturbs no run.
    """
    w.status(prometheus).show(out)


@app.command()
@on_workspace(computes=False)
def files(w: OpenWorkspace) -> None:
    """List the files that batches were read from: which were read, renamed or deleted, and the documents that went with them."""
    w.files().show(out)


@app.command()
@on_workspace(computes=False)
def maintain(
    w: OpenWorkspace,
    keep_rounds: Annotated[int, typer.Option("--keep-rounds", min=1, help="Newest rounds whose table versions stay readable.")] = 2,
) -> None:
    """Compact and sort tables, and remove files that no kept round's manifest needs."""
    w.maintain(keep_rounds).show(out)


@app.command()
def doctor() -> None:
    """Say what of Java, jars, Horovod, GPU and disk works here, and what to do about the rest."""
    from rich.markup import escape
    from rich.table import Table

    from resonance.runtime.doctor import examine

    works = {True: "[green]yes[/green]", False: "[red]no[/red]", None: "–"}
    table = Table("what", "works", "found", "what to do")
    for finding in examine():
        table.add_row(finding.name, works[finding.works], escape(finding.found), escape(finding.advice))
    out.print(table)
