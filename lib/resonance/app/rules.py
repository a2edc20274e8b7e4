"""What `resonance rules` does on a workspace: what rules do to texts, and which of their versions judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from resonance.app.view import View
from resonance.core.errors import ResonanceError
from resonance.core.gates import name_policy

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from rich.console import Console

    from resonance.control.versions import Decided
    from resonance.core.policy import Policy
    from resonance.core.settings import Config
    from resonance.runtime.workspace import Workspace


@dataclass(frozen=True)
class Book:
    """What is known of the versions of a policy.

    Args:
        rows: rows of ``rule_versions``, those of versions that judge among them.
        standing: the versions that judge some batch: one, unless a decision was cut off.
        batches: those that it judges.
        decisions: how many were taken about it so far.
    """

    policy: str
    rows: tuple[Mapping[str, Any], ...]
    standing: frozenset[int]
    batches: tuple[str, ...]
    decisions: int

    @property
    def judging(self) -> Mapping[str, Any]:
        """The version that judges.

        Raises:
            ResonanceError: several do, as a decision was cut off.
        """
        if len(self.standing) > 1:
            titles = ", ".join(f"{self.policy}@{version}" for version in sorted(self.standing))
            raise ResonanceError(
                f"rules: {titles} judge at once, as a decision was cut off: `resonance rules adopt` one of them again"
            )
        return next(row for row in self.rows if row["version"] in self.standing)

    def number(self, version: int) -> str:
        """What names the next decision: the version that it is about, and its place in the history of the policy."""
        return f"{self.policy}@{version}, decision {self.decisions + 1}"


class Rules:
    """The rules of a workspace; its methods are the commands of `resonance rules`.

    Args:
        config: of the workspace.
        open_with: opens the workspace with a configuration; ``reads`` where rows are only looked at.
        console: where progress is shown.
    """

    def __init__(self, config: Config, open_with: Callable[..., Workspace], console: Console) -> None:
        self.config, self.console, self._open_with = config, console, open_with

    def open(self, *, reads: bool = False) -> Workspace:
        """The workspace; ``reads`` where its rows are only looked at."""
        return self._open_with(self.config, reads=reads)

    def effect(self, rule: str | None = None, *, score: bool = False) -> View:
        """Measure what each rule of the policies does, where that is not known yet, and show it; of one ``rule`` by slice too.

        Args:
            rule: its name.
            score: whether the model of the newest round reads some thousand documents that rules cut or kept, to compare them.

        Raises:
            ResonanceError: there is no such rule, or no model to score with.
        """
        opened = self.open()
        from resonance.core.job import Step
        from resonance.factory import JUDGED, MEASURE_RULES, SCORE_SHADOW, TRAIN, shadowed
        from resonance.report.terminal.rules import describe_effects
        from resonance.tables import RULE_EFFECTS, RULES

        number = opened.find_round()
        shadow, makers = Step(SCORE_SHADOW, number), shadowed(number)
        if score and not number:
            raise ResonanceError("rules effect: no model was trained in this workspace yet, so none can score; run `resonance run`")
        if number:  # a model reads as it was trained, whatever the settings of today
            opened = self._open_with(opened.recall(Step(TRAIN, number)))
        with closing(opened.events(self.console, 1 + score)) as events:
            if score:
                opened.update(shadow, makers, events)
            scored = (shadow,) if number and opened.stands(shadow, makers) else ()
            opened.update(Step(MEASURE_RULES, number), (*JUDGED, *scored), events)
        effects = [row for row in opened.catalog.rows(RULE_EFFECTS) if row["round"] == number]
        return View(tuple(describe_effects(effects, opened.catalog.rows(RULES), rule)))

    def problems(self) -> View:
        """What is wrong with rules, as the newest measurement of effects, verdicts, comparisons and people's decisions tell it.

        Raises:
            ResonanceError: what rules do was not measured.
        """
        from resonance.control.problems import collect_problems
        from resonance.report.terminal.problems import describe_problems
        from resonance.tables import APPROVALS, RULE_COMPARISONS, RULE_EFFECTS, RULE_VERSIONS, VERDICTS

        rows = self.open(reads=True).catalog.rows
        effects, verdicts = rows(RULE_EFFECTS), rows(VERDICTS)
        if not effects:
            raise ResonanceError("rules problems: what rules do was not measured yet: run `resonance rules effect` first")
        newest = max((row["round"] for row in verdicts), default=0)
        weak = [row for row in verdicts if row["round"] == newest]
        found = collect_problems(effects, weak, rows(RULE_VERSIONS), rows(APPROVALS), rows(RULE_COMPARISONS))
        return View(tuple(describe_problems([asdict(one) for one in found], max(row["round"] for row in effects))))

    def history(self, policy: str | None = None) -> View:
        """Every version of policies that was adopted, tried or refused, who decided and why, and what later comparisons showed."""
        from resonance.control.search.comparisons import list_due
        from resonance.report.terminal.versions import describe_history
        from resonance.tables import APPROVALS, RULE_COMPARISONS, RULE_VERSIONS

        opened = self.open(reads=True)
        rows, compared = (
            [row for row in opened.catalog.rows(table) if policy in (None, row["policy"])]
            for table in (RULE_VERSIONS, RULE_COMPARISONS)
        )
        held = (rows, opened.catalog.rows(APPROVALS), compared)
        return View(tuple(describe_history(*held, list_due(rows, compared, opened.find_round()), policy)))

    def write_versions(self, opened: Workspace, rows: Sequence[Mapping[str, Any]], policy: str, why: str) -> None:
        """Replace all versions of a policy; ``why`` names the command that does."""
        from resonance.tables import RULE_VERSIONS

        opened.replace([(RULE_VERSIONS, rows, {"policy": policy})], {"job": f"rules {why}"})

    def adopt(self, given: str, *, name: str | None = None, reason: str | None = None) -> View:
        """Judge by another version of the policy that judges now: one that is known, as ``NAME@VERSION``, or that of a file.

        Who adopted it, and why, is kept in table ``approvals``; no text is read. `roll_back` gives the tables of before. What a
        campaign verified needs no name and no reason: its verdict is one. Everything else does, and its approval says so.

        Raises:
            ResonanceError: the version is not known, was refused, or was made against another one; its policy judges nothing; or no
                campaign verified it, and no name and reason are given.
        """
        from resonance.control.versions import adopt_version, register_version, take_responsibility
        from resonance.runtime.policies import load_policy, read_text

        opened = self.open()
        if Path(given).suffix in (".yaml", ".yml"):
            policy, text = load_policy(given), read_text(given)
            title, version = policy.name, policy.version
        else:
            title, version = split_title(given)
            text = ""
        book = self.open_book(opened, title)
        rows = register_version(book.rows, title, version, text, None, "draft") if text else book.rows
        approval = book.number(version)
        decided = adopt_version(rows, version, book.standing, opened.find_round(), approval)
        return self._decide(opened, book, decided, ("adopt", approval, *take_responsibility(rows, version, name, reason)))

    def reject(self, given: str, *, name: str, reason: str) -> View:
        """Refuse a version of a policy, ``NAME@VERSION``, for good; who did, and why, is kept in table ``approvals``."""
        from resonance.control.versions import reject_version

        opened = self.open()
        title, version = split_title(given)
        book = self.open_book(opened, title)
        approval = book.number(version)
        return self._decide(opened, book, reject_version(book.rows, version, approval), ("reject", approval, name, reason))

    def roll_back(self, policy: str, *, name: str, reason: str) -> View:
        """Judge by the version before the adopted one again; who asked for it, and why, is kept in table ``approvals``."""
        from resonance.control.versions import roll_back

        opened = self.open()
        book = self.open_book(opened, policy)
        approval = book.number(max(book.standing))
        return self._decide(opened, book, roll_back(book.rows, opened.find_round(), approval), ("rollback", approval, name, reason))

    def open_book(self, opened: Workspace, policy: str) -> Book:
        """What is known of a policy's versions, the one that judges now among them."""
        from resonance.control.versions import register_version, settle_versions
        from resonance.core.policy import read_rules, write_policy
        from resonance.tables import APPROVALS, RULE_VERSIONS, RULES

        asked = opened.catalog.rows(RULES)
        mine = [row for row in asked if row["policy"].rpartition("@")[0] == policy]
        if not mine:
            known = sorted({row["policy"].rpartition("@")[0] for row in asked})
            raise ResonanceError(f"rules: policy {policy}: it judges nothing here; {', '.join(known) or 'no policy'} does")
        rows = [row for row in opened.catalog.rows(RULE_VERSIONS) if row["policy"] == policy]
        known_versions, standing = {row["version"] for row in rows}, set()
        for batch in sorted({row["batch"] for row in mine}):
            judging = read_rules(row for row in mine if row["batch"] == batch)
            standing.add(judging.version)
            if judging.version not in known_versions:
                rows = register_version(rows, policy, judging.version, write_policy(judging), None, "draft")
                known_versions.add(judging.version)
        batches = tuple(sorted({row["batch"] for row in mine}))
        decisions = [row for row in opened.catalog.rows(APPROVALS) if row["dataset"] == name_policy(policy)]
        return Book(policy, tuple(settle_versions(rows, standing)), frozenset(standing), batches, len(decisions))

    def _decide(self, opened: Workspace, book: Book, decided: Decided, said: tuple[str, str, str, str]) -> View:
        """Write versions down, judge every batch of the policy by the one that a decision names, and say who decided."""
        from resonance.control.versions import write_title
        from resonance.core.gates import require_signature
        from resonance.runtime.policies import parse_text

        gate, approval, name, reason = said
        require_signature(f"rules {gate}: a decision", name, reason)
        now = decided.now
        judging = [] if now is None else [(parse_text(now["text"], write_title(now)), batch) for batch in book.batches]
        for policy, batch in judging:
            refuse_unread(opened, policy, batch)
        self.write_versions(opened, decided.rows, book.policy, gate)
        for policy, batch in judging:
            self._judge_again(policy, batch)
        opened.sign((name_policy(book.policy), gate, approval), name, reason, f"rules {gate}")
        if now is None:
            return View((f"{name} rejects {approval.partition(',')[0]}: {reason}",))
        file = opened.folder / "policies" / f"{book.policy}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(now["text"], encoding="utf-8")
        return View(
            (
                f"{name} has {write_title(now)} judge {', '.join(book.batches)}: {reason}",
                f"steps that build on it are stale now; later runs judge by it with --set judge.policy={file}",
            )
        )

    def _judge_again(self, policy: Policy, batch: str) -> None:
        """Write what a policy cuts of a batch, from stored signals."""
        from resonance.core.settings import JudgeSettings
        from resonance.curate.judge import asked_rules
        from resonance.factory import JUDGING, MEASURING

        config = self.config.model_copy(update={"batch": batch, "judge": JudgeSettings(policy=policy)})
        opened = self._open_with(config)
        documents, _, then = propose_on(opened)
        with opened.scratch("judge") as checkpoint, closing(opened.events(self.console, 1)) as events:
            opened.rerun(JUDGING, MEASURING, events, (checkpoint(then, "then"), asked_rules(documents, policy, batch)))


