"""Is a rule that helps accepted, and one that harms a slice refused? Campaigns with real trainings on made-up languages.

python -m tests.bench.rule_campaigns [--seeds 0,1,2,3,4] [--no-result]

A world has 15 % junk, all of it in a slice that is not protected, beside three protected ones (see ``rule_world``). Its model is
trained by an incumbent that cuts nothing; then two candidates are verified, each in a campaign of its own: one cuts junk, the
other the 30 % of slice `letters` that are good texts of a kind of their own. Candidates are given.

The lines, committed before seeds 0 to 4 ran: the first is accepted in at least 4 of 5 seeds; the second is refused in all, and the
reason names `letters` and no other slice. Seed 100 was for the pilot.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from resonance.app import OpenWorkspace
from resonance.app.arms import open_round
from resonance.runtime.searches import load_search
from resonance.tables import CAMPAIGNS, CHECKPOINTS, RULE_VERIFICATIONS
from tests.bench.places import cpu_seconds, write_result
from tests.bench.rule_world import BRIEF, MIXED, PROTECTED, write_world

JOBS = ("ingest", "clean", "judge", "dedupe", "decontaminate", "hold_out", "decide", "rebalance", "train")
CANDIDATES = {"mixed": MIXED, "brief": BRIEF}
LINES = {"accepted_at_least": 4, "refused_at_least": 5, "named": "letters"}
out = Console()


def run_seed(folder: Path, seed: int) -> list[dict[str, Any]]:
    """What both campaigns of a seed come to."""
    write_world(folder, seed)
    with OpenWorkspace(folder / "w", conf=[folder / "conf.yaml"], console=Console(quiet=True)) as w:
        w.run(*JOBS, rounds=1)
        return [verify(w, folder, seed, rule, threshold) for rule, threshold in CANDIDATES.items()]


def verify(w: OpenWorkspace, folder: Path, seed: int, rule: str, threshold: float) -> dict[str, Any]:
    """A campaign whose candidate is given."""
    begun = cpu_seconds()
    search, incumbent = load_search(str(folder / f"{rule}.yaml"))
    opened, number = open_round(w.rules.open(), w.console, rule)
    with closing(opened.events(w.console, 2)) as events:
        campaign = w.searches.open_campaign(opened, search, incumbent, number, events)
        w.searches.settle(campaign, {f"{rule}.below": threshold})
    w.searches.verify(campaign.name)
    (row,) = (row for row in opened.catalog.rows(CAMPAIGNS) if row["campaign"] == campaign.name)
    looks = [row for row in opened.catalog.rows(RULE_VERIFICATIONS) if row["campaign"] == campaign.name]
    last = max(looks, key=lambda row: row["look"])
    arms = [row for row in opened.catalog.rows(CHECKPOINTS) if campaign.name.rpartition("-")[2] in row["arm"]]
    return {
        "seed": seed,
        "rule": rule,
        "state": row["state"],
        "reason": row["reason"],
        "named": [name for name in PROTECTED if f"slice {name}" in row["reason"]],
        "looks": len(looks),
        "documents": last["documents"],
        **{key: round(last[key], 6) for key in ("delta", "seed_var", "doc_var", "t", "p_tilde", "alpha")},
        "guards": {name: round(bound, 4) for name, bound in last["guards"].items()},
        "trainings": len(arms),
        "tokens": sum(arm["tokens"] for arm in arms),
        "cpu_seconds": round(cpu_seconds() - begun, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--no-result", action="store_true")
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    for seed in map(int, asked.seeds.split(",")):
        with TemporaryDirectory() as folder:
            for row in run_seed(Path(folder), seed):
                out.print(row, soft_wrap=True)
                found.append(row)
    accepted = sum(row["state"] == "accepted" for row in found if row["rule"] == "mixed")
    refused = sum(row["state"] == "refused" and row["named"] == [LINES["named"]] for row in found if row["rule"] == "brief")
    held = accepted >= LINES["accepted_at_least"] and refused >= LINES["refused_at_least"]
    said = f"junk: accepted {accepted}; good texts: refused, and the slice is named, {refused}"
    out.print(f"{said}; the lines {'hold' if held else 'do not hold'}")
    if not asked.no_result:
        command = f"python -m tests.bench.rule_campaigns --seeds {asked.seeds}"
        figures = {"lines": LINES, "accepted": accepted, "refused": refused, "campaigns": found}
        out.print(f"result: {write_result('rule-campaigns', command, figures)}", soft_wrap=True)
    sys.exit(not held)


if __name__ == "__main__":
    main()
