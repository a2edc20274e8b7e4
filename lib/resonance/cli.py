"""The command line. Each command builds a configuration, opens a workspace and calls what the jobs call."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from resonance.core.errors import ResonanceError
from resonance.core.settings import Config

app = typer.Typer(
    name="resonance",
    help="Tune data and models to each other: curate text, train on it, read every sample's loss, plan the next draw.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)
opened_folders: list[Path] = []
"""Workspaces that this process writes in: an error may come of what their disk lacks."""

Conf = Annotated[list[Path] | None, typer.Option("--conf", metavar="FILE", help="YAML laid over the defaults; may be repeated.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting, for instance train.ranks=1.")]
Place = Annotated[Path | None, typer.Option("--workspace", metavar="DIR", help="Folder of tables, checkpoints and reports.")]
Env = Annotated[str, typer.Option("--env", help="Named environment: a file in conf/env.")]
Engine = Annotated[
    Literal["embedded", "spark"] | None,
    typer.Option(
        "--engine",
        help="What computes: embedded, in this process, the usual choice on one machine; spark for clusters, catalogs, and joins "
        "larger than memory (needs Java). Both write the same tables; where neither is named, a cluster or catalog chooses spark.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show stack traces and the JVM's log.")]


def configure(
    env: str,
    job: str,
    conf: list[Path] | None,
    assignments: list[str] | None,
    place: Path | None,
    engine: str | None = None,
    **own: object,
) -> Config:
    """The configuration of one command: layers, then what its own options say."""
    from resonance.runtime.conf import load

    if place is not None:
        own["workspace"] = str(place)
    if engine is not None:
        own["spark__engine"] = engine
    return load(env, job, conf or (), assignments or (), **own)


def open_workspace(config: Config, *, create: bool = False, reads: bool = False, debug: bool = False) -> Any:
    """The workspace; imported late, so that ``--help`` is quick."""
    from resonance.runtime.workspace import Workspace

    opened = Workspace(config, create=create, reads=reads, debug=debug)
    opened_folders.append(opened.folder)
    return opened


@app.command()
def demo(
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    engine: Engine = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Two rounds of the loop on documentation that is already on this machine; ends with a report."""
    execute(configure(env, "demo", conf, assign, workspace, engine), (), debug)


