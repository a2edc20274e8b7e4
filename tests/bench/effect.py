"""Does feedback pay? Arms that continue from one checkpoint on the same delivery, drawn by different weightings.

python -m tests.bench.effect [--seeds 0,1,2,3,4] [--arms 'uniform|stratified|...'] [--before effect-1] [--no-result]

For each seed: a model of 0.46 million parameters is trained on sound text of four slices; then each arm goes on from it at a third
of the rate, with its own full decay, on what its weighting draws from the delivery of ``effect_corpus``: junk, copies, and a new
slice at 2 %. Every arm is a run of the product on a workspace of its own, with two Horovod ranks; what was planted stands in no
file that a run reads. The measure is bits per byte on sound texts of all five slices, averaged over slices (macro).

``oracle`` is told what is sound and draws it in equal shares. ``ours`` is `resonance curate` as it is by default (copies cut, no
rules) and weighting ``resonance``; ``stratified, no copies`` is the same curation without feedback. ``ours, T/2`` trains on half of
the text; ``ours, short look`` reads 64 characters of fewer candidates. Arms of ``equal compute``, and ``as short look``, train on
as much text as these would have for all that they computed: a forward pass counts as a third of a training step. Weightings that
read what a round left split T over ``two rounds``, beside ``stratified`` split alike; what their reference models are trained on is
charged in full. ``clean`` arms draw from sound text of the four known slices, where nothing can be gained.

The lines, committed before seeds 0 to 4 ran, stand in ``effect_report``; what was tuned was tuned on seeds 100 to 104.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from resonance.core.turns import PHASE_TRAIN, PLAN, TRAINING
from tests.bench import effect_report
from tests.bench.effect_arms import ARMS, Arm, Outcome
from tests.bench.effect_corpus import KNOWN, Corpora, Row, make_corpora, write_rows
from tests.bench.places import EXPERIMENTS, cache, write_result
from tests.bench.processor import Meter
from tests.bench.speed_process import run

RESONANCE = Path(sys.executable).with_name("resonance")
BUDGET = 500_000
"""Bytes that an arm of size T draws."""
MODEL = {"vocabulary": 300, "layers": 4, "hidden": 96, "window": 128, "documents_per_step": 4, "ranks": 2}
WARM_RATE, RATE = 3e-3, 1e-3
LEFT_OUT = ("score_model", "evaluate", "feedback", "assess_effect", "cross_fit", "tune", "compare")
"""Jobs that the last round of an arm does not need: the experiment evaluates by itself."""
LATER = (3, 4)
"""Seeds that arms of two rounds leave out unless they are asked for by name, so that all of it stays within an hour and a half."""
out = Console(width=140)


class Experiment:
    """All arms of one seed, in a folder of their own."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.home = cache("effect", f"seed-{seed}")
        self.corpora = make_corpora(seed)

    @cached_property
    def clean(self) -> Corpora:
        """Corpora without junk, copies or a new slice."""
        return make_corpora(self.seed, junk=0.0, copies=0.0, slices=dict.fromkeys(KNOWN, 1 / len(KNOWN)))

    def deliver(self, name: str) -> Path:
        """The JSON lines of a delivery."""
        rows: dict[str, Sequence[Row]] = {
            "delivered": self.corpora.delivered,
            "sound": [row for row in self.corpora.delivered if not row.fault],
            "clean": self.clean.delivered if name == "clean" else (),
            "warm": [
                Row(f"{slice}/{at}", slice, text) for slice, held in self.corpora.warm.items() for at, text in enumerate(held)
            ],
        }
        return write_rows(rows[name], self.home / f"{name}.jsonl")

    def train(self, workspace: Path, source: Path, rounds: int = 1, *, whole: bool = False, **settings: Any) -> tuple[float, float]:
        """Runs of the product up to the training of the last round; the seconds that they took, and those of processors.

        Where they are to be ``whole``, the last round is judged as well.
        """
        given = {
            "ingest.inputs": json.dumps([str(source)]),
            "ingest.slice_field": "slice",
            "ingest.min_slice_documents": 20,
            "judge.policy": "none",
            "control": "false",
            "unchecked": "true",
            "seed": self.seed,
            "rebalance.bytes_per_token": 1.0,
            "rebalance.heldout_share": 0.001,
            **{f"train.{name}": value for name, value in MODEL.items()},
            **settings,
        }
        seconds = 0.0
        with Meter() as meter:
            for number in range(1, rounds + 1):
                asked = [part for name, value in {**given, "rounds": number}.items() for part in ("--set", f"{name}={value}")]
                jobs = list_jobs(given, number, LEFT_OUT if number == rounds and not whole else ())
                command = (RESONANCE, "run", *jobs, "--workspace", workspace, *asked)
                seconds += run(command, self.home / f"{workspace.name}-{number}.log", ours=True).seconds
        return seconds, meter.seconds

    def warm(self) -> Path:
        """The common checkpoint, trained once."""
        workspace = self.home / "warm"
        if not (workspace / "done").exists():
            shutil.rmtree(workspace, ignore_errors=True)
            size = sum(len(text.encode()) for held in self.corpora.warm.values() for text in held)
            settings = {"dedupe.method": "none", "rebalance.tokens": size, "train.learning_rate": WARM_RATE}
            self.train(workspace, self.deliver("warm"), **settings)
            (workspace / "done").touch()
        return newest_checkpoint(workspace)

    def measure(self, arm: Arm, size: float) -> Outcome:
        """Train the arm on ``size`` times T and evaluate it."""
        workspace = self.home / arm.name.replace(", ", "-").replace(" ", "-").replace("/", "")
        shutil.rmtree(workspace, ignore_errors=True)
        settings = {
            "dedupe.method": arm.dedupe,
            "decide.weighting": arm.weighting,
            "rebalance.tokens": round(BUDGET * size / arm.rounds),
            "appraise.reach": arm.reach,
            "appraise.characters": arm.characters,
            "train.learning_rate": RATE,
            "train.model": self.warm(),
            "tune.slices": json.dumps(arm.target),
        }
        seconds, cpu = self.train(workspace, self.deliver(arm.delivery), arm.rounds, **settings)
        tokens, besides, read = count_tokens(workspace)
        corpora = self.clean if arm.delivery == "clean" else self.corpora
        bpb = evaluate(newest_checkpoint(workspace), corpora)
        return Outcome(arm.name, self.seed, bpb, tokens, read, round(seconds, 2), besides, cpu)


