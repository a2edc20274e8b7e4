"""What people do with a workspace: the command line prints what these calls return, a notebook shows it.

``resonance.open("workspace")`` gives an `OpenWorkspace`. Heavy packages are imported by the call that needs them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from resonance.app.reports import open_reporter, write_report
from resonance.app.view import View
from resonance.core.errors import InputError, ResonanceError
from resonance.core.files import own_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.annotate.fitted import Fittable
    from resonance.app.comparisons import Comparisons
    from resonance.app.rules import Rules
    from resonance.app.searches import Searches
    from resonance.assess.assess import Assessment
    from resonance.core.dataset import DatasetContract
    from resonance.core.job import Step
    from resonance.core.profile import Profile
    from resonance.core.quality import Quality
    from resonance.core.records import Records
    from resonance.core.scorer import Kind
    from resonance.core.settings import Config
    from resonance.runtime.lineage import Source
    from resonance.runtime.run.accounting import Outcome
    from resonance.runtime.workspace import Workspace

MOST_COMPARED = 20_000
"""Texts of a dataset that are compared with each other where no column tells which are alike."""


@dataclass(frozen=True)
class Run:
    """What a run did: its steps in order, the report and the rows that were exported."""

    steps: tuple[Outcome, ...]
    report: Path
    exported: int | None = None

    def _view(self) -> View:
        table = Table("step", "rows in", "rows out", "cut", "seconds", "tables or reason")
        for step in self.steps:
            written = " ".join(f"{name} v{version}" for name, version in step.written.items())
            counts = (f"{step.rows_in:,}", f"{step.rows_out:,}", f"{step.rows_cut:,}", f"{step.seconds:.1f}")
            table.add_row(str(step.step), *(("",) * 4 if step.skipped else counts), Text(step.skipped or written))
        return View((table, f"report: {self.report}"))

    def __repr__(self) -> str:
        return str(self._view())

    def _repr_html_(self) -> str:
        return self._view()._repr_html_()


class OpenWorkspace:
    """A workspace and what can be done with it. The engine starts when a row is first asked for, and stays until ``close``.

    Args:
        workspace: folder of tables, checkpoints and reports; None for that of the configuration.
        env: named environment, a file in ``conf/env``.
        conf: one YAML file or several, laid over the defaults; later ones win.
        assignments: settings as ``section.key=value``, the value read as YAML.
        settings: settings by ``section.key``.
        engine: ``embedded`` or ``spark``; None lets the configuration choose.
        console: where progress is shown.
        debug: whether the log of the engine is shown.
        command: what a person gave to have this done; ``status`` shows it where that broke off.
    """

    def __init__(
        self,
        workspace: str | Path | None = None,
        *,
        env: str = "local",
        conf: str | Path | Iterable[str | Path] = (),
        assignments: Iterable[str] = (),
        settings: Mapping[str, object] | None = None,
        engine: Literal["embedded", "spark"] | None = None,
        console: Console | None = None,
        debug: bool = False,
        command: str = "",
    ) -> None:
        self._command = command
        files = (conf,) if isinstance(conf, str | Path) else conf
        self._env, self._conf, self._assignments = env, tuple(map(Path, files)), tuple(assignments)
        self._settings = {key.replace(".", "__"): value for key, value in (settings or {}).items()}
        if workspace is not None:
            self._settings["workspace"] = str(workspace)
        if engine is not None:
            self._settings["spark__engine"] = engine
        self.console = console or Console()
        self._debug, self._is_named = debug, workspace is not None
        self._opened: list[Workspace] = []

    def __enter__(self) -> OpenWorkspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"workspace {self.config.workspace}"

    def close(self) -> None:
        """Stop the engine, where one was started."""
        for opened in self._opened:
            opened.close()
        if "_copies" in self.__dict__:
            self._copies.cleanup()

    @cached_property
    def config(self) -> Config:
        """The configuration, without what single calls add."""
        return self._configure()

    @property
    def folders(self) -> list[Path]:
        """The folders that calls have opened so far: an error may come of what their disk lacks."""
        return [opened.folder for opened in self._opened]

    def demo(self) -> Run:
        """Run two rounds of the loop on documentation that is already on this machine."""
        return self._execute(self._configure("demo"), ())

    def curate(
        self,
        *inputs: str | Path,
        rules: str | None = None,
        dedup: Literal["minhash", "exact", "none"] = "minhash",
        export: str | Path | None = None,
        format: Literal["jsonl", "parquet"] = "jsonl",
    ) -> Run:
        """Clean and deduplicate files into tables; every cut row keeps its reason.

        Args:
            inputs: files of the formats in ``core.formats``, Delta tables, folders or globs; of this machine or of buckets.
            rules: name or file of the policy that cuts documents.
            dedup: which duplicates are cut.
            export: folder, or address of one in a bucket, that the kept documents are written to.
            format: that of the export.
        """
        own: dict[str, object] = {"ingest__inputs": [str(given) for given in inputs], "dedupe__method": dedup}
        config = self._configure("curate", **own, **({} if rules is None else {"judge__policy": rules}))
        from resonance.factory import curation

        jobs = [step.job.name for step in curation(config)]
        if export is None:
            return self._execute(config, jobs)
        from resonance.curate.signals.privacy import choose_mask
        from resonance.runtime.storage.export import check_target, export_documents

        check_target(export, format, config.ingest.inputs, config.workspace, config.tables)
        done = self._execute(config, jobs)
        rows = export_documents(self._open(config).catalog, export, format, choose_mask(config.clean))
        self._say(f"{rows:,} documents exported to {export}")
        return Run(done.steps, done.report, rows)

    def run(self, *jobs: str, rounds: int | None = None, unchecked: bool = False) -> Run:
        """Run what is missing or stale of the loop, or of the named jobs; say why the rest is skipped."""
        own: dict[str, object] = {} if rounds is None else {"rounds": rounds}
        return self._execute(self._configure(**own, **({"unchecked": True} if unchecked else {})), jobs)

    def plan(self, *jobs: str, rounds: int | None = None) -> View:
        """Show which steps ``run`` would run, why, and how long they took last time; runs nothing."""
        config = self._configure(**({} if rounds is None else {"rounds": rounds}))
        steps = choose_steps(config, jobs)
        from resonance.runtime.run.forecast import show_forecasts, sum_up
        from resonance.runtime.workspace import refuse_unchecked

        asked = [name for name in jobs if name != "report"]
        forecasts = self._open(config, create=True).foresee(steps, asked)
        warnings = (forecast.warning for forecast in forecasts if forecast.warning)
        parts: list[str | Table] = [show_forecasts(forecasts), sum_up(forecasts), *warnings]
        try:
            refuse_unchecked(config, steps, asked)
        except ResonanceError as refusal:
            parts.append(f"but run refuses: {refusal}")
        return View(tuple(parts))

    def register(self, name: str, *files: str | Path, text_field: str | None = None, id_field: str | None = None) -> View:
        """Register an evaluation set: documents that hold an item of it are never trained on. One row is one item."""
        own: dict[str, object] = {"ingest__inputs": [str(file) for file in files], "ingest__demo": False}
        own |= {f"ingest__{key}": field for key, field in (("text_field", text_field), ("id_field", id_field)) if field is not None}
        config = self._configure(**own)
        opened = self._open(config, create=True)
        from resonance.curate.contamination.register import describe_items, read_items, register
        from resonance.tables import EVALUATION_ITEMS

        def make_items(checkpoint: Any) -> DataFrame:
            return register(name, read_items(name, opened.spark, config.ingest, checkpoint), checkpoint)

        opened.fill(EVALUATION_ITEMS, {"set": name}, make_items)
        return View(tuple(describe_items(name, opened.catalog.read(EVALUATION_ITEMS))))

    def fit_scorer(
        self,
        *good: str | Path,
        general: Iterable[str | Path] = (),
        kind: Kind = "classifier",
        out: str | Path | None = None,
        text_field: str | None = None,
        megabytes: int = 32,
    ) -> View:
        """Fit what scores texts on reference texts, write it into one file, and show how well it does on texts held out.

        Args:
            good: files, folders or globs of reference texts.
            general: those of general texts; the documents of the workspace where none are named.
            kind: the signal set that is to be measured with it.
            out: the file; in the current folder, named by what is in it, where none is named.
            text_field: field that holds a row's text.
            megabytes: of each kind of text so much is sampled at most.

        Raises:
            InputError: no general texts are named, and the workspace holds no documents; or there are too few texts.
        """
        from resonance.curate.scorers.fit import describe, fit, read_texts, write_scorer
        from resonance.tables import DOCUMENTS

        own: dict[str, object] = {"ingest__demo": False, "ingest__inputs": [str(file) for file in good]}
        config = self._configure(**own, **({} if text_field is None else {"ingest__text_field": text_field}))
        compared = [str(file) for file in general]
        opened = self._open(config, create=True)
        if not compared and not opened.catalog.exists(DOCUMENTS):
            named = f"name them (--general FILES), or curate documents into workspace {config.workspace} first"
            raise InputError(f"score fit: there are no general texts to hold the good ones against: {named}")
        with opened.scratch("score") as checkpoint:
            texts = read_texts(opened.spark, config.ingest, compared) if compared else opened.frames()["documents"]
            fitted = fit(
                kind, read_texts(opened.spark, config.ingest, config.ingest.inputs), texts, megabytes, config.seed, checkpoint
            )
        path = write_scorer(fitted.scorer, out)
        recorded = opened.track_scorer(fitted.name, path, fitted.scorer.about, fitted.verdict.measures)
        return View(describe(fitted, path, bool(recorded)))

    def annotate(self, *recipes: str, models: str | Path | None = None) -> View:
        """Annotate the documents of the batch by recipes of Spark NLP, where that is not done yet, and show what was found.

        Args:
            recipes: names or files; those of ``annotate.recipes`` where none are named.
            models: folder of the models that they name.

        Raises:
            ResonanceError: there are no documents, no recipe, or no Spark NLP.
        """
        from resonance.app.annotations import annotate_documents

        own: dict[str, object] = {"annotate__recipes": list(recipes)} if recipes else {}
        own |= {} if models is None else {"annotate__models": str(models)}
        return annotate_documents(self._open(self._configure(**own)), self.console)

    def fit_annotator(
        self,
        kind: Fittable,
        *labelled: str | Path,
        folder: str | Path,
        separator: str = "/",
    ) -> View:
        """Fit a tagger, a segmenter of words (``token``), or what knows sentiments or lemmas, and show how well it does.

        Args:
            kind: what it is to find.
            labelled: files with a sentence a line, its words as ``word/TAG`` with white space between them; for ``sentiment`` a
                text a line, as ``positive<TAB>text`` or ``negative<TAB>text``; for ``lemma`` a word a line, as ``form<TAB>lemma``.
            folder: the model's, which a recipe names; its measures are written beside it, as JSON.
            separator: what stands between word and tag.
        """
        from resonance.app.annotations import fit_annotator

        opened = self._open(self.config, create=True)
        return fit_annotator(opened, kind, labelled, Path(folder), separator)

    def judge(self, policy: str, *, apply: bool = False) -> View:
        """Show what another policy would cut and keep, from stored signals; with ``apply`` write its verdicts."""
        config = self._configure(judge__policy=policy)
        opened = self._open(config)
        from resonance.app.rules import propose_on
        from resonance.curate.judge import asked_rules, rewriting
        from resonance.factory import JUDGING, MEASURING
        from resonance.report.facts.steps import find_hidden
        from resonance.report.terminal.changes import describe_changes, find_changes

        documents, now, then = propose_on(opened)
        with opened.scratch("judge") as checkpoint:
            then = checkpoint(then, "then")
            excerpts, hidden = self.console.is_terminal, find_hidden(opened.frames()["steps"].collect())
            found = find_changes(documents, now, then, checkpoint=checkpoint, excerpts=excerpts, hidden=hidden)
            note = rewriting(documents, config.judge.policy)
            view = View((*describe_changes(found), *((note,) if note else ())))
            if not apply:
                return View((*view.parts, "nothing was written; --apply writes it"))
            view.show(self.console)
            with closing(opened.events(self.console, 1)) as events:
                opened.rerun(JUDGING, MEASURING, events, (then, asked_rules(documents, config.judge.policy, config.batch)))
        return View(("steps that build on it are stale now: curate or run again with these rules",))

    @property
    def searches(self) -> Searches:
        """Better thresholds of policies, searched and verified."""
        from resonance.app.searches import Searches

        return Searches(self.rules)

    @property
    def comparisons(self) -> Comparisons:
        """Versions of policies compared beyond their campaigns."""
        from resonance.app.comparisons import Comparisons

        return Comparisons(self.rules)

    @cached_property
    def rules(self) -> Rules:
        """What rules do to texts, and which of their versions judge."""
        from resonance.app.rules import Rules

        return Rules(self.config, self._open, self.console)

    def explain(self, number: int | None = None, *, sample: str | None = None) -> View:
        """Show a plan: what a round draws from each slice and why; or what it does with one document, ``sample``."""
        from resonance.report.terminal.views import describe_sample, describe_value, list_weights

        frames = self._read().frames()
        if sample is not None:
            return View(tuple(describe_sample(frames, sample, number)))
        weights = list_weights(frames, number)
        return View((*describe_value(frames, number), weights))

    def compare(self, first: int, second: int) -> View:
        """Show two rounds side by side: whether each was worth it, weights and held-out bits per byte of each slice."""
        from resonance.report.terminal.rounds import compare_rounds

        return View(tuple(compare_rounds(self._read().frames(), first, second)))

    def why(self, asked: str) -> View:
        """Tell what became of a document: where it came from, which rule cut it, its cluster, draws and losses; or why a slice is
        weak: its weights, held-out losses, and every test of its verdicts.

        Args:
            asked: a doc_id or source key, predicates as in table verdicts, or a slice of the plan.
        """
        from resonance.report.terminal.verdicts import describe_slice
        from resonance.report.terminal.views import describe_document

        frames = self._read().frames()
        return View(tuple(describe_slice(frames, asked) or describe_document(frames, asked)))

    def attribute(self, number: int | None = None, *, unchecked: bool = False) -> Run:
        """Find weak slices of a round (the newest that was trained by default) and tell why they are, by models trained for it."""
        config, steps = self._choose_attribution(number, unchecked)
        return self._execute(config, list(dict.fromkeys(step.job.name for step in steps)))

    def forecast_attribution(self, number: int | None = None) -> View:
        """Show which models ``attribute`` would train, on how many tokens, and how long that is likely to take; trains none."""
        from resonance.runtime.run.costs import show_costs

        config, asked = self._choose_attribution(number)
        names = list(dict.fromkeys(step.job.name for step in asked))
        opened = self._open(config)
        forecasts = opened.foresee(choose_steps(config, names), names)
        mine = [forecast for forecast in forecasts if forecast.step in asked]
        return View(show_costs(mine, config, opened.catalog, config.rounds))

    def verdicts(self, number: int | None = None) -> View:
        """Show why slices of a round (the newest that was looked at by default) are weak, and what no test could decide; below it
        the work that is open now, and what closed other work.
        """
        from resonance.report.terminal.verdicts import list_verdicts, list_work

        opened = self._read()
        return View((*list_verdicts(opened.frames(), number), *list_work(opened.follow_work())))

    def close_work(self, item: str, *, name: str, reason: str) -> View:
        """Close work on a weak slice: it is done, or let be; who says so, and why, is kept in table ``approvals``.

        A later round that finds the slice weak for the same cause opens it again.

        Args:
            item: its name, or the beginning of it, as `verdicts` lists it.
            name: who closes it.
            reason: why.

        Raises:
            ResonanceError: no open item is called so, or there is no name or reason.
        """
        from resonance.core.gates import require_signature
        from resonance.core.work import CLOSE, find_open

        require_signature("close: a decision", name, reason)
        opened = self._open(self.config)
        work = find_open(opened.follow_work(), item)
        opened.sign((f"slice {work.row['slice']}", CLOSE, work.decision), name, reason, "close")
        return View((f"{name} closes {work.row['item']} ({work.row['slice']}, {work.row['cause']}): {reason}",))

    def draft_work(self, number: int | None = None, output: str | Path | None = None) -> str:
        """Draft what to ask for after a round (the newest that was looked at by default), as YAML: each line with its evidence, or
        marked as a guess. Written to ``output`` where one is given.

        Raises:
            ResonanceError: slices of that round were not looked at.
        """
        from resonance.control.draft import draft_work
        from resonance.core.moves import find_metric, parse_moves
        from resonance.report.files import check_folder, write_file
        from resonance.report.terminal.verdicts import choose_round
        from resonance.tables import VERDICTS, WORK_ITEMS

        file = None if output is None else check_folder(output, "suggest")
        opened = self._read()
        rows, items = opened.catalog.rows(VERDICTS), opened.catalog.rows(WORK_ITEMS)
        chosen = choose_round(opened.frames(), rows, number)
        mine, asked = ([row for row in given if row["round"] == chosen] for given in (rows, items))
        moves = parse_moves(self.config.propose.moves, "of propose.moves")
        draft = draft_work(mine, asked, moves, find_metric(self.config.task), chosen)
        if file is not None:
            write_file(draft, file, "suggest")
        return draft

    def _choose_attribution(self, number: int | None, unchecked: bool = False) -> tuple[Config, tuple[Step, ...]]:
        """The configuration of a round that was trained, and every step that says why its slices are weak.

        Raises:
            ResonanceError: it was not trained.
        """
        from resonance.factory import attribution

        rounds = self._open(self.config).list_rounds()
        if not rounds:
            raise ResonanceError("attribute: no round was trained in this workspace yet; `resonance run` trains one")
        if number is not None and number not in rounds:
            raise ResonanceError(f"attribute: round {number} was not trained: there are rounds {rounds}")
        own: dict[str, object] = {"rounds": rounds[-1] if number is None else number}
        config = self._configure(**own, **({"unchecked": True} if unchecked else {}))
        return config, attribution(config, config.rounds)

    def status(self, prometheus: str | Path | None = None) -> View:
        """What the workspace is doing: its rounds, the step that runs now, steps that broke off with the command that goes on, and
        gates that are not passed.

        Args:
            prometheus: a file that the same is written to as metrics, for a collector of Prometheus to read.
        """
        from resonance.report.terminal.status import describe_status
        from resonance.runtime.workspace import LOG

        ran = (Path(self.config.workspace).expanduser() / LOG).is_file()  # even the first step may have broken off
        opened = self._open(self.config, create=ran, reads=True)
        status = opened.look()
        lines = tuple(describe_status(status, str(self.config.workspace)))
        if prometheus is None:
            return View(lines)
        from resonance.runtime.metrics import write_metrics

        write_metrics(status, opened.counts(), Path(prometheus))
        return View((*lines, f"metrics: {prometheus}"))

    def files(self) -> View:
        """The files that batches were read from: what the last run read, took over, or found deleted, and which documents went."""
        from resonance.report.terminal.files import describe_files

        return View(tuple(describe_files(self._read().frames())))

    @property
    def tables(self) -> View:
        """All tables with their versions and rows."""
        return self.list_tables()

    def list_tables(self, *, hash: bool = False) -> View:
        """All tables with their versions and rows, and where ``hash`` is set a hash that equal runs reproduce."""
        from resonance.report.terminal.views import list_tables

        opened = self._read()
        return View((list_tables(opened.versions(), opened.counts(), opened.digests() if hash else None),))

    @property
    def frames(self) -> Mapping[str, DataFrame]:
        """Every table by name, read when it is asked for; empty for those that were not written yet."""
        return self._read().frames()

    def frame(self, table: str) -> DataFrame:
        """One table as a frame.

        Raises:
            ResonanceError: there is no table of that name.
        """
        frames = self.frames
        if table not in frames:
            raise ResonanceError(f"no table {table!r}: choose from {', '.join(sorted(frames))}")
        return frames[table]

    def report(self, files: Iterable[str | Path] = ()) -> Path:
        """Draw the report again: one HTML file, whose path comes back.

        Args:
            files: further files of the same, whose names end in .html, .md or .json.
        """
        from resonance.report.build import FORMATS
        from resonance.report.files import check_file

        return write_report(self._read(), [check_file(file, "report", FORMATS) for file in files])

    def maintain(self, keep_rounds: int = 2) -> View:
        """Compact and sort tables, and remove files that the manifests of the newest rounds do not need."""
        from resonance.runtime.run.manifest import find_oldest
        from resonance.runtime.storage.retention import count_hours

        opened = self._open(self.config)
        since = find_oldest(opened.catalog, keep_rounds)
        names = opened.maintain(since)
        return View((f"{len(names)} tables compacted; versions of the last {count_hours(since):,} hours stay readable",))

    def operators(self, data: DataFrame | str | Path | None = None, contract: str | Path | None = None, *, table: str = "") -> View:
        """List the operators of an assessment; with a dataset and its contract, whether each can be measured, or why not."""
        from resonance.assess.show import list_operators

        if data is None or contract is None:
            return View((list_operators(),))
        from resonance.assess.assess import list_states
        from resonance.assess.contracts import parse_dataset
        from resonance.runtime.parts import name_failures

        data, promised = locate(data), parse_dataset(read_contract(contract), str(contract), table or None)
        self._say_unread(promised, str(contract))
        with name_failures(data, self._lay_lines):
            return View((list_operators(list_states(self._dataset(data), promised, self._records(data, promised, contract))),))

    def assess(
        self,
        data: DataFrame | str | Path,
        contract: str | Path,
        *,
        table: str = "",
        profile: str = "",
        now: datetime | None = None,
        output: str | Path | None = None,
        report: Iterable[str | Path] = (),
        language: Literal["en", "zh"] | None = None,
    ) -> View:
        """Measure a dataset against its contract, and grade it.

        Where the workspace was named and ``data`` is a path, its tables keep the assessment and hold it against earlier ones of the
        same path; of a Delta table only those files are read that came since. Ages are taken anew.

        Args:
            data: a frame, a table of this workspace, or a file or folder: Delta, Parquet, CSV, JSON.
            contract: its contract, an ODCS 3.2 file.
            table: which table of the contract it is, where there are several.
            profile: weights, by name or file; those of the contract's stage where none are named.
            now: the moment at which ages are taken, now where none is given.
            output: a file to which every result is written as JSON.
            report: files of a report, whose names end in .html, .md or .json; one that ends in .jsonld is the dataset's card.
            language: of the report; that of the configuration where none is given.
        """
        from resonance.assess.card import describe_dataset
        from resonance.assess.contracts import parse_dataset
        from resonance.assess.operators import BY_ID
        from resonance.assess.show import describe_assessment, list_plain
        from resonance.report.assessment.build import CARD, FORMATS, write_report
        from resonance.report.files import check_file, check_folder, refuse_read, write_file
        from resonance.runtime.lineage import tell_run
        from resonance.runtime.parts import name_failures
        from resonance.runtime.profiles import load_profile

        data = locate(data)
        reports = [check_file(file, "assess", FORMATS) for file in report]
        plain_file = None if output is None else check_folder(output, "assess")
        for file in (*reports, *([plain_file] if plain_file else ())):
            refuse_read(file, "assess", (data, contract))
        promised = parse_dataset(read_contract(contract), str(contract), table or None)
        self._say_unread(promised, str(contract))
        weights = load_profile(profile or promised.stage, frozenset(BY_ID))
        records = self._records(data, promised, contract)
        version = str(records.history[-1].version) if records.history else ""
        asked = {"contract": promised.version, "profile": weights.title}
        source = [self._name(data, promised.table, version)]
        with name_failures(data, self._lay_lines), tell_run(self.config.lineage, "assess", source, asked) as told:
            found, quality = self._measure(data, promised, weights, now or datetime.now(UTC), records)
            told.quality[0] = quality
        if plain_file is not None:
            plain = json.dumps(list_plain(found), ensure_ascii=False, indent=1, allow_nan=False, default=str)
            write_file(plain + "\n", plain_file, "assess")
        for file in reports:
            card = describe_dataset(promised, records) if file.suffix.lower() == CARD else {}
            summary, spoken = replace(quality, card=card), language or self.config.report.language
            write_report(summary, file, spoken, self.config.clean.hidden)
        return View(tuple(describe_assessment(found, quality.unusual)))

    def approve(self, gate: str, *, name: str, reason: str, dataset: str = "documents") -> View:
        """Let a dataset through a gate that it did not pass; who did, and why, is kept in table ``approvals``.

        It holds for the newest assessment of the dataset alone: other rows or another contract ask for another approval.

        Raises:
            ResonanceError: there is no such gate, nothing to approve, or no name or reason.
        """
        from resonance.core.gates import GATES, find_gate, require_signature
        from resonance.tables import QUALITY_GATE

        if gate not in GATES:
            raise ResonanceError(f"approve: no gate {gate!r}: there are {', '.join(GATES)}")
        require_signature("approve: an approval", name, reason)
        opened = self._open(self.config)
        path = name_dataset(dataset)
        dataset = path if Path(path).exists() else dataset
        rows = opened.catalog.rows(QUALITY_GATE)
        row = find_gate(rows, gate, dataset)
        if row is None:
            known = ", ".join(sorted({row["dataset"] for row in rows if row["gate"] == gate})) or "no dataset"
            raise ResonanceError(f"approve: no assessment of {dataset} says anything of gate {gate}: it is known of {known}")
        if row["state"] == "passed":
            raise ResonanceError(f"approve: {dataset} passed gate {gate} in round {row['round']}; there is nothing to approve")
        opened.sign((dataset, gate, row["assessment"]), name, reason, "approve")
        return View((f"{name} lets {dataset} through gate {gate} in round {row['round']}: {reason}", *row["reasons"]))

    def suggest(self, data: DataFrame | str | Path, table: str = "", output: str | Path | None = None) -> str:
        """Draft a contract of a dataset, as YAML, in which every guess is marked; written to ``output`` where one is given.

        Raises:
            InputError: there is a file of that name, which somebody may have corrected, or no folder for it.
        """
        from resonance.assess.suggest import suggest_contract
        from resonance.report.files import check_folder, refuse_read, write_file
        from resonance.runtime.parts import name_failures

        if output is not None:
            refuse_read(check_folder(output, "assess"), "assess", (data,))
            if Path(output).exists():
                raise InputError(f"assess: {output} exists, and a draft would replace it; take it away, or name another file")
        name = table or (Path(data).stem if isinstance(data, str | Path) else "dataset")
        with name_failures(data, self._lay_lines):
            draft = suggest_contract(self._dataset(data), name)
        if output is not None:
            write_file(draft, Path(output), "assess")
        return draft

    def _dataset(self, data: DataFrame | str | Path) -> DataFrame:
        """The rows of a frame, a table of this workspace, or a path."""
        if not isinstance(data, str | Path):
            return data
        from resonance.runtime.datasets import open_dataset

        if self._is_table(data):
            return self.frame(str(data))
        return open_dataset(self._open(self.config, create=True).spark, str(data), self._lay_lines)

    def _lay_lines(self, file: Path, format: str, codec: str) -> Path | None:
        """A copy of a JSON file that engines do not read as it stands, which is there until ``close``; None for others."""
        from resonance.curate.sources.json import lay_lines

        return lay_lines(file, format, codec, Path(self._copies.name))

    @cached_property
    def _copies(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(dir=own_folder())

    def _name(self, data: DataFrame | str | Path, table: str, version: str) -> Source:
        """A dataset as events of lineage name it: a path, a table of this workspace, or a frame by its contract."""
        from resonance.runtime.lineage import Source, name_file, name_table

        if not isinstance(data, str | Path):
            return Source(self.config.lineage.namespace, table)
        return name_file(Path(data), version) if Path(data).exists() else name_table(self.config, str(data))

    def _measure(
        self, data: DataFrame | str | Path, promised: DatasetContract, weights: Profile, now: datetime, records: Records
    ) -> tuple[Assessment, Quality]:
        """An assessment, and what a report tells of it; tables keep that of a path, and say what they keep of earlier ones."""
        from resonance.assess.assess import assess
        from resonance.assess.pieces import Piece
        from resonance.assess.recorded import assess_again, recall
        from resonance.assess.summary import summarise
        from resonance.core.gates import DOCUMENTS, RULES

        if isinstance(data, str | Path) and self._is_named and not self._is_table(data):
            from resonance.runtime.parts import open_parts

            opened = self._open(self.config, create=True)
            kept = recall(opened.catalog, name_dataset(data))
            given = open_parts(opened.spark, str(data), self._lay_lines, (piece.version for piece in kept.pieces))
            pieces = [Piece(part.name, part.mark, part.rows, part.version) for part in given.parts]
            rows = assess_again(kept, given.rows, pieces, given.version, promised, weights, now, records)
            opened.replace(rows.list_writes(given.rows), {"job": "assess"})
            past, unusual = kept.list_past(rows.round), rows.list_unusual()
            return rows.found, summarise(rows.found, promised, weights, given.version, rows.list_gates(kept), past, unusual)
        found = assess(self._dataset(data), promised, weights, now, records)
        if isinstance(data, str | Path) and str(data) == DOCUMENTS and self._is_table(data):
            kept = recall(self._read().catalog, DOCUMENTS)
            gates = [gate for gate in kept.list_gates() if gate.name != RULES]
            return found, summarise(found, promised, weights, "", gates, kept.list_past())
        return found, summarise(found, promised, weights, str(records.history[-1].version) if records.history else "")

    def _is_table(self, data: str | Path) -> bool:
        """Whether a name means a table of this workspace: a path of that name comes first."""
        from resonance.tables import TABLES

        return str(data) in {table.name for table in TABLES} and not Path(data).exists()

    def _records(self, data: DataFrame | str | Path, promised: DatasetContract, contract: str | Path) -> Records:
        """What an assessment is handed beside the rows."""
        from resonance.runtime.records import open_records

        path = Path(data) if isinstance(data, str | Path) else None
        tables, problems = self._open_others(promised, Path(contract).parent)
        known = open_records(promised, Path(contract).parent, path)
        return replace(known, simplify=simplify, tables=tables, table_problems=problems, count_redundant=self._count_redundant)

    def _count_redundant(self, rows: DataFrame, id: str, text: str, jaccard: float, shingle: int) -> int | None:
        """How many of few texts are like another one that stays, as deduplication finds them."""
        from resonance.curate.duplicates.redundant import count_redundant
        from resonance.runtime.run.scratch import Scratch

        with TemporaryDirectory(dir=own_folder()) as folder:
            scratch = Scratch(rows.sparkSession, Path(folder) / "near")
            return count_redundant(rows, id, text, jaccard, shingle, most=MOST_COMPARED, checkpoint=scratch)

    def _open_others(self, promised: DatasetContract, folder: Path) -> tuple[dict[str, DataFrame], dict[str, str]]:
        """Other tables that a contract names, as files beside it or tables of this workspace, and why one cannot be opened."""
        given = promised.declared.get("tables")
        tables: dict[str, DataFrame] = {}
        problems: dict[str, str] = {}
        for name, place in given.items() if isinstance(given, Mapping) else ():
            beside = folder / str(place)
            try:
                tables[str(name)] = self._dataset(beside if beside.exists() else str(place))
            except ResonanceError as error:
                problems[str(name)] = str(error)
        return tables, problems

    def _configure(self, job: str = "", /, **own: object) -> Config:
        from resonance.runtime.conf import load

        return load(self._env, job, self._conf, self._assignments, **{**self._settings, **own})

    def _open(self, config: Config, *, create: bool = False, reads: bool = False) -> Workspace:
        from resonance.runtime.workspace import Workspace

        opened = Workspace(config, create=create, reads=reads, debug=self._debug, command=self._command)
        self._opened = [*[before for before in self._opened if before.started][-1:], opened]
        return opened

    def _read(self) -> Workspace:
        return self._open(self.config, reads=True)

    def _say(self, line: str) -> None:
        View((line,)).show(self.console)

    def _say_unread(self, promised: DatasetContract, where: str) -> None:
        from resonance.assess.show import describe_unread

        for line in describe_unread(promised, where):
            self._say(line)

    def _execute(self, config: Config, jobs: Sequence[str]) -> Run:
        """Run steps of the loop, write the manifests and the report."""
        from resonance.factory import ASSESS, CLEANING, DEDUPE

        steps = choose_steps(config, jobs)
        asked = [name for name in jobs if name != "report"]
        chosen = [step for step in steps if not jobs or step.job.name in jobs]
        if not config.ingest.demo and chosen:
            from resonance.runtime.workspace import refuse_unchecked

            refuse_unchecked(config, steps, asked)
        if any(step.job is ASSESS for step in chosen):
            from resonance.assess.documents import read_promises

            self._say_unread(read_promises(config.assess)[0], "assess.contract")
        if config.dedupe.method == "minhash" and any(step.job is DEDUPE for step in chosen):
            from resonance.curate.duplicates.reach import reach

            self._say(reach(config.dedupe))
        if config.clean.names and any(step in CLEANING for step in chosen):
            from resonance.curate.signals.privacy import SLOWLY

            self._say(SLOWLY)
        opened = self._open(config, create=True)
        done: list[Outcome] = []
        with open_reporter(opened) as reporter:
            if chosen:
                with closing(opened.events(self.console, len(chosen))) as events:
                    if config.ingest.demo:
                        register_demo(opened)
                    done = opened.run(steps, asked, events)
            report = write_report(opened) if reporter is None else reporter.write(config)
        self._say(f"report: {report}")
        opened.track()
        return Run(tuple(done), report)


def read_contract(file: str | Path) -> str:
    """The text of a contract.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read contract {file}: {getattr(error, 'strerror', None) or error}") from None