def refuse_unread(opened: Workspace, policy: Policy, batch: str) -> None:
    """Hold what a policy reads against what was measured of a batch.

    Raises:
        ResonanceError: something was not measured; the message names the command that does.
    """
    from resonance.core.job import Turn
    from resonance.curate.judge import refuse_unmeasured

    own = opened.frames()["documents"].where(F.col("batch") == batch)
    refuse_unmeasured(own, opened.signals(), policy, Turn(batch))


def propose_on(opened: Workspace) -> tuple[DataFrame, DataFrame, DataFrame]:
    """The documents of a workspace's batch, their rejects as they stand, and those that its policy would give."""
    from resonance.core.job import Turn
    from resonance.curate.judge import propose_verdicts

    frames, config = opened.frames(), opened.config
    held = (frames["documents"], opened.signals(), frames["rejects"])
    return propose_verdicts(*held, settings=config.judge, turn=Turn(config.batch))


def split_title(given: str) -> tuple[str, int]:
    """Name and version of ``NAME@VERSION``.

    Raises:
        ResonanceError: it is none.
    """
    name, _, version = given.rpartition("@")
    if not name or not version.isdigit():
        raise ResonanceError(f"rules: {given!r} names no version: write NAME@VERSION, or give a file that ends in .yaml")
    return name, int(version)