def list_jobs(given: Mapping[str, Any], rounds: int, left_out: Sequence[str]) -> list[str]:
    """The jobs of so many rounds under these settings, by name, but for those that are left out."""
    from resonance.factory import loop
    from resonance.runtime.conf import load

    steps = loop(load(assignments=[f"{name}={value}" for name, value in given.items()], rounds=rounds))
    return list(dict.fromkeys(step.job.name for step in steps if step.job.name not in left_out))


def newest_checkpoint(workspace: Path, arm: str = PLAN) -> Path:
    """The folder of an arm's final checkpoint in the last round of a workspace."""
    rows = read_table(workspace, "checkpoints", ["uri", "final", "round", "arm"])
    final = [row for row in rows if row["final"] and row["arm"] == arm]
    return Path(max(final, key=lambda row: row["round"])["uri"])


def count_tokens(workspace: Path) -> tuple[int, int, int]:
    """Tokens that the arm's model trained on, those that its reference models did, and those that any model only read."""
    rows = read_table(workspace, "signal_event", ["phase", "n_tok"])
    trained = sum(row["n_tok"] for row in rows if row["phase"] == PHASE_TRAIN)
    besides = sum(row["n_tok"] for row in rows if row["phase"] in TRAINING) - trained
    return trained, besides, sum(row["n_tok"] for row in rows) - trained - besides


def read_table(workspace: Path, name: str, columns: list[str]) -> list[dict[str, Any]]:
    """Rows of a Delta table."""
    from deltalake import DeltaTable

    return DeltaTable(str(workspace / "tables" / name)).to_pyarrow_table(columns=columns).to_pylist()


