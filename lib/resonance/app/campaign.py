"""A campaign on a workspace: trains arms by the rules of its trials, keeps what they come to, and verifies the one that is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

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
from resonance.control.search.measure import CANDIDATE, INCUMBENT, Differences, measure_differences
from resonance.control.search.rungs import RUNGS, Asked, Outcome, climb, make_seed, refuse_seeds
from resonance.core.clusters import find_clusters
from resonance.core.errors import InputError
from resonance.core.frames import make_frame
from resonance.core.judges import choose_judges
from resonance.core.policy import Policy
from resonance.core.search import Search, Values, apply_values
from resonance.core.settings import JudgeSettings
from resonance.core.turns import PHASE_PROBE, PHASE_TRAIN, PLAN, SELECT, VERIFY, read_key
from resonance.curate.trials import find_batches, judge_again, measure_kept, read_gains
from resonance.factory import trial
from resonance.runtime.run.together import Result, work_together
from resonance.tables import (
    CAMPAIGNS,
    CHECKPOINTS,
    EVALUATION_ITEMS,
    HELDOUT_ROLES,
    RULE_TRIALS,
    RULE_VERIFICATIONS,
    SIGNAL_EVENT,
)

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.core.settings import Config
    from resonance.core.table import Slice, Table
    from resonance.runtime.run.progress import Events
    from resonance.runtime.workspace import Workspace

ANY_NUMBER = 10**9
"""Steps without a finite loss that an arm may skip: a trial is then infeasible, and no run ends on it."""


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
        opened: the workspace, with the settings that the round's model was trained by.
        row: of ``campaigns``.
        search: what is searched.
        incumbent: the policy that stands.
        events: the log.
    """

    opened: Workspace
    row: Row
    search: Search
    incumbent: Policy
    events: Events
    trials: dict[tuple[int, int, int], Row] = field(default_factory=dict)
    known: dict[tuple[Any, ...], Kept] = field(default_factory=dict)

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
        with self._side_by_side([partial(self._try, one) for one in missing]) as rows:  # no two of these are equal: `choose_best`
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
        seeds = [self._make_seed(place) for place in range(LOOKS[-1].seeds)]
        refuse_seeds(self.name, seeds, self._list_used_seeds())
        runs: dict[str, tuple[int, str]] = {}
        doc_vars: list[float] = []
        sides = {INCUMBENT: self.incumbent, CANDIDATE: candidate}
        for number, look in enumerate(LOOKS, 1):
            arms = [(place, side) for place in range(len(runs) // 2, look.seeds) for side in sides]
            with self._side_by_side([partial(self._train_side, place, side, sides[side]) for place, side in arms]) as trained:
                for (place, side), run in zip(arms, trained, strict=True):
                    if broken := self._find_broken(run):
                        return Verdict("refused", f"seed {seeds[place]} of the {side}: {broken}"), None, alpha
                    runs[run] = (seeds[place], side)
            found = self._compare(runs, seeds[: look.seeds])
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

    @contextmanager
    def _side_by_side(self, works: Sequence[Callable[[], Result]]) -> Iterator[Iterator[Result]]:
        """What works come to, in their order: as many at a time as there is room for their ranks."""
        room = min(self.opened.find_room(), len(works)) if len(works) > 1 else 1
        if room > 1:  # what all of them ask for is computed once, and the workspace is held until the last one ends
            _ = self._bytes_per_token, self._batches, self._measure_kept(self.incumbent)
        with self.opened.hold() if room > 1 else nullcontext(), work_together(works, room) as results:
            yield results

    def _key(self, asked: Asked) -> tuple[int, int, int]:
        """Trial, rung and seed."""
        return asked.number, asked.rung, make_seed(self.name, "search", asked.place) if asked.rung else 0

    def _make_seed(self, place: int) -> int:
        return make_seed(self.name, "verify", place)

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
        needed = self.search.tokens * self._bytes_per_token
        reason = refuse_trial(kept.sizes, stands.sizes, self.search, needed)
        if not reason and not rung:
            row["by_slice"] = {name: -gain for name, gain in kept.gains.items()}
        elif not reason:
            arm = f"{SELECT}{find_key(self.name)}-{number}-{rung}-{asked.place}"
            row["run"] = self._train(arm, policy, tokens, seed)
            row["tokens"] = self._count_tokens(row["run"])
            reason = self._find_broken(row["run"])
            row["by_slice"] = {} if reason else self._read_losses(row["run"])
        counted = [value for name, value in row["by_slice"].items() if self.search.protects(name)]
        if not reason and not counted:
            reason = "no document of a protected slice tells what it comes to"
        row["objective"] = None if reason else sum(counted) / len(counted)
        return {**row, "feasible": not reason, "reason": reason, "seconds": time.monotonic() - started}

    def _train_side(self, place: int, side: str, policy: Policy) -> str:
        """Train one side of a verification with one of its seeds; the run whose events tell."""
        arm = f"{VERIFY}{find_key(self.name)}-{side}-{place}"
        return self._train(arm, policy, self.search.tokens, self._make_seed(place))

    def _train(self, arm: str, policy: Policy, tokens: int, seed: int) -> str:
        """Train an arm and have it judged, unless that was done; the run whose events tell."""
        own = self.opened.config
        drawing = {"tokens": max(tokens, 1), "epochs": 1, "bytes_per_token": self._bytes_per_token}
        config: Config = own.model_copy(
            update={
                "judge": JudgeSettings(policy=policy),
                "rebalance": own.rebalance.model_copy(update=drawing),
                "train": own.train.model_copy(update={"max_skipped_steps": ANY_NUMBER}),
                "seed": seed,
            }
        )
        opened = self.opened.under(config)
        run = ""
        for step, makers in trial(self.row["round"], arm):
            run = opened.update(step, makers, self.events).run
        return run

    def _compare(self, runs: Mapping[str, tuple[int, str]], seeds: Sequence[int]) -> Differences:
        events = self._read_probe(F.col("run").isin(list(runs)))
        sides = [(run, *place) for run, place in runs.items()]
        named = make_frame(self.opened.spark, sides, "run string, seed bigint, side string")
        losses = events.join(F.broadcast(named), "run").select("seed", "side", "doc_id", "slice", "n_bytes", "loss_sum")
        clusters = find_clusters(self.opened.frames()["duplicates"])
        return measure_differences(losses, clusters, seeds, self.search.protects)

    def _read_probe(self, mine: Column) -> DataFrame:
        return self.opened.catalog.read(SIGNAL_EVENT).where((F.col("phase") == PHASE_PROBE) & mine)

    def _read_losses(self, run: str) -> dict[str, float]:
        """Bits per byte of each slice."""
        sums = self._read_probe(F.col("run") == run).groupBy("slice")
        found = sums.agg(F.sum("loss_sum").alias("nats"), F.sum("n_bytes").alias("size"))
        return {row["slice"]: row["nats"] / row["size"] / math.log(2) for row in found.collect() if row["size"]}

    def _find_broken(self, run: str) -> str:
        """Why an arm does not count: its training or its scoring met a loss that is no number; empty where it counts."""
        skipped = sum(row["skipped_steps"] for row in self._read_checkpoints(run))
        lost = self._read_probe((F.col("run") == run) & F.col("loss_sum").isNull()).count()
        if not skipped and not lost:
            return ""
        return f"a loss is no finite number ({skipped} steps of its training, {lost} held-out documents)"

    def _count_tokens(self, run: str) -> int:
        return max((row["tokens"] for row in self._read_checkpoints(run)), default=0)

    def _read_checkpoints(self, run: str) -> list[dict[str, Any]]:
        return [row for row in self.opened.catalog.rows(CHECKPOINTS) if row["run"] == run and row["final"]]

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

    def _list_used_seeds(self) -> set[int]:
        """Seeds of all searches, and of verifications of other campaigns."""
        searched = {row["seed"] for row in self.opened.catalog.rows(RULE_TRIALS, ("seed",))}
        looks = self.opened.catalog.rows(RULE_VERIFICATIONS, ("campaign", "seeds"))
        return searched | {seed for row in looks if row["campaign"] != self.name for seed in row["seeds"]}

    @cached_property
    def _bytes_per_token(self) -> float:
        """Of the texts that the round's model was trained on."""
        mine = (F.col("round") == self.row["round"]) & (F.col("arm") == PLAN) & (F.col("phase") == PHASE_TRAIN)
        row = self.opened.catalog.read(SIGNAL_EVENT).where(mine).agg(F.sum("n_bytes").alias("size"), F.sum("n_tok").alias("tokens"))
        size, tokens = row.collect()[0]
        return size / tokens if tokens else self.opened.config.rebalance.bytes_per_token

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
