"""Does feedback pay? Arms that continue from one checkpoint on the same delivery, drawn by different weightings.

python -m tests.bench.effect [--seeds 0,1,2,3,4] [--arms uniform,stratified,...] [--no-result]

For each seed: a model of 0.46 million parameters is trained on sound text of four slices; then each arm goes on from it at a third
of the rate, with its own full decay, on what its weighting draws from the delivery of ``effect_corpus``: junk, copies, and a new
slice at 2 %. Every arm is a run of the product on a workspace of its own, with two Horovod ranks; what was planted stands in no
file that a run reads. The measure is bits per byte on sound texts of all five slices, averaged over slices (macro).

``oracle`` is told what is sound and draws it in equal shares. ``ours`` is `resonance curate` as it is by default (copies cut, no
rules) and weighting ``resonance``; ``stratified, no copies`` is the same curation without feedback. ``ours, T/2`` trains on half of
the text. ``uniform, equal compute`` trains on as much text as ours would have for all that it computed: a forward pass counts as a
third of a training step. ``clean`` arms draw from sound text of the four known slices, where nothing can be gained.

The lines, committed before seeds 0 to 4 ran, stand in ``effect_report``; what was tuned was tuned on seeds 100 to 104.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from tests.bench import effect_report
from tests.bench.effect_corpus import KNOWN, Corpora, Row, make_corpora, write_rows
from tests.bench.places import cache, write_result
from tests.bench.speed_process import run

RESONANCE = Path(sys.executable).with_name("resonance")
BUDGET = 500_000
"""Bytes that an arm of size T draws."""
MODEL = {"vocabulary": 300, "layers": 4, "hidden": 96, "window": 128, "documents_per_step": 4, "ranks": 2}
WARM_RATE, RATE = 3e-3, 1e-3
LEFT_OUT = ("score_model", "evaluate", "feedback")
"""Jobs that an arm does not need: the experiment evaluates by itself."""
out = Console()


@dataclass(frozen=True)
class Arm:
    """One way to draw.

    Args:
        name: what tables and plots call it.
        weighting: a name in ``conf/weightings``.
        delivery: which delivery it draws from.
        dedupe: how copies are looked for.
        size: its text as a multiple of T; 0 where it is what ``ours`` computed.
        reach: ``appraise.reach``.
    """

    name: str
    weighting: str
    delivery: str = "delivered"
    dedupe: str = "none"
    size: float = 1.0
    reach: float = 1.5


ARMS = (
    Arm("uniform", "uniform"),
    Arm("stratified", "stratified"),
    Arm("stratified, no copies", "stratified", dedupe="minhash"),
    Arm("naive high loss", "naive_high_loss", reach=3.0),
    Arm("ours", "resonance", dedupe="minhash"),
    Arm("ours, T/2", "resonance", dedupe="minhash", size=0.5),
    Arm("oracle", "stratified", delivery="sound"),
    Arm("uniform, equal compute", "uniform", size=0.0),
    Arm("clean, stratified", "stratified", delivery="clean"),
    Arm("clean, ours", "resonance", delivery="clean", dedupe="minhash"),
)


@dataclass(frozen=True)
class Outcome:
    """What an arm came to: bits per byte by slice, text and tokens trained on, tokens read besides, seconds from start to end."""

    arm: str
    seed: int
    bpb: Mapping[str, float]
    tokens: int
    read: int
    seconds: float

    @property
    def macro(self) -> float:
        """The mean over slices."""
        return float(np.mean(list(self.bpb.values())))

    @property
    def charged(self) -> float:
        """Tokens trained on, and a third of those that were only read."""
        return self.tokens + self.read / 3


class Experiment:
    """All arms of one seed, in a folder of their own."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.home = cache("effect", f"seed-{seed}")
        self.corpora = make_corpora(seed)
        self.clean = make_corpora(seed, junk=0.0, copies=0.0, slices=dict.fromkeys(KNOWN, 1 / len(KNOWN)))

    def deliver(self, name: str) -> Path:
        """The JSON lines of a delivery."""
        rows: dict[str, Sequence[Row]] = {
            "delivered": self.corpora.delivered,
            "sound": [row for row in self.corpora.delivered if not row.fault],
            "clean": self.clean.delivered,
            "warm": [
                Row(f"{slice}/{at}", slice, text) for slice, held in self.corpora.warm.items() for at, text in enumerate(held)
            ],
        }
        return write_rows(rows[name], self.home / f"{name}.jsonl")

    def train(self, workspace: Path, source: Path, **settings: Any) -> float:
        """A run of the product up to training; the seconds that it took."""
        given = {
            "ingest.inputs": json.dumps([str(source)]),
            "ingest.slice_field": "slice",
            "ingest.min_slice_documents": 20,
            "judge.policy": "none",
            "rounds": 1,
            "unchecked": "true",
            "seed": self.seed,
            "rebalance.bytes_per_token": 1.0,
            "rebalance.heldout_share": 0.001,
            **{f"train.{name}": value for name, value in MODEL.items()},
            **settings,
        }
        asked = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
        command = (RESONANCE, "run", *jobs(str(given.get("decide.weighting", "stratified"))), "--workspace", workspace, *asked)
        used = run(command, self.home / f"{workspace.name}.log", ours=True)
        return used.seconds

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
            "rebalance.tokens": round(BUDGET * size),
            "appraise.reach": arm.reach,
            "train.learning_rate": RATE,
            "train.model": self.warm(),
        }
        seconds = self.train(workspace, self.deliver(arm.delivery), **settings)
        tokens, read = count_tokens(workspace)
        corpora = self.clean if arm.delivery == "clean" else self.corpora
        bpb = evaluate(newest_checkpoint(workspace), corpora)
        return Outcome(arm.name, self.seed, bpb, tokens, read, seconds)