def name_dataset(given: str | Path) -> str:
    """What tables call a dataset that lies outside of the workspace: its path, from the root."""
    from resonance.core.sources import input_path

    return str(input_path(str(given)).resolve())


def locate(data: DataFrame | str | Path) -> DataFrame | str | Path:
    """A dataset that is given by an address of this machine, ``file://…``, by its path; others as they are."""
    from resonance.core.sources import input_path

    return input_path(data) if isinstance(data, str) and data.startswith("file://") else data


def simplify(text: str) -> str:
    """A Chinese text in its simplified form."""
    from resonance.curate.kernels.text.words import map_simplified

    return text.translate(map_simplified())


def choose_steps(config: Config, jobs: Sequence[str]) -> tuple[Step, ...]:
    """The steps of the loop under this configuration; jobs on demand are among them where one is named.

    Raises:
        ResonanceError: a job is unknown or has nothing to do, or no input or scorer is named where one is needed.
    """
    from resonance.curate.signals.privacy import refuse_taken_types, refuse_without_model
    from resonance.factory import JOBS, loop, on_demand
    from resonance.runtime.scorers import refuse_unscored

    names = {job.name for job in JOBS} | {"report"}
    if unknown := sorted(set(jobs) - names):
        raise ResonanceError(f"unknown job {', '.join(unknown)}: choose from {', '.join(sorted(names))}")
    if not config.ingest.demo and not config.ingest.inputs:
        raise ResonanceError("no input: name files with --set ingest.inputs=[…] or a --conf file, or use `resonance demo`")
    refuse_unscored(config.clean)
    refuse_without_model(config.clean)
    refuse_taken_types(config.clean)
    steps = loop(config)
    steps += tuple(step for step in on_demand(config, jobs) if step not in steps)
    if idle := sorted(set(jobs) - {"report"} - {step.job.name for step in steps}):
        needs = ", ".join(f"{job.name} needs {job.only_with}" for job in JOBS if job.name in idle)
        raise ResonanceError(f"{', '.join(idle)}: nothing to do under these settings; {needs}")
    return steps


def register_demo(opened: Workspace) -> None:
    """Register the demo's own evaluation set, where none is registered, so that the demo shows what one does."""
    from resonance.curate.contamination.register import DEMO, demo_items, register
    from resonance.tables import EVALUATION_ITEMS

    if not opened.catalog.exists(EVALUATION_ITEMS):
        opened.fill(EVALUATION_ITEMS, {"set": DEMO}, lambda checkpoint: register(DEMO, demo_items(opened.spark), checkpoint))
