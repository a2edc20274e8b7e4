"""Arms that go on from a round's model by the rules of some policy, and how two of them differ on the same held-out documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from resonance.control.search.measure import Differences, measure_differences
from resonance.core.clusters import find_clusters
from resonance.core.errors import ResonanceError
from resonance.core.frames import make_frame
from resonance.core.job import Step
from resonance.core.judges import choose_judges
from resonance.core.settings import JudgeSettings
from resonance.core.turns import HELDOUT, PHASE_PROBE, PHASE_TRAIN, PLAN
from resonance.factory import ASSIGN_ROLES, CLEANING, DEDUPE, HOLD_OUT, TRAIN, trial
from resonance.runtime.run.costs import estimate_trainings, measure_round
from resonance.runtime.run.together import Result, work_together
from resonance.tables import CHECKPOINTS, HELDOUT_ROLES, RULE_COMPARISONS, RULE_TRIALS, RULE_VERIFICATIONS, SIGNAL_EVENT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from rich.console import Console

    from resonance.core.policy import Policy
    from resonance.core.settings import Config
    from resonance.core.table import Catalog
    from resonance.runtime.run.progress import Events
    from resonance.runtime.workspace import Workspace

ANY_NUMBER = 10**9
"""Steps without a finite loss that an arm may skip: a trial is then infeasible, and no run ends on it."""


@dataclass
class Arms:
    """What trains arms of a round by other rules, and reads what they came to.

    Args:
        opened: the workspace, with the settings that the round's model was trained by.
        round: whose model arms go on from.
        events: the log.
    """

    opened: Workspace
    round: int
    events: Events

    @contextmanager
    def side_by_side(self, works: Sequence[Callable[[], Result]]) -> Iterator[Iterator[Result]]:
        """What works come to, in their order: as many at a time as there is room for their ranks."""
        room = min(self.opened.find_room(), len(works)) if len(works) > 1 else 1
        if room > 1:  # what all of them ask for is computed once, and the workspace is held until the last one ends
            _ = self.bytes_per_token
        with self.opened.hold() if room > 1 else nullcontext(), work_together(works, room) as results:
            yield results

    def train(self, arm: str, policy: Policy, tokens: int, seed: int) -> str:
        """Train an arm and have it judged, unless that was done; the run whose events tell."""
        own = self.opened.config
        drawing = {"tokens": max(tokens, 1), "epochs": 1, "bytes_per_token": self.bytes_per_token}
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
        for step, makers in trial(self.round, arm):
            run = opened.update(step, makers, self.events).run
        return run

    def train_sides(
        self, begin: str, sides: Mapping[str, Policy], tokens: int, seeds: Mapping[int, int]
    ) -> tuple[dict[str, tuple[int, str]], str]:
        """Train each side with each seed: seed and side by run, and why a run does not count; empty where all do.

        Args:
            begin: begins the names of the arms; the side and the place of the seed follow.
            sides: the policy of each side.
            tokens: that an arm is trained on.
            seeds: by their places.
        """
        arms = [(place, side) for place in seeds for side in sides]
        works = [partial(self.train, f"{begin}{side}-{place}", sides[side], tokens, seeds[place]) for place, side in arms]
        runs: dict[str, tuple[int, str]] = {}
        with self.side_by_side(works) as trained:
            for (place, side), run in zip(arms, trained, strict=True):
                if broken := self.find_broken(run):
                    return runs, f"seed {seeds[place]} of the {side}: {broken}"
                runs[run] = (seeds[place], side)
        return runs, ""

    def compare(self, runs: Mapping[str, tuple[int, str]], seeds: Sequence[int], protects: Callable[[str], bool]) -> Differences:
        """How the candidate differs from the incumbent.

        Args:
            runs: of each run its seed and its side, INCUMBENT or CANDIDATE.
            seeds: those that count, in their order.
            protects: whether a slice counts.

        Raises:
            InputError: too few documents were scored by all arms.
        """
        events = self._read_probe(F.col("run").isin(list(runs)))
        sides = [(run, *place) for run, place in runs.items()]
        named = make_frame(self.opened.spark, sides, "run string, seed bigint, side string")
        losses = events.join(F.broadcast(named), "run").select("seed", "side", "doc_id", "slice", "n_bytes", "loss_sum")
        clusters = find_clusters(self.opened.frames()["duplicates"])
        return measure_differences(losses, clusters, seeds, protects)

    def read_losses(self, run: str) -> dict[str, float]:
        """Bits per byte of each slice."""
        sums = self._read_probe(F.col("run") == run).groupBy("slice")
        nats = F.sum(F.col("loss_sum").cast("decimal(38,8)"))  # the same in any order of rows, as a sum of doubles is not
        found = sums.agg(nats.alias("nats"), F.sum("n_bytes").alias("size"))
        return {row["slice"]: float(row["nats"]) / row["size"] / math.log(2) for row in found.collect() if row["size"]}

    def find_broken(self, run: str) -> str:
        """Why an arm does not count: its training or its scoring met a loss that is no number; empty where it counts."""
        skipped = sum(row["skipped_steps"] for row in self._read_checkpoints(run))
        lost = self._read_probe((F.col("run") == run) & F.col("loss_sum").isNull()).count()
        if not skipped and not lost:
            return ""
        return f"a loss is no finite number ({skipped} steps of its training, {lost} held-out documents)"

    def count_tokens(self, run: str) -> int:
        """Tokens that an arm was trained on."""
        return max((row["tokens"] for row in self._read_checkpoints(run)), default=0)

    @cached_property
    def bytes_per_token(self) -> float:
        """Of the texts that the round's model was trained on."""
        mine = (F.col("round") == self.round) & (F.col("arm") == PLAN) & (F.col("phase") == PHASE_TRAIN)
        row = self.opened.catalog.read(SIGNAL_EVENT).where(mine).agg(F.sum("n_bytes").alias("size"), F.sum("n_tok").alias("tokens"))
        size, tokens = row.collect()[0]
        return size / tokens if tokens else self.opened.config.rebalance.bytes_per_token

    def _read_probe(self, mine: Column) -> DataFrame:
        return self.opened.catalog.read(SIGNAL_EVENT).where((F.col("phase") == PHASE_PROBE) & mine)

    def _read_checkpoints(self, run: str) -> list[dict[str, Any]]:
        return [row for row in self.opened.catalog.rows(CHECKPOINTS) if row["run"] == run and row["final"]]