def jobs(weighting: str) -> list[str]:
    """The jobs of an arm, by name."""
    from resonance.factory import loop
    from resonance.runtime.conf import load

    steps = loop(load(rounds=1, decide__weighting=weighting, train__model="named"))
    return list(dict.fromkeys(step.job.name for step in steps if step.job.name not in LEFT_OUT and step.round <= 1))


def newest_checkpoint(workspace: Path) -> Path:
    """The folder of the final checkpoint of the only training in a workspace."""
    rows = read_table(workspace, "checkpoints", ["uri", "final"])
    (folder,) = (Path(row["uri"]) for row in rows if row["final"])
    return folder


def count_tokens(workspace: Path) -> tuple[int, int]:
    """Tokens that the arm trained on, and tokens that it only read."""
    rows = read_table(workspace, "signal_event", ["phase", "n_tok"])
    trained = sum(row["n_tok"] for row in rows if row["phase"] == "train")
    return trained, sum(row["n_tok"] for row in rows) - trained


def read_table(workspace: Path, name: str, columns: list[str]) -> list[dict[str, Any]]:
    """Rows of a Delta table."""
    from deltalake import DeltaTable

    return DeltaTable(str(workspace / "tables" / name)).to_pyarrow_table(columns=columns).to_pylist()


def evaluate(folder: Path, corpora: Corpora) -> dict[str, float]:
    """Bits per byte of a checkpoint on the texts to evaluate on, by slice."""
    import torch

    from resonance.core.settings import TaskSettings, TrainSettings
    from resonance.train import checkpoint
    from resonance.train.score import forward
    from resonance.train.shards import Document
    from resonance.train.tasks import task_of
    from resonance.train.tokenizer import TOKENIZER, Codec

    torch.set_num_threads(2)
    settings = TrainSettings(**{name: value for name, value in MODEL.items() if name != "ranks"})
    task = task_of(TaskSettings(), Codec.learnt(folder / TOKENIZER, settings.vocabulary), settings)
    model = checkpoint.load(folder).eval()
    found = {}
    for name, held in corpora.evaluation.items():
        documents = [Document(at, 0, at, 0, b"", 1.0, None, text, None) for at, text in enumerate(held)]
        nats = sum(float(forward(model, task, documents[at : at + 32]).loss.sum()) for at in range(0, len(documents), 32))
        found[name] = nats / math.log(2) / sum(len(text.encode()) for text in held)
    return found


def run_seed(seed: int, names: Sequence[str]) -> list[Outcome]:
    """All arms of a seed, in the order of ARMS; the one of equal compute needs ``ours``."""
    experiment = Experiment(seed)
    experiment.warm()
    done: list[Outcome] = []
    for arm in (arm for arm in ARMS if arm.name in names):
        size = arm.size
        if not size:
            ours = next(outcome for outcome in done if outcome.arm == "ours")
            size = ours.charged / ours.tokens
        outcome = experiment.measure(arm, size)
        done.append(outcome)
        by_slice = ", ".join(f"{name} {value:.3f}" for name, value in outcome.bpb.items())
        out.print(
            f"seed {seed}, {arm.name}: {outcome.macro:.4f} ({by_slice}); {outcome.tokens:,} tokens, {outcome.read:,} read, "
            f"{outcome.seconds:.0f} s",
            highlight=False,
        )
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="seeds between commas")
    parser.add_argument("--arms", default="|".join(arm.name for arm in ARMS), help="names of arms between vertical bars")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    outcomes = [outcome for seed in asked.seeds.split(",") for outcome in run_seed(int(seed), asked.arms.split("|"))]
    figures = effect_report.find_figures(outcomes)
    effect_report.show(out, outcomes, figures)
    if not asked.no_result:
        command = " ".join(["python -m tests.bench.effect", *sys.argv[1:]])
        path = write_result("effect", command, {"figures": figures, "arms": [asdict(o) | {"macro": o.macro} for o in outcomes]})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
