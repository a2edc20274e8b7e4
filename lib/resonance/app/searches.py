"""What `resonance rules search` and `verify` do on a workspace: a campaign from its cost to its verdict."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from resonance.app.arms import Arms, count_judges, estimate_seconds, open_round
from resonance.app.campaign import Campaign
from resonance.app.rules import refuse_unread
from resonance.app.view import View
from resonance.control.search.campaign import (
    CHANGED,
    begin_campaign,
    find_campaign,
    name_campaign,
    settle_version,
    void_campaigns,
    write_diff,
)
from resonance.control.search.engines import choose_engine
from resonance.control.search.rungs import count_cost, refuse_cost
from resonance.control.versions import register_version
from resonance.core.durations import write_seconds
from resonance.core.errors import InputError, ResonanceError
from resonance.core.policy import read_rules, write_policy
from resonance.core.search import Search, apply_values
from resonance.core.turns import SELECT
from resonance.factory import trial
from resonance.report.terminal.campaigns import describe_cost, describe_search, describe_verification
from resonance.runtime.policies import parse_text
from resonance.runtime.searches import load_search
from resonance.tables import CAMPAIGNS, RULE_TRIALS, RULE_VERIFICATIONS, RULE_VERSIONS, RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resonance.app.rules import Rules
    from resonance.core.policy import Policy
    from resonance.core.search import Values
    from resonance.runtime.run.progress import Events
    from resonance.runtime.workspace import Workspace


@dataclass
class Searches:
    """Searches of better thresholds, and the verification of what they find.

    Args:
        rules: of the workspace.
    """

    rules: Rules

    def search(self, given: str, *, dry_run: bool = False) -> View:
        """Search better thresholds of a policy, as a file or a recipe says; its cost is told first. A search that was cut off goes
        on with the same trials.

        Args:
            given: name or file of the search.
            dry_run: whether its cost is all that is told.

        Raises:
            ResonanceError: there is no such search, its policy judges nothing here, it costs more than its budget, or none of its
                trials is feasible.
        """
        search, incumbent = load_search(given)
        propose = choose_engine(search)
        opened, number = open_round(self.rules.open(), self.rules.console, f"search {search.name}")
        cost = count_cost(search)
        seconds = estimate_seconds(opened, number, cost.trainings, cost.total, count_judges(opened, SELECT))
        took = "" if seconds is None else write_seconds(seconds)
        told = describe_cost(search.name, cost.trainings, cost.tokens, cost.verification, took)
        try:
            refuse_cost(search, seconds)
        except ResonanceError as refusal:
            if not dry_run:
                raise
            return View((*told, f"but search refuses: {refusal}"))
        self._refuse_stranger(opened, search, incumbent)
        if dry_run:
            return View((*told, "nothing was trained; without --dry-run it is"))
        View(tuple(told)).show(self.rules.console)
        with closing(opened.events(self.rules.console, 2)) as events:
            campaign = self.open_campaign(opened, search, incumbent, number, events)
            if campaign.row["state"] == "searching":
                try:
                    values = campaign.find_best(propose)[1]
                except InputError as error:
                    campaign.keep({**campaign.row, "state": "refused", "reason": str(error)})
                    raise
                self.settle(campaign, values)
            rows = [row for row in opened.catalog.rows(RULE_TRIALS) if row["campaign"] == campaign.name]
            opened.track_campaign(campaign.row, rows, ())
        ended = next(row for row in opened.catalog.rows(CAMPAIGNS) if row["campaign"] == campaign.name)
        return View(tuple(describe_search(ended, rows)))

    def verify(self, name: str) -> View:
        """Verify what a campaign found, on fresh seeds and held-out documents that it has not seen; more seeds until it is sure.

        Args:
            name: of the campaign.

        Raises:
            ResonanceError: there is no such campaign, it is over, what it stood on changed, or nothing judges it.
        """
        read = self.rules.open()
        row = dict(find_campaign(read.catalog.rows(CAMPAIGNS), name))
        opened, number = open_round(self.rules.open(), self.rules.console, f"campaign {name}", row["round"])
        search = Search.model_validate_json(row["search"])
        versions = [one for one in opened.catalog.rows(RULE_VERSIONS) if one["policy"] == row["policy"]]
        mine = next(one for one in versions if one["campaign"] == name)
        texts = {one["version"]: one["text"] for one in versions}
        incumbent, candidate = (parse_text(texts[version], row["policy"]) for version in (mine["parent"], mine["version"]))
        with closing(opened.events(self.rules.console, 2)) as events:
            campaign = Campaign(Arms(opened, number, events), row, search, incumbent)
            if name_campaign(search, self._find_basis(opened, number)) != name:
                campaign.keep({**row, "state": "void", "reason": CHANGED})
                raise ResonanceError(f"rules verify: campaign {name} is void: {CHANGED}; run `resonance rules search` again")
            campaign.begin_verification()
            verdict, shown, alpha = campaign.verify(candidate.model_copy(update={"version": incumbent.version}))
            own = settle_version(mine, shown, verdict, alpha)
            trials, looks = (
                [one for one in opened.catalog.rows(table) if one["campaign"] == name]
                for table in (RULE_TRIALS, RULE_VERIFICATIONS)
            )
            ended = {**campaign.row, "state": verdict.decision, "reason": verdict.reason}
            run = opened.track_campaign(ended, trials, looks)
            rows = [own | {"mlflow_run": run or None} if one["version"] == mine["version"] else one for one in versions]
            self.rules.write_versions(opened, rows, row["policy"], "verify")
            campaign.keep(ended)
        return View(tuple(describe_verification(ended, own, looks)))

    def settle(self, campaign: Campaign, values: Values) -> None:
        """Register what a search chose as a version of its policy that waits for its verification."""
        book = self.rules.open_book(campaign.opened, campaign.row["policy"])
        if campaign.incumbent.version not in {row["version"] for row in book.rows}:
            raise ResonanceError(f"campaign {campaign.name}: {campaign.incumbent.title} does not judge any more")
        mine = next((row for row in book.rows if row["campaign"] == campaign.name), None)
        policy = apply_values(campaign.incumbent, campaign.search, values)
        diff = write_diff(campaign.incumbent, policy)
        if not diff:
            campaign.keep(
                {**campaign.row, "state": "refused", "reason": f"no trial is better than {campaign.incumbent.title} itself"}
            )
            return
        if mine is None:
            version = max(row["version"] for row in book.rows) + 1
            text = write_policy(policy.model_copy(update={"version": version}))
            rows = register_version(book.rows, book.policy, version, text, campaign.incumbent.version, "draft")
            own = {"campaign": campaign.name, "diff": diff, "goal": campaign.search.goal}
            self.rules.write_versions(
                campaign.opened, [row | own if row["version"] == version else row for row in rows], book.policy, "search"
            )
        else:
            version = mine["version"]
        campaign.keep({**campaign.row, "state": "found", "reason": f"{book.policy}@{version} waits for its verification"})

    def open_campaign(self, opened: Workspace, search: Search, incumbent: Policy, number: int, events: Events) -> Campaign:
        """The campaign of a search on what stands now; its row is written, and those of the same search on what stood are void."""
        name = name_campaign(search, self._find_basis(opened, number))
        rows = opened.catalog.rows(CAMPAIGNS)
        known = next((row for row in rows if row["campaign"] == name), None)
        new = begin_campaign(name, search, incumbent, number, count_cost(search), datetime.now(UTC))
        if known is None or known["state"] == "void":  # what it stands on is there again: its trials are read back
            known = new
        campaign = Campaign(Arms(opened, number, events), dict(known), search, incumbent)
        for row in void_campaigns(rows, name, search.name):
            campaign.keep(row)
        campaign.keep(dict(known))
        return campaign

    def _refuse_stranger(self, opened: Workspace, search: Search, incumbent: Policy) -> None:
        """Hold a search against what judges now.

        Raises:
            ResonanceError: its policy judges nothing here, or judges by other rules; or what it reads was not measured.
        """
        rows = opened.catalog.rows(RULES)
        mine = sorted({row["batch"] for row in rows if row["policy"] == incumbent.title})
        if not mine:
            known = ", ".join(sorted({row["policy"] for row in rows})) or "no policy"
            raise ResonanceError(
                f"search {search.name}: policy {incumbent.title} judges nothing here, {known} does; `resonance judge --policy "
                f"{incumbent.name} --apply` has it judge"
            )
        named = [rule.model_copy(update={"set": incumbent.set_of(rule)}) for rule in incumbent.rules]
        for batch in mine:
            judging = read_rules(row for row in rows if row["batch"] == batch)
            if [rule.model_dump(exclude={"languages"}) for rule in judging.rules] != [
                r.model_dump(exclude={"languages"}) for r in named
            ]:
                raise ResonanceError(
                    f"search {search.name}: policy {incumbent.title} judges by other rules than its file says now; give the file "
                    "the rules that judge, or judge again"
                )
            refuse_unread(opened, incumbent, batch)

    def _find_basis(self, opened: Workspace, number: int) -> Mapping[str, str]:
        """The runs that made what the arms of a round would read."""
        found: dict[str, str] = {}
        for step, makers in trial(number, SELECT):
            found |= opened.find_basis(step, makers)
        return found
