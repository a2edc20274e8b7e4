"""What does the loop say of itself, where nothing can be gained and where much can?

python -m tests.bench.effect_loop [--seeds 0,1,2,3,4] [--deliveries clean,delivered] [--no-result]

For each seed two whole rounds of weighting ``resonance``, each of half of T, go on from the common checkpoint of ``effect``. They
are judged on documents that the loop itself held out of the delivery: once of ``clean`` text, once of what is ``delivered``, with
junk and copies, some of which are held out too. The sentence is the one that `resonance explain` and the report begin with. The
line, set before: on clean text no round calls itself worth it.

What the loop says is held beside what was planted: its difference between arms over all held-out documents, over those that are
not suspected, as it counts them (one of n alike texts as an n-th), over those that are sound by the planted truth, and on the clean
texts of ``effect`` that nobody chose by any model.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from resonance.core.effect import MANY, SUSPECTED, judge_effect
from resonance.core.turns import ALL_SLICES, CONTROL, PHASE_APPRAISE, PHASE_HELDOUT, PHASE_REORDER, PLAN
from resonance.report.comparison import describe_worth
from resonance.report.facts.looks import Looks
from tests.bench.effect import BUDGET, RATE, Experiment, evaluate, newest_checkpoint, read_table
from tests.bench.places import write_result

DELIVERIES = ("clean", "delivered")
HELD_OUT = 0.05
out = Console()


def judge_rounds(experiment: Experiment, delivery: str) -> dict[str, Any]:
    """What round 2 measured against its control arm, and the sentence about it."""
    workspace = experiment.home / f"loop-{delivery}"
    shutil.rmtree(workspace, ignore_errors=True)
    settings = {
        "dedupe.method": "minhash",
        "decide.weighting": "resonance",
        "rebalance.tokens": BUDGET // 2,
        "rebalance.heldout_share": HELD_OUT,
        "train.learning_rate": RATE,
        "train.model": experiment.warm(),
        "control": "true",
    }
    _, cpu = experiment.train(workspace, experiment.deliver(delivery), 2, whole=True, **settings)
    measured = ["n_docs", "n_compared", "n_suspected", "delta", "delta_low", "delta_high"]
    evaluations = read_table(workspace, "evaluations", ["round", "arm", "slice", "bpb", *measured])
    checkpoints = read_table(workspace, "checkpoints", ["round", "arm", "final", "tokens", "published_at"])
    plans = read_table(workspace, "plans", ["round", "slice", "weight"])
    weighed = frozenset(row["round"] for row in read_table(workspace, "sample_weights", ["round"]))
    events = read_table(workspace, "signal_event", ["round", "phase", "n_tok"])
    read: dict[int, int] = {}
    for row in (row for row in events if row["phase"] in (PHASE_APPRAISE, PHASE_REORDER)):
        read[row["round"]] = read.get(row["round"], 0) + row["n_tok"]
    whole: Any = next(row for row in evaluations if (row["round"], row["arm"], row["slice"]) == (2, PLAN, ALL_SLICES))
    rows: tuple[Any, ...] = (evaluations, checkpoints, plans)
    said = {"effect": judge_effect(whole), "sentence": describe_worth(*rows, Looks(weighed, read)), "cpu_seconds": cpu}
    return said | {name: whole[name] for name in measured} | {"truth": judge_truth(experiment, workspace, delivery)}


def judge_truth(experiment: Experiment, workspace: Path, delivery: str) -> dict[str, Any]:
    """Plan minus control in bits per byte, by how held-out documents count, and which of them were suspected or alike by fault."""
    corpora = experiment.clean if delivery == "clean" else experiment.corpora
    fault = {row.name: row.fault for row in corpora.delivered}
    names = {row["doc_id"]: row["source_key"] for row in read_table(workspace, "documents", ["doc_id", "source_key"])}
    appraised = read_table(workspace, "appraisals", ["round", "doc_id", "posterior", "alike"])
    looks = {row["doc_id"]: row for row in appraised if row["round"] == 2}
    events = read_table(workspace, "signal_event", ["round", "arm", "phase", "doc_id", "loss_sum", "n_bytes"])
    held = [row for row in events if (row["round"], row["phase"]) == (2, PHASE_HELDOUT)]
    nats = {(row["arm"], row["doc_id"]): row["loss_sum"] for row in held}
    size = {row["doc_id"]: row["n_bytes"] for row in held}

    def compare(count: Callable[[bytes], float]) -> float:
        more = sum(count(doc) * (nats[PLAN, doc] - nats[CONTROL, doc]) for doc in size)
        return more / math.log(2) / sum(count(doc) * size[doc] for doc in size)

    def is_suspected(doc: bytes) -> bool:
        return doc in looks and looks[doc]["posterior"] > SUSPECTED

    def is_alike(doc: bytes) -> bool:
        return doc in looks and looks[doc]["alike"] >= MANY

    clean = {arm: evaluate(newest_checkpoint(workspace, arm), corpora) for arm in (PLAN, CONTROL)}
    kinds = sorted({fault[names[doc]] for doc in size})
    of_kind = {kind: [doc for doc in size if fault[names[doc]] == kind] for kind in kinds}
    return {
        "all": compare(lambda doc: 1.0),
        "unsuspected": compare(lambda doc: float(not is_suspected(doc))),
        "counted": compare(lambda doc: 0.0 if is_suspected(doc) else 1 / looks[doc]["alike"] if is_alike(doc) else 1.0),
        "sound": compare(lambda doc: float(fault[names[doc]] in ("", "copy"))),
        "clean": fmean(clean[PLAN][name] - clean[CONTROL][name] for name in clean[PLAN]),
        "clean_by_slice": {name: clean[PLAN][name] - clean[CONTROL][name] for name in clean[PLAN]},
        "documents": {kind or "sound": len(docs) for kind, docs in of_kind.items()},
        "suspected": {kind or "sound": sum(map(is_suspected, docs)) for kind, docs in of_kind.items()},
        "alike": {kind or "sound": sum(map(is_alike, docs)) for kind, docs in of_kind.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="seeds between commas")
    parser.add_argument("--deliveries", default=",".join(DELIVERIES), help="deliveries between commas")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in asked.deliveries.split(",")}
    for seed in map(int, asked.seeds.split(",")):
        experiment = Experiment(seed)
        for name in found:
            found[name].append({"seed": seed, **judge_rounds(experiment, name)})
            out.print(f"seed {seed}, {name}: {found[name][-1]['sentence']}", highlight=False)
    met = all(one["effect"] != "better" for one in found.get("clean", []))
    out.print(f"on clean text no round calls itself worth it: {'yes' if met else 'no'}")
    if not asked.no_result:
        path = write_result("effect-loop", " ".join(["python -m tests.bench.effect_loop", *sys.argv[1:]]), {"met": met, **found})
        out.print(f"result: {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
