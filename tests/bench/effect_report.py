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
    from tests.bench.effect import Outcome

LINES: Mapping[str, tuple[str, float]] = {
    "ours below stratified": ("low >", 0.0),
    "gap closed, macro": ("low >=", 0.60),
    "ours at T/2 below uniform at T": ("low >", 0.0),
    "ours below uniform at equal compute": ("low >", 0.0),
    "old slices above uniform": ("mean <=", 0.01),
    "gap closed, new slice": ("mean >=", 0.75),
    "clean: ours above stratified": ("mean <=", 0.003),
}
"""What must hold of the mean over seeds, or of the lower end of its 95 % interval. Gaps are those from uniform to the oracle."""


def find_figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Every figure with its mean, 95 % interval over seeds (paired, Student's t), values by seed, and whether it meets its line."""
    macro = {arm: np.array([o.macro for o in outcomes if o.arm == arm]) for arm in {o.arm for o in outcomes}}
    new = {arm: np.array([o.bpb[name] for o in outcomes if o.arm == arm for name in NEW if name in o.bpb]) for arm in macro}
    old = {arm: np.array([np.mean([o.bpb[name] for name in KNOWN]) for o in outcomes if o.arm == arm]) for arm in macro}
    found: dict[str, Any] = {}

    def add(name: str, needs: Sequence[str], find: Any) -> None:
        if set(needs) <= set(macro):
            found[name] = describe(name, find())

    add("ours below stratified", ("ours", "stratified"), lambda: macro["stratified"] - macro["ours"])
    add(
        "ours below stratified without copies",
        ("ours", "stratified, no copies"),
        lambda: macro["stratified, no copies"] - macro["ours"],
    )
    add(
        "gap closed, macro",
        ("ours", "uniform", "oracle"),
        lambda: (macro["uniform"] - macro["ours"]) / (macro["uniform"] - macro["oracle"]),
    )
    add(
        "gap closed, new slice",
        ("ours", "uniform", "oracle"),
        lambda: (new["uniform"] - new["ours"]) / (new["uniform"] - new["oracle"]),
    )
    add("ours at T/2 below uniform at T", ("ours, T/2", "uniform"), lambda: macro["uniform"] - macro["ours, T/2"])
    add(
        "ours below uniform at equal compute",
        ("ours", "uniform, equal compute"),
        lambda: macro["uniform, equal compute"] - macro["ours"],
    )
    add("old slices above uniform", ("ours", "uniform"), lambda: old["ours"] / old["uniform"] - 1)
    add("naive above uniform", ("naive high loss", "uniform"), lambda: macro["naive high loss"] - macro["uniform"])
    add(
        "clean: ours above stratified",
        ("clean, ours", "clean, stratified"),
        lambda: macro["clean, ours"] / macro["clean, stratified"] - 1,
    )
    return found


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
    arms = Table("arm", *(f"seed {seed}" for seed in seeds), "mean", "tokens", "read", "s", title="bits per byte, mean over slices")
    for arm in dict.fromkeys(o.arm for o in outcomes):
        mine = sorted((o for o in outcomes if o.arm == arm), key=lambda o: o.seed)
        sizes = (f"{np.mean([getattr(o, name) for o in mine]):,.0f}" for name in ("tokens", "read", "seconds"))
        arms.add_row(arm, *(f"{o.macro:.4f}" for o in mine), f"{np.mean([o.macro for o in mine]):.4f}", *sizes)
    out.print(arms)
    lines = Table("figure", "mean", "95 % interval", "line", "met")
    for name, found in figures.items():
        met = {True: "yes", False: "no", None: ""}[found.get("met")]
        lines.add_row(name, f"{found['mean']:.4f}", f"{found['low']:.4f} to {found['high']:.4f}", found.get("line", ""), met)
    out.print(lines)
