"""A campaign on a workspace: trains arms by the rules of its trials, keeps what they come to, and verifies the one that is left."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from resonance.app.arms import list_used_seeds
from resonance.control.search.accept import Quality, Verdict, decide, is_proven
from resonance.control.search.alpha import find_level
from resonance.control.search.campaign import (
    Row,
    describe_values,
    find_key,
    list_accepted,
    make_look,
    number_campaign,
    refuse_trial,
)
from resonance.control.search.engines import Engine
from resonance.control.search.looks import LOOKS, Shown, look_at
from resonance.control.search.measure import CANDIDATE, INCUMBENT
from resonance.control.search.rungs import RUNGS, Asked, Outcome, climb, make_seed, refuse_seeds
from resonance.core.errors import InputError
from resonance.core.judges import choose_judges
from resonance.core.policy import Policy
from resonance.core.search import Search, Values, apply_values
from resonance.core.turns import PHASE_PROBE, SELECT, VERIFY, read_key
from resonance.curate.trials import find_batches, judge_again, measure_kept, read_gains
from resonance.tables import CAMPAIGNS, EVALUATION_ITEMS, HELDOUT_ROLES, RULE_TRIALS, RULE_VERIFICATIONS, SIGNAL_EVENT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.app.arms import Arms
    from resonance.core.table import Slice, Table
    from resonance.runtime.workspace import Workspace


@dataclass(frozen=True)
class Kept:
    """What a policy leaves to draw, by slice.

    Args:
        docs: documents.
        sizes: their bytes.
        gains: mean gain of those whose gain is known, bits per byte.
    """

    docs: Mapping[str, int]
    sizes: Mapping[str, int]
    gains: Mapping[str, float]


@dataclass
class Campaign:
    """A campaign whose row stands in table ``campaigns``.

    Args:
        arms: what trains models by other rules.
        row: of ``campaigns``.
        search: what is searched.
        incumbent: the policy that stands.
    """

    arms: Arms
    row: Row
    search: Search
    incumbent: Policy
    trials: dict[tuple[int, int, int], Row] = field(default_factory=dict)
    known: dict[tuple[Any, ...], Kept] = field(default_factory=dict)

    @property
    def opened(self) -> Workspace:
        """The workspace, with the settings that the round's model was trained by."""
        return self.arms.opened

    @property
    def name(self) -> str:
        """Its name in tables."""
        return str(self.row["campaign"])

    def find_best(self, propose: Engine) -> tuple[int, Values]:
        """The trial that is left on the last rung; what was measured before is read back.

        Raises:
            InputError: no trial is feasible.
        """
        self.trials = {(row["trial"], row["rung"], row["seed"]): row for row in self._read_own(RULE_TRIALS)}
        return climb(self.search, propose, self.measure, has_gains=self._has_gains)

    def measure(self, asked: Sequence[Asked]) -> list[Outcome]:
        """What trials come to: read back, taken over from an equal trial, or measured now; side by side where there is room."""
        missing = [one for one in asked if self._key(one) not in self.trials and not self._repeat(one)]
        if missing:  # what all of them ask for is computed once, also where they run side by side
            _ = self._batches, self._measure_kept(self.incumbent)
        with self.arms.side_by_side([partial(self._try, one) for one in missing]) as rows:  # no two are equal: `choose_best`
            for row in rows:
                self._keep_trial(row)
        return [Outcome(row["objective"], row["reason"]) for row in (self.trials[self._key(one)] for one in asked)]

    def verify(self, candidate: Policy) -> tuple[Verdict, Shown | None, float]:
        """The verdict on a candidate, what the last look showed, and the level that was asked; each look is a row of
        ``rule_verifications``.

        Raises:
            InputError: too few documents judge it, or a seed was used before.
        """
        accepted = list_accepted(self.opened.catalog.rows(CAMPAIGNS), self.row["policy"])
        alpha = find_level(self.row["number"], accepted, self.row["correction"])
        seeds = [make_seed(self.name, "verify", place) for place in range(LOOKS[-1].seeds)]
        refuse_seeds(self.name, seeds, list_used_seeds(self.opened.catalog, self.name))
        runs: dict[str, tuple[int, str]] = {}
        doc_vars: list[float] = []
        sides, begin = {INCUMBENT: self.incumbent, CANDIDATE: candidate}, f"{VERIFY}{find_key(self.name)}-"
        for number, look in enumerate(LOOKS, 1):
            fresh = {place: seeds[place] for place in range(len(runs) // 2, look.seeds)}
            trained, broken = self.arms.train_sides(begin, sides, self.search.tokens, fresh)
            if broken:
                return Verdict("refused", broken), None, alpha
            runs |= trained
            found = self.arms.compare(runs, seeds[: look.seeds], self.search.protects)
            doc_vars.append(found.doc_var)
            shown = look_at(found.deltas, doc_vars)
            quality: tuple[Quality | None, Quality | None] = (None, None)
            if is_proven(shown, alpha, self.search.goal, found.whole):
                quality = self._assess(candidate)
            verdict = decide(shown, alpha, self.search.goal, found.harms, found.whole, *quality)
            row = make_look(self.row, shown, verdict, seeds[: look.seeds], found.documents, alpha, quality)
            self._write(RULE_VERIFICATIONS, [row], {"campaign": self.name, "look": number})
            if verdict.decision != "continue":
                break
        return verdict, shown, alpha

    def begin_verification(self) -> None:
        """Give the campaign its number and its correction, once.

        Raises:
            InputError: no document is there to judge the candidate.
        """
        roles = self.opened.catalog.read(HELDOUT_ROLES)
        mine = choose_judges(roles, f"{VERIFY}{find_key(self.name)}-").select("doc_id").distinct()
        many = mine.count()
        if not many:
            raise InputError(
                f"rules verify: no held-out document is there to judge campaign {self.name}; a larger rebalance.heldout_share sets "
                "more aside"
            )
        events = self.opened.catalog.read(SIGNAL_EVENT).where((F.col("phase") == PHASE_PROBE) & F.col("arm").startswith(VERIFY))
        others = [row["arm"] for row in events.select("arm").distinct().collect() if read_key(row["arm"]) != find_key(self.name)]
        used = events.where(F.col("arm").isin(others)).select("doc_id").distinct() if others else None
        shared = 0 if used is None else mine.join(used, "doc_id", "left_semi").count()
        self.keep(number_campaign(self.row, self.opened.catalog.rows(CAMPAIGNS), shared / many))

    def keep(self, row: Row) -> None:
        """Write the campaign's row."""
        self.row = row
        self._write(CAMPAIGNS, [row], {"campaign": row["campaign"]})

    def _key(self, asked: Asked) -> tuple[int, int, int]:
        """Trial, rung and seed."""
        return asked.number, asked.rung, make_seed(self.name, "search", asked.place) if asked.rung else 0

    def _keep_trial(self, row: Row) -> None:
        number, rung = row["trial"], row["rung"]
        self.trials[number, rung, row["seed"]] = row
        same = [one for key, one in self.trials.items() if key[:2] == (number, rung)]
        self._write(RULE_TRIALS, same, {"campaign": self.name, "trial": number, "rung": rung})

    def _repeat(self, asked: Asked) -> bool:
        """Take over what a trial with equal values came to; whether there was one."""
        told, own = describe_values(self.search, asked.values), self._key(asked)
        for key, row in sorted(self.trials.items()):
            if key[1:] == own[1:] and (dict(row["thresholds"]), dict(row["used"])) == told:
                self._keep_trial({**row, "trial": asked.number, "tokens": 0, "seconds": 0.0})
                return True
        return False

    def _try(self, asked: Asked) -> Row:
        started = time.monotonic()
        number, rung, seed = self._key(asked)
        policy, part = apply_values(self.incumbent, self.search, asked.values), RUNGS[rung - 1].part if rung else 0.0
        kept, stands = self._measure_kept(policy), self._measure_kept(self.incumbent)
        tokens = round(part * self.search.tokens)
        moved, used = describe_values(self.search, asked.values)
        row: Row = {
            "campaign": self.name,
            "trial": number,
            "rung": rung,
            "seed": seed,
            "thresholds": moved,
            "used": used,
            "kept_docs": sum(kept.docs.values()),
            "kept_bytes": sum(kept.sizes.values()),
            "tokens": 0,
            "objective": None,
            "by_slice": {},
            "run": "",
        }
        needed = self.search.tokens * self.arms.bytes_per_token
        reason = refuse_trial(kept.sizes, stands.sizes, self.search, needed)
        if not reason and not rung:
            row["by_slice"] = {name: -gain for name, gain in kept.gains.items()}
        elif not reason:
            arm = f"{SELECT}{find_key(self.name)}-{number}-{rung}-{asked.place}"
            row["run"] = self.arms.train(arm, policy, tokens, seed)
            row["tokens"] = self.arms.count_tokens(row["run"])
            reason = self.arms.find_broken(row["run"])
            row["by_slice"] = {} if reason else self.arms.read_losses(row["run"])
        counted = [value for name, value in row["by_slice"].items() if self.search.protects(name)]
        if not reason and not counted:
            reason = "no document of a protected slice tells what it comes to"
        row["objective"] = None if reason else math.fsum(counted) / len(counted)  # whatever order the engine gives slices in
        return {**row, "feasible": not reason, "reason": reason, "seconds": time.monotonic() - started}

    def _measure_kept(self, policy: Policy) -> Kept:
        key = tuple((rule.rule, rule.threshold) for rule in policy.rules)
        if key not in self.known:
            frames = self.opened.frames()
            held = (
                frames["documents"],
                self._signals,
                frames["rejects"],
                frames["sample_plan"],
                self._gains,
                policy,
                self._batches,
            )
            rows = measure_kept(*held).collect()
            gains = {row["slice"]: row["gain"] / row["scored"] for row in rows if row["scored"]}
            self.known[key] = Kept({row["slice"]: row["docs"] for row in rows}, {row["slice"]: row["bytes"] for row in rows}, gains)
        return self.known[key]

    def _assess(self, candidate: Policy) -> tuple[Quality, Quality]:
        """The quality of what the incumbent and the candidate keep. A veto against both is none against the candidate."""
        from resonance.assess.kept import assess_kept, list_watched

        frames, config = self.opened.frames(), self.opened.config
        sets = sorted({row["set"] for row in self.opened.catalog.rows(EVALUATION_ITEMS, ("set",))})
        found = []
        for policy in (self.incumbent, candidate):
            rejects = judge_again(frames["documents"], self._signals, frames["rejects"], policy, self._batches)
            held = (frames["documents"], rejects, self._signals, frames["duplicates"], frames["contamination"], sets)
            found.append(assess_kept(*held, settings=config.assess, dedupe=config.dedupe, seed=self.row["seed"]))
        before, after = found
        blocked = tuple(veto for veto in after.grade.vetoes if veto not in before.grade.vetoes)
        return (
            Quality(before.grade.total.lcb or 0.0, watched=list_watched(before)),
            Quality(after.grade.total.lcb or 0.0, blocked, list_watched(after)),
        )

    @cached_property
    def _signals(self) -> dict[str, DataFrame]:
        return self.opened.signals()

    @cached_property
    def _batches(self) -> list[str]:
        return find_batches(self.opened.frames()["rules"], self.incumbent)

    @cached_property
    def _gains(self) -> DataFrame:
        return read_gains(self.opened.frames()["excess_loss"])

    @cached_property
    def _has_gains(self) -> bool:
        return not self._gains.isEmpty()

    def _read_own(self, table: Table) -> list[dict[str, Any]]:
        return [row for row in self.opened.catalog.rows(table) if row["campaign"] == self.name]

    def _write(self, table: Table, rows: Sequence[Row], slice: Slice) -> None:
        self.opened.replace([(table, rows, slice)], {"job": "rules"})
