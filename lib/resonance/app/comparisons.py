"""What `resonance rules vault` and `watch` do on a workspace: train two versions of a policy, and keep how they differ."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from resonance.app.arms import Arms, count_judges, estimate_seconds, list_used_seeds, open_round
from resonance.app.rules import refuse_unread
from resonance.app.view import View
from resonance.control.search.comparisons import SEEDS, Comparison, conclude, plan_vault, plan_watch
from resonance.control.search.measure import CANDIDATE, INCUMBENT
from resonance.control.search.rungs import make_seed, refuse_seeds
from resonance.core.errors import InputError, ResonanceError
from resonance.core.gates import name_policy, require_signature
from resonance.runtime.policies import parse_text
from resonance.tables import CAMPAIGNS, RULE_COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resonance.app.rules import Book, Rules
    from resonance.core.policy import Policy
    from resonance.runtime.workspace import Workspace

RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass
class Comparisons:
    """Comparisons of versions of a policy beyond its campaigns.

    Args:
        rules: of the workspace.
    """

    rules: Rules

    def open_vault(
        self, policy: str, *, release: str, name: str, reason: str, tokens: int | None = None, dry_run: bool = False
    ) -> View:
        """Compare what judges now with what judged at the release before, on documents on which no rule was ever chosen.

        Args:
            policy: its name.
            release: a name; the vault is opened once for each.
            name: who opens it.
            reason: why.
            tokens: of each training; None for those of the policy's newest campaign.
            dry_run: whether its cost is all that is told.

        Raises:
            ResonanceError: the vault was opened for the release, nothing was adopted since the one before, nobody signs, or no
                model was trained.
        """
        if not RELEASE.fullmatch(release):
            raise ResonanceError(f"rules vault: {release!r} names no release: up to 64 letters, digits, points, dashes")
        require_signature("rules vault: opening it", name, reason)
        opened, number = open_round(self.rules.open(), self.rules.console, "rules vault")
        book = self.rules.open_book(opened, policy)
        compared, length = self._read(opened, policy), self._find_length(opened, policy, tokens)
        planned = plan_vault(book.rows, compared, book.judging, release, number, length)
        signed = (name_policy(policy), "vault", f"{policy}@{planned.after}, release {release}")
        return self._compare(opened, book, planned, dry_run, (signed, name, reason))

    def watch(self, policy: str, *, tokens: int | None = None, dry_run: bool = False) -> View:
        """Compare an adopted version with the one whose place it took, by the model of a round after that.

        Args:
            policy: its name.
            tokens: of each training; None for those of the policy's newest campaign.
            dry_run: whether its cost is all that is told.

        Raises:
            ResonanceError: nothing was adopted, no round was trained since, or the version was watched long enough.
        """
        opened, number = open_round(self.rules.open(), self.rules.console, "rules watch")
        book = self.rules.open_book(opened, policy)
        compared, length = self._read(opened, policy), self._find_length(opened, policy, tokens)
        planned = plan_watch(compared, book.judging, number, length)
        return self._compare(opened, book, planned, dry_run)

    def _compare(
        self,
        opened: Workspace,
        book: Book,
        planned: Comparison,
        dry_run: bool,
        signature: tuple[tuple[str, str, str], str, str] | None = None,
    ) -> View:
        """Tell the cost, train both sides, and keep the row."""
        from resonance.report.terminal.comparisons import describe_comparison, describe_cost

        judges = count_judges(opened, planned.arms)
        if not judges:
            raise InputError(
                f"{planned.name}: no held-out document is there to judge it; a larger rebalance.heldout_share sets more aside"
            )
        trainings = 2 * SEEDS
        seconds = estimate_seconds(opened, planned.round, trainings, trainings * planned.tokens, judges)
        told = describe_cost(planned.name, trainings, trainings * planned.tokens, judges, seconds)
        sides = self._read_sides(book, planned)
        for policy in sides.values():
            for batch in book.batches:
                refuse_unread(opened, policy, batch)
        seeds = {place: make_seed(planned.name, planned.kind, place) for place in range(SEEDS)}
        refuse_seeds(planned.name, list(seeds.values()), list_used_seeds(opened.catalog))
        if dry_run:
            return View((*told, "nothing was trained; without --dry-run it is"))
        View(tuple(told)).show(self.rules.console)
        with closing(opened.events(self.rules.console, 4 * SEEDS)) as events:
            arms = Arms(opened, planned.round, events)
            runs, broken = arms.train_sides(planned.arms, sides, planned.tokens, seeds)
            if broken:
                raise ResonanceError(f"{planned.name}: {broken}: nothing was compared")
            found = arms.compare(runs, list(seeds.values()), lambda _: True)
        row = conclude(planned, found, list(seeds.values()), datetime.now(UTC))
        opened.replace([(RULE_COMPARISONS, [row], planned.key)], {"job": f"rules {planned.kind}"})
        if signature is not None:
            opened.sign(*signature, f"rules {planned.kind}")
        return View(tuple(describe_comparison(row)))

    def _read_sides(self, book: Book, planned: Comparison) -> Mapping[str, Policy]:
        """Both policies, each under the version that judges: arms read the verdicts of its batches."""
        texts: dict[int, Any] = {row["version"]: row["text"] for row in book.rows}
        before, after = (parse_text(texts[version], book.policy) for version in (planned.before, planned.after))
        return {INCUMBENT: before.model_copy(update={"version": after.version}), CANDIDATE: after}

    def _read(self, opened: Workspace, policy: str) -> list[dict[str, Any]]:
        return [row for row in opened.catalog.rows(RULE_COMPARISONS) if row["policy"] == policy]

    def _find_length(self, opened: Workspace, policy: str, tokens: int | None) -> int:
        """Tokens of each training: those that are given, or those of the newest campaign of the policy."""
        from resonance.core.search import Search

        if tokens is not None:
            return tokens
        mine = [row for row in opened.catalog.rows(CAMPAIGNS) if row["policy"] == policy]
        if not mine:
            raise ResonanceError(f"rules: no campaign of {policy} says how long a training is: give --tokens")
        return Search.model_validate_json(max(mine, key=lambda row: row["begun_at"])["search"]).tokens
