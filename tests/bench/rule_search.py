"""How often rules that change nothing are accepted: histories of campaigns in numbers, with what must fail beside it.

python -m tests.bench.rule_search [--seeds 0,1,2,3,4] [--no-result]

A history is 20 campaigns of one policy, each with a candidate that does not help. A difference of one training seed on one document
is the chance of the seed, plus that of the document, plus that of both, all by Student's t with 5 degrees of freedom. ``documents``
is the standard error by documents, in those of all twelve seeds. Every campaign draws documents of its own, or all share one set
(``shared``), for which ``spend`` is the correction.

The lines, committed before seeds 0 to 4 ran: fresh documents and LORD++, any acceptance in at most 4 % of 2,000 histories; shared
documents and ``spend``, in at most 5 %. Controls that must fail, in at least 50 % of histories: p < .05 at any look without
correction; and the best of 64 candidates, accepted on the runs that chose it (3 seeds, p < .05). The incumbent against itself: with
equal seeds the difference is 0 and shows nothing; with other seeds the 95 % interval covers 0 in at least 90 of 100. What a
candidate's true gain must be to be seen is told beside it, without a line.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy import stats

from resonance.control.search.alpha import Correction, find_level
from resonance.control.search.looks import LOOKS, adjust_p, measure_t
from resonance.core.student import exceed_t, find_t
from tests.bench.places import cpu_seconds, write_result

HISTORIES, CAMPAIGNS, CANDIDATES, CLUSTERS, SEARCH_SEEDS = 2_000, 20, 64, 100, 3
SEEDS = LOOKS[-1].seeds
FREEDOM = 5
"""Of Student's t, for all chance."""
TOGETHER = 3.0
"""Spread of the chance of a seed on a document, in that of a seed."""
DOCUMENTS = (0.0, 1.0, 3.0)
LINES: Mapping[str, float] = {"lord_at_most": 0.04, "spend_at_most": 0.05, "controls_at_least": 0.5, "covers_at_least": 0.9}
AT_ONCE = 100
out = Console()
Noise = Callable[..., NDArray[Any]]


def draw_noise(chance: np.random.Generator) -> Noise:
    """Numbers of Student's t with a variance of 1, in the shape that is asked for."""
    return lambda *shape: chance.standard_t(FREEDOM, shape) / math.sqrt(FREEDOM / (FREEDOM - 2))


