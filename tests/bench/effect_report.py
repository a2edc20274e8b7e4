"""What the arms of the experiment on effect add up to: means, paired intervals over seeds, gaps that were closed, a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import stats

from tests.bench.effect_corpus import KNOWN, NEW

if TYPE_CHECKING:
    from tests.bench.effect_arms import Outcome

LINES: Mapping[str, tuple[str, float]] = {
    "ours below stratified": ("low >", 0.0),
    "gap closed, macro": ("low >=", 0.60),
    "ours at T/2 below uniform at T": ("low >", 0.0),
    "ours below uniform at equal compute": ("low >", 0.0),
    "ours below stratified at equal compute": ("low >", 0.0),
    "short look below stratified at equal compute": ("low >", 0.0),
    "old slices above uniform": ("mean <=", 0.01),
    "gap closed, new slice": ("mean >=", 0.75),
    "clean: ours above stratified": ("mean <=", 0.003),
}
"""What must hold of the mean over seeds, or of the lower end of its 95 % interval. Gaps are those from uniform to the oracle."""


def find_figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Every figure with its mean, 95 % interval over seeds (paired, Student's t), values by seed, and whether it meets its line.

    A figure of several arms counts the seeds that all of them ran.
    """
    held = {(o.arm, o.seed): o for o in outcomes}
    found: dict[str, Any] = {}
    for name, (find, *arms) in FIGURES.items():
        seeds = sorted({o.seed for o in outcomes if all((arm, o.seed) in held for arm in arms)})
        if seeds:
            found[name] = describe(name, np.array([find(*(held[arm, seed] for arm in arms)) for seed in seeds]))
    return found


def _lower(one: Outcome, other: Outcome) -> float:
    """How far the first lies below the second."""
    return other.macro - one.macro


def _mean_old(one: Outcome) -> float:
    return float(np.mean([one.bpb[name] for name in KNOWN]))


def _close_new(ours: Outcome, uniform: Outcome, oracle: Outcome) -> float:
    (new,) = NEW
    return (uniform.bpb[new] - ours.bpb[new]) / (uniform.bpb[new] - oracle.bpb[new])


FIGURES: Mapping[str, tuple[Any, ...]] = {
    "ours below stratified": (_lower, "ours", "stratified"),
    "ours below stratified without copies": (_lower, "ours", "stratified, no copies"),
    "gap closed, macro": (
        lambda ours, uniform, oracle: (uniform.macro - ours.macro) / (uniform.macro - oracle.macro),
        *("ours", "uniform", "oracle"),
    ),
    "gap closed, new slice": (_close_new, "ours", "uniform", "oracle"),
    "ours at T/2 below uniform at T": (_lower, "ours, T/2", "uniform"),
    "ours below uniform at equal compute": (_lower, "ours", "uniform, equal compute"),
    "ours below stratified at equal compute": (_lower, "ours", "stratified, equal compute"),
    "short look below stratified": (_lower, "ours, short look", "stratified"),
    "short look below stratified at equal compute": (_lower, "ours, short look", "stratified, as short look"),
    "old slices above uniform": (lambda ours, uniform: _mean_old(ours) / _mean_old(uniform) - 1, "ours", "uniform"),
    "naive above uniform": (_lower, "uniform", "naive high loss"),
    "two rounds: ours below stratified": (_lower, "two rounds: ours", "two rounds: stratified"),
    "two rounds: moving below ours": (_lower, "two rounds: ours, moving", "two rounds: ours"),
    **{
        f"{name} below stratified": (_lower, name, "two rounds: stratified")
        for name in ("two rounds: perplexity band", "two rounds: doremi", "two rounds: rho", "two rounds: color")
    },
    "clean: ours above stratified": (
        lambda ours, stratified: ours.macro / stratified.macro - 1,
        *("clean, ours", "clean, stratified"),
    ),
}
"""What is computed of the outcomes of which arms, by the name of the figure."""


def describe(name: str, values: Any) -> dict[str, Any]:
    """The mean of paired values over seeds, its interval, and whether the line holds."""
    mean, low, high = find_interval(values)
    figures: dict[str, Any] = {"mean": mean, "low": low, "high": high, "by_seed": [round(float(value), 5) for value in values]}
    if name in LINES:
        rule, line = LINES[name]
        value = {"low": low, "mean": mean}[rule.split()[0]]
        figures |= {
            "line": f"{rule} {line:g}",
            "met": {">": value > line, ">=": value >= line, "<=": value <= line}[rule.split()[1]],
        }
    return figures


def find_interval(values: Any) -> tuple[float, float, float]:
    """Mean and 95 % interval by Student's t; the mean alone where there is one value."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return round(mean, 5), round(mean, 5), round(mean, 5)
    half = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return round(mean, 5), round(mean - half, 5), round(mean + half, 5)


def show(out: Console, outcomes: Sequence[Outcome], figures: Mapping[str, Any]) -> None:
    """Two tables: arms by seed, and figures against their lines."""
    seeds = sorted({o.seed for o in outcomes})
    sizes = ("tokens", "besides", "read", "charged", "seconds", "cpu_seconds")
    arms = Table("arm", *(f"seed {seed}" for seed in seeds), "mean", *sizes, title="bits per byte, mean over slices")
    for arm in dict.fromkeys(o.arm for o in outcomes):
        mine = {o.seed: o for o in outcomes if o.arm == arm}
        means = (np.mean([value for o in mine.values() if (value := getattr(o, name)) is not None] or [0]) for name in sizes)
        cells = (f"{mine[seed].macro:.4f}" if seed in mine else "" for seed in seeds)
        arms.add_row(arm, *cells, f"{np.mean([o.macro for o in mine.values()]):.4f}", *(f"{mean:,.0f}" for mean in means))
    out.print(arms)
    lines = Table("figure", "mean", "95 % interval", "line", "met")
    for name, found in figures.items():
        met = {True: "yes", False: "no", None: ""}[found.get("met")]
        lines.add_row(name, f"{found['mean']:.4f}", f"{found['low']:.4f} to {found['high']:.4f}", found.get("line", ""), met)
    out.print(lines)