@app.command()
def run(
    job: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB…]", help="Jobs to run; all of the loop where none is named.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="Rounds of the loop.")] = None,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Train although no evaluation set is registered.")] = False,
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    engine: Engine = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Run what is missing or stale of the loop, and say why the rest is skipped.

    A step is up to date when its inputs, settings, seed and code are those of its last run. Named jobs run where
    everything that they build on is there; [b]cross_fit tune compare[/b] run only when they are named: they train reference models
    that never saw what they score, and tell how far each document's loss stands above theirs, and how far tuning on the slices
    in [b]tune.slices[/b] takes it down. Training is refused where no
    evaluation set is registered ([b]resonance register[/b]).
    """
    own: dict[str, object] = {} if rounds is None else {"rounds": rounds}
    if unchecked:
        own["unchecked"] = True
    execute(configure(env, "", conf, assign, workspace, engine, **own), job or (), debug)


@app.command()
def curate(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT…", help="JSONL (.gz, .zst), Parquet, text files, folders or globs.")
    ],
    workspace: Annotated[Path, typer.Option("--workspace", metavar="DIR", help="Folder of tables and reports.")],
    rules: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Policy that cuts documents: gopher (default), fineweb, none, or a file."),
    ] = None,
    dedup: Annotated[Literal["minhash", "exact", "none"], typer.Option(help="Which duplicates are cut.")] = "minhash",
    export: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the kept documents here.")] = None,
    format: Annotated[Literal["jsonl", "parquet"], typer.Option(help="Format of the export.")] = "jsonl",
    conf: Conf = None,
    assign: Set = None,
    engine: Engine = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Clean and deduplicate your own files into Delta tables; every cut row keeps its reason.

    Text is read from the field [b]text[/b], ids from [b]id[/b] where there is one: change that with
    --set ingest.text_field=…, ingest.id_field=…. Ends with a report.
    """
    own: dict[str, object] = {"ingest__inputs": list(inputs), "dedupe__method": dedup}
    if rules is not None:
        own["judge__policy"] = rules
    config = configure(env, "curate", conf, assign, workspace, engine, **own)
    from resonance.factory import curation

    if export is not None:
        from resonance.runtime.storage.export import check_target, export_documents

        check_target(export, format, config.ingest.inputs, config.workspace)
    opened = execute(config, [step.job.name for step in curation(config)], debug)
    if export is not None:
        rows = export_documents(opened.catalog, export, format)
        out.print(f"{rows:,} documents exported to {export}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def register(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the evaluation set; one of this name is replaced.")],
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="JSONL (.gz, .zst), Parquet, text files, folders or globs.")],
    text_field: Annotated[str | None, typer.Option(metavar="FIELD", help="Field that holds an item's text.")] = None,
    id_field: Annotated[str | None, typer.Option(metavar="FIELD", help="Field that holds an item's id.")] = None,
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    engine: Engine = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Register an evaluation set: documents that hold an item of it are never trained on.

    One row is one item. Rows are read as [b]resonance curate[/b] reads them; one that cannot be read refuses the set. The next
    run holds all documents against it.
    """
    own: dict[str, object] = {"ingest__inputs": files, "ingest__demo": False}
    own |= {f"ingest__{key}": field for key, field in (("text_field", text_field), ("id_field", id_field)) if field is not None}
    config = configure(env, "", conf, assign, workspace, engine, **own)
    opened = open_workspace(config, create=True, debug=debug)
    from resonance.curate.contamination.register import read_items
    from resonance.curate.contamination.register import register as registered
    from resonance.tables import EVALUATION_ITEMS

    def made(checkpoint: Any) -> Any:
        return registered(name, read_items(name, opened.spark, config.ingest, checkpoint), checkpoint)

    rows = opened.fill(EVALUATION_ITEMS, {"set": name}, made).rows
    out.print(
        f"evaluation set {name}: {rows:,} items registered; run again to hold documents against them", markup=False, soft_wrap=True
    )


@app.command()
def judge(
    policy: Annotated[str, typer.Option("--policy", metavar="NAME|FILE", help="gopher, fineweb, none, or a file of rules.")],
    apply: Annotated[bool, typer.Option("--apply", help="Write what the policy cuts; without it nothing is written.")] = False,
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    engine: Engine = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Show what another policy would cut and keep, from stored signals: no text is read again.

    Rows by rule and source, now and then, and a few documents on both sides. Thresholds and rules may change freely; signals
    that were never measured need [b]resonance curate --rules[/b].
    """
    config = configure(env, "", conf, assign, workspace, engine, judge__policy=policy)
    opened = open_workspace(config, debug=debug)
    from resonance.core.job import Turn
    from resonance.curate.judge import asked_rules, proposed, rewriting
    from resonance.factory import CLEANING, JUDGING
    from resonance.report.terminal.changes import changes, told

    frames = opened.frames()
    tables = [frames[name] for name in ("documents", "signals", "rejects")]
    documents, now, then = proposed(*tables, settings=config.judge, turn=Turn(config.batch))
    with opened.scratch("judge") as checkpoint:
        then = checkpoint(then, "then")
        for line in told(changes(documents, now, then, checkpoint=checkpoint, excerpts=out.is_terminal)):
            out.print(line, markup=False, highlight=False, soft_wrap=isinstance(line, str))
        if note := rewriting(documents, config.judge.policy):
            out.print(note, markup=False, highlight=False, soft_wrap=True)
        if not apply:
            out.print("nothing was written; --apply writes it", highlight=False)
            return
        events = opened.events(out, 1)
        try:
            opened.rerun(JUDGING, CLEANING, events, (then, asked_rules(documents, config.judge.policy, config.batch)))
        finally:
            events.close()
    out.print("steps that build on it are stale now: curate or run again with these rules", highlight=False, soft_wrap=True)