def simulate(noise: Noise, many: int, documents: float, shared: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Differences by seed, and p-values by look, of the campaigns of ``many`` histories: (many, campaigns, seeds or looks)."""
    spread = documents * math.sqrt(CLUSTERS / SEEDS)
    own = spread * noise(many, 1 if shared else CAMPAIGNS, 1, CLUSTERS)
    cells = TOGETHER * noise(many, CAMPAIGNS, SEEDS, CLUSTERS) + own
    cells += noise(many, CAMPAIGNS, SEEDS)[..., None]
    deltas, chances = cells.mean(axis=-1), []
    for look in LOOKS:
        variance = cells[:, :, : look.seeds].mean(axis=-2).var(axis=-1, ddof=1) / CLUSTERS
        chances.append(exceed_t(measure_t(deltas[..., : look.seeds], variance), look.seeds - 1))
    return deltas, np.stack(chances, axis=-1)


def accept_any(chances: NDArray[Any], correction: Correction) -> int:
    """In how many histories some campaign is accepted."""
    adjusted = np.stack([adjust_p(chances[..., : look + 1]) for look in range(len(LOOKS))], axis=-1).min(axis=-1)
    histories = 0
    for row in adjusted:
        accepted: list[int] = []
        for number, p in enumerate(row, 1):
            if p <= find_level(number, accepted, correction):
                accepted.append(number)
        histories += bool(accepted)
    return histories


def choose_best(noise: Noise, many: int) -> int:
    """In how many histories the best of some candidates is accepted on the runs that chose it."""
    runs = noise(many, CAMPAIGNS, CANDIDATES, SEARCH_SEEDS)
    best = np.take_along_axis(runs, runs.mean(axis=-1).argmax(axis=-1)[..., None, None], axis=2)[:, :, 0]
    return int((stats.ttest_1samp(best, 0.0, axis=-1, alternative="greater").pvalue < 0.05).any(axis=-1).sum())


def run_histories(seed: int, documents: float, shared: bool) -> dict[str, float]:
    """Shares of histories with any acceptance, as the product decides, and without correction."""
    noise = draw_noise(np.random.default_rng([seed, round(documents), shared]))
    correction: Correction = "spend" if shared else "lord"
    held, naive = 0, 0
    for _ in range(0, HISTORIES, AT_ONCE):
        _, chances = simulate(noise, AT_ONCE, documents, shared)
        held += accept_any(chances, correction)
        naive += int((chances < 0.05).any(axis=(-1, -2)).sum())
    return {correction: held / HISTORIES, "p < .05 at any look": naive / HISTORIES}


def run_best(seed: int) -> float:
    """The share of histories in which a search without verification accepts something."""
    noise = draw_noise(np.random.default_rng([seed, 64]))
    return sum(choose_best(noise, AT_ONCE) for _ in range(0, HISTORIES, AT_ONCE)) / HISTORIES


def cover_zero(seed: int) -> dict[str, Any]:
    """How often the 95 % interval of the incumbent against itself covers 0, of 100; and what equal seeds show."""
    noise = draw_noise(np.random.default_rng([seed, 4]))
    cells = noise(100, 5)[..., None] - noise(100, 5)[..., None] + TOGETHER * (noise(100, 5, CLUSTERS) - noise(100, 5, CLUSTERS))
    deltas, variance = cells.mean(axis=-1), cells.mean(axis=-2).var(axis=-1, ddof=1) / CLUSTERS
    covered = int((np.abs(measure_t(deltas, variance)) <= find_t(0.025, 4)).sum())
    return {"covered_of_100": covered, "t_of_equal_seeds": float(measure_t(np.zeros(5), 0.0))}


def find_power(seed: int) -> dict[str, float]:
    """How often the first campaign sees a true gain, given in standard deviations over seeds; documents as large as seeds."""
    noise = draw_noise(np.random.default_rng([seed, 9]))
    found = {}
    for gain in (0.5, 1.0, 2.0, 3.0):
        cells = TOGETHER * noise(1_000, SEEDS, CLUSTERS) + math.sqrt(CLUSTERS / SEEDS) * noise(1_000, 1, CLUSTERS)
        cells += noise(1_000, SEEDS)[..., None] + gain
        deltas = cells.mean(axis=-1)
        chances = [
            exceed_t(measure_t(deltas[:, : n.seeds], cells[:, : n.seeds].mean(axis=1).var(axis=-1, ddof=1) / CLUSTERS), n.seeds - 1)
            for n in LOOKS
        ]
        found[f"{gain:g}"] = float((adjust_p(np.stack(chances, axis=-1)) <= find_level(1, (), "lord")).mean())
    return found


def run_seed(seed: int) -> dict[str, Any]:
    """All figures of one seed."""
    histories = [
        {"documents": documents, "shared": shared, **run_histories(seed, documents, shared)}
        for shared in (False, True)
        for documents in DOCUMENTS
    ]
    return {
        "seed": seed,
        "histories": histories,
        "best of 64": run_best(seed),
        "itself": cover_zero(seed),
        "power_by_gain": find_power(seed),
    }


def judge_lines(runs: list[dict[str, Any]]) -> dict[str, bool]:
    """Whether each line holds, in the worst of all seeds and kinds of documents."""
    rows = [row for run in runs for row in run["histories"]]
    return {
        "R2 lord": max(row["lord"] for row in rows if "lord" in row) <= LINES["lord_at_most"],
        "R2 spend": max(row["spend"] for row in rows if "spend" in row) <= LINES["spend_at_most"],
        "R2 control: uncorrected": min(row["p < .05 at any look"] for row in rows if "lord" in row) >= LINES["controls_at_least"],
        "R2 control: best of 64": min(run["best of 64"] for run in runs) >= LINES["controls_at_least"],
        "R4 equal seeds": all(run["itself"]["t_of_equal_seeds"] == 0 for run in runs),
        "R4 covers": min(run["itself"]["covered_of_100"] for run in runs) >= 100 * LINES["covers_at_least"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2,3,4", help="seeds between commas")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    runs = [run_seed(seed) for seed in map(int, asked.seeds.split(","))]
    seconds = cpu_seconds()
    met = judge_lines(runs)
    for run in runs:
        out.print(run, highlight=False)
    out.print(met, f"{seconds:.0f} CPU s", highlight=False)
    if not asked.no_result:
        command = " ".join(["python -m tests.bench.rule_search", *sys.argv[1:]])
        figures = {"lines": dict(LINES), "met": met, "cpu_seconds": seconds, "runs": runs}
        out.print(f"result: {write_result('rule-search', command, figures)}", soft_wrap=True)


if __name__ == "__main__":
    main()