def evaluate(folder: Path, corpora: Corpora) -> dict[str, float]:
    """Bits per byte of a checkpoint on the texts to evaluate on, by slice."""
    import torch

    from resonance.core.settings import TaskSettings, TrainSettings
    from resonance.train import checkpoint
    from resonance.train.tasks import task_of
    from resonance.train.tokenizer import TOKENIZER, Codec

    torch.set_num_threads(2)
    settings = TrainSettings(**{name: value for name, value in MODEL.items() if name != "ranks"})
    task = task_of(TaskSettings(), Codec.learnt(folder / TOKENIZER, settings.vocabulary), settings)
    return judge_model(checkpoint.load(folder).eval(), task, corpora)


def judge_model(model: Any, task: Any, corpora: Corpora) -> dict[str, float]:
    """Bits per byte of a model on the texts to evaluate on, by slice."""
    from resonance.train.score import forward
    from resonance.train.shards import Document

    found = {}
    for name, held in corpora.evaluation.items():
        documents = [Document(at, 0, at, 0, b"", 1.0, None, text, None) for at, text in enumerate(held)]
        nats = sum(float(forward(model, task, documents[at : at + 32]).loss.sum()) for at in range(0, len(documents), 32))
        found[name] = nats / math.log(2) / sum(len(text.encode()) for text in held)
    return found


def run_seed(seed: int, arms: Sequence[Arm], before: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a seed's arms, in the order of ARMS; those of equal compute need others, from before or now."""
    experiment = Experiment(seed)
    experiment.warm()
    done: list[Outcome] = []
    for arm in arms:
        size = arm.size
        if arm.like:
            held = {outcome.arm: outcome for outcome in (*before, *done) if outcome.seed == seed}
            size = held[arm.like].charged / held[arm.weighting].tokens
        outcome = experiment.measure(arm, size)
        done.append(outcome)
        by_slice = ", ".join(f"{name} {value:.3f}" for name, value in outcome.bpb.items())
        out.print(
            f"seed {seed}, {arm.name}: {outcome.macro:.4f} ({by_slice}); {outcome.tokens:,} tokens, {outcome.besides:,} by "
            f"reference models, {outcome.read:,} read, {outcome.seconds:.0f} s, {outcome.cpu_seconds:.0f} CPU s",
            highlight=False,
        )
    return done


def choose_arms(seed: int, names: str) -> list[Arm]:
    """The arms that are named, else those that every run takes of a seed."""
    if names:
        return [arm for arm in ARMS if arm.name in names.split("|")]
    return [arm for arm in ARMS if arm.rounds == 1 or seed not in LATER]


def read_outcomes(name: str) -> list[Outcome]:
    """The outcomes in a result file; none where no file is named."""
    held = json.loads((EXPERIMENTS / f"{name}.json").read_text(encoding="utf-8"))["arms"] if name else []
    return [Outcome(**{key: value for key, value in one.items() if key != "macro"}) for one in held]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="seeds between commas")
    parser.add_argument("--arms", default="", help="names of arms between vertical bars; without it, those of a whole run")
    parser.add_argument("--before", default="", help="a result whose outcomes stand where an arm is not run again: effect-1")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    if unknown := {*filter(None, asked.arms.split("|"))} - {arm.name for arm in ARMS}:
        parser.error(f"no such arm: {', '.join(sorted(unknown))}")
    before = read_outcomes(asked.before)
    ran = [one for seed in map(int, asked.seeds.split(",")) for one in run_seed(seed, choose_arms(seed, asked.arms), before)]
    again = {(one.arm, one.seed) for one in ran}
    outcomes = [*(one for one in before if (one.arm, one.seed) not in again), *ran]
    figures = effect_report.find_figures(outcomes)
    effect_report.show(out, outcomes, figures)
    if not asked.no_result:
        command = " ".join(["python -m tests.bench.effect", *sys.argv[1:]])
        path = write_result("effect", command, {"figures": figures, "arms": [asdict(o) | {"macro": o.macro} for o in outcomes]})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