@app.command()
def explain(
    number: Annotated[int | None, typer.Option("--round", min=1, help="Round of the plan; the newest by default.")] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", metavar="DOC_ID", help="One document: its state, its slice's weight, its draws.")
    ] = None,
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Show a plan: what the round draws from each slice, and why; or what it does with one document."""
    from resonance.report.terminal.views import plan_table, sample_story

    opened = open_workspace(configure(env, "", conf, assign, workspace), reads=True, debug=debug)
    if sample is None:
        out.print(plan_table(opened.frames(), number))
        return
    for line in sample_story(opened.frames(), sample, number):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def why(
    doc_id: Annotated[str, typer.Argument(help="A doc_id (32 hex digits) or the key of a row in its source.")],
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Tell what became of a document: where it came from, which rule cut it, its cluster, draws and losses."""
    from resonance.report.terminal.views import document_story

    opened = open_workspace(configure(env, "", conf, assign, workspace), reads=True, debug=debug)
    for line in document_story(opened.frames(), doc_id):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def report(conf: Conf = None, assign: Set = None, workspace: Place = None, env: Env = "local", debug: Debug = False) -> None:
    """Draw the report of a workspace again: one HTML file."""
    opened = open_workspace(configure(env, "", conf, assign, workspace), reads=True, debug=debug)
    out.print(f"report: {write_report(opened)}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def tables(
    hash: Annotated[bool, typer.Option("--hash", help="Read every table and add a hash that equal runs reproduce.")] = False,
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """List the tables of a workspace with their versions and rows."""
    from resonance.report.terminal.views import tables_table

    opened = open_workspace(configure(env, "", conf, assign, workspace), reads=True, debug=debug)
    out.print(tables_table(opened.versions(), opened.counts(), opened.digests() if hash else None))


@app.command()
def maintain(
    keep_rounds: Annotated[int, typer.Option("--keep-rounds", min=1, help="Newest rounds whose table versions stay readable.")] = 2,
    conf: Conf = None,
    assign: Set = None,
    workspace: Place = None,
    env: Env = "local",
    debug: Debug = False,
) -> None:
    """Compact and cluster tables, and remove files that no kept round's manifest needs."""
    from resonance.runtime.run.manifest import hours_to_keep

    opened = open_workspace(configure(env, "", conf, assign, workspace), debug=debug)
    hours = hours_to_keep(opened.catalog, keep_rounds)
    names = opened.maintain(hours)
    out.print(f"{len(names)} tables compacted; versions of the last {max(hours, 168):,.0f} hours stay readable", soft_wrap=True)


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


def execute(config: Config, jobs: Sequence[str], debug: bool) -> Any:
    """Run steps of the loop, write the manifests and the report; the open workspace."""
    from resonance.factory import JOBS, loop, references

    names = {job.name for job in JOBS} | {"report"}
    if unknown := sorted(set(jobs) - names):
        raise ResonanceError(f"unknown job {', '.join(unknown)}: choose from {', '.join(sorted(names))}")
    if not config.ingest.demo and not config.ingest.inputs:
        raise ResonanceError("no input: name files with --set ingest.inputs=[…] or a --conf file, or use `resonance demo`")
    steps = loop(config) + (references(config) if set(jobs) & {job.name for job in JOBS if job.on_demand} else ())
    asked = [name for name in jobs if name != "report"]
    if idle := sorted(set(asked) - {step.job.name for step in steps}):
        needs = ", ".join(f"{job.name} needs {job.only_with}" for job in JOBS if job.name in idle)
        raise ResonanceError(f"{', '.join(idle)}: nothing to do under these settings; {needs}")
    if not config.ingest.demo and set(jobs) != {"report"}:
        from resonance.runtime.workspace import refuse_unchecked

        refuse_unchecked(config, steps, asked)
    if config.dedupe.method == "minhash" and any(step.job.name == "dedupe" for step in steps if not jobs or step.job.name in jobs):
        from resonance.curate.duplicates.reach import reach

        out.print(reach(config.dedupe), highlight=False, soft_wrap=True)
    opened = open_workspace(config, create=True, debug=debug)
    events = opened.events(out, sum(1 for step in steps if not jobs or step.job.name in jobs))
    try:
        if set(jobs) != {"report"}:
            if config.ingest.demo:
                register_demo(opened)
            opened.run(steps, asked, events)
    finally:
        events.close()
    out.print(f"report: {write_report(opened)}", markup=False, highlight=False, soft_wrap=True)
    opened.track()
    return opened


def register_demo(opened: Any) -> None:
    """The demo's own evaluation set, where none is registered, so that the demo shows what one does."""
    from resonance.curate.contamination.register import DEMO, demo_items, register
    from resonance.tables import EVALUATION_ITEMS

    if not opened.catalog.exists(EVALUATION_ITEMS):
        opened.fill(EVALUATION_ITEMS, {"set": DEMO}, lambda checkpoint: register(DEMO, demo_items(opened.spark), checkpoint))


def write_report(opened: Any) -> Path:
    """Build the report of an open workspace and put it in its folder."""
    from resonance.report.build import build_report
    from resonance.runtime import resources
    from resonance.tables import SIGNALS

    path: Path = opened.folder / "report.html"
    meanings = {column.name: column.meaning for column in resources.contract(SIGNALS).columns}
    page = build_report(opened.frames(), settings=opened.config.report, counts=opened.counts(), meanings=meanings)
    path.write_text(page, encoding="utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; errors are one line, unless ``--debug`` is given. Called as a program, it ends when a signal says so."""
    from resonance.runtime.stop import SAYS, Stopped, leave, stoppable

    given = list(sys.argv[1:] if arguments is None else arguments)
    os.environ["RESONANCE_RUN"] = uuid.uuid4().hex  # what its processes say once is said once
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows another one
    try:
        with stoppable() if arguments is None else nullcontext():
            code = app(args=given or ["--help"], prog_name="resonance", standalone_mode=False)
    except Stopped as stopped:
        leave(stopped.number)
    except ResonanceError as error:
        stop(error, given, str(error))
    except (typer.Exit, typer.Abort):
        raise SystemExit(1) from None
    except Exception as error:
        if hasattr(error, "format_message"):  # wrong usage: an unknown option, a missing argument
            stop(error, given, f"{error.format_message()}; see `resonance --help`", 2)
        stop(error, given, plainly(error))
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what extensions in Rust raise is no Exception
            raise
        stop(error, given, plainly(error))
    if code == 130:
        err.print(SAYS)
    if code:
        raise SystemExit(code)


def stop(error: BaseException, arguments: Sequence[str], message: str, code: int = 1) -> None:
    """Print one line and leave; with ``--debug`` raise the error itself."""
    if "--debug" in arguments:
        raise error
    shown = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in " ".join(message.split()))
    err.print(f"error: {shown}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)


def plainly(error: BaseException) -> str:
    """An error that nobody foresaw in one line: what a user can do about it, or the cause without stack traces."""
    from resonance.runtime.engines.explain import explain_error, first_words

    known = explain_error(error, opened_folders)
    if known is not None:
        return str(known)
    return f"{type(error).__name__}: {first_words(error)[:300]} (run again with --debug for the whole story)"


if __name__ == "__main__":
    main()