def open_round(opened: Workspace, console: Console, asked: str, number: int = 0) -> tuple[Workspace, int]:
    """The workspace with the settings that the model of a round was trained by, and the round: the newest where none is named.

    Raises:
        ResonanceError: no model was trained yet.
    """
    chosen = number or opened.find_round()
    if not chosen:
        raise ResonanceError(f"{asked}: no model was trained in this workspace yet that arms could start from; run `resonance run`")
    opened = opened.under(opened.recall(Step(TRAIN, chosen)))
    with closing(opened.events(console, 1)) as events:
        opened.update(Step(ASSIGN_ROLES, 0, HELDOUT), (*CLEANING, Step(DEDUPE), Step(HOLD_OUT, 0, HELDOUT)), events)
    return opened, chosen


def count_judges(opened: Workspace, arm: str) -> int:
    """How many held-out documents judge an arm, by its name or the beginning of it."""
    many = choose_judges(opened.catalog.read(HELDOUT_ROLES), arm).count()
    return min(many, opened.config.score_model.max_heldout_documents)


def estimate_seconds(opened: Workspace, number: int, trainings: int, tokens: int, judges: int) -> float | None:
    """Seconds that models take which go on from that of a round; None where nothing tells.

    Args:
        opened: the workspace, with the settings of the round's model.
        number: of the round.
        trainings: how many models are trained.
        tokens: that all of them are trained on.
        judges: documents that each of them scores.
    """
    measured = measure_round(opened.catalog, opened.config, number)
    return None if measured is None else estimate_trainings(measured, trainings, tokens, judges)


def list_used_seeds(catalog: Catalog, campaign: str = "") -> set[int]:
    """Seeds that arms were trained with so far: of searches, verifications and comparisons.

    Args:
        catalog: of the workspace.
        campaign: whose own verification does not count.
    """
    searched = {row["seed"] for row in catalog.rows(RULE_TRIALS, ("seed",))}
    looks = [row for row in catalog.rows(RULE_VERIFICATIONS, ("campaign", "seeds")) if row["campaign"] != campaign]
    compared = catalog.rows(RULE_COMPARISONS, ("seeds",))
    return searched | {seed for row in (*looks, *compared) for seed in row["seeds"]}
