"""Fills the page on whether feedback pays, when the documentation is built, from the newest results of `make experiments`.

A hook of mkdocs. Figures, lines and pictures come from the results' files; none is copied by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from resonance.report.draw.dots import Mark, Row, draw_dots

TOP = Path(__file__).parents[1]
RESULTS = TOP / "lib/decisions/experiments"
PAGE = "effect.md"
ARMS = {
    "uniform": "every document as likely as any other",
    "stratified": "equal shares of slices",
    "stratified, no copies": "equal shares, near duplicates cut: `resonance curate` without feedback",
    "naive high loss": "the harder a document, the more it is drawn: a control that should fail",
    "ours": "weighting `resonance` on top of the same curation",
    "ours, T/2": "the same on half of the text",
    "oracle": "equal shares of what is sound, told by those who planted the junk",
    "uniform, equal compute": "as much more text as ours would have had for all that it computed",
    "clean, stratified": "sound text of known slices, where nothing can be gained: equal shares",
    "clean, ours": "the same with weighting `resonance`",
}
ABSENT = "No result is committed; `make experiments` measures it."
OURS, CLEAN = ("ours", "ours, T/2"), "clean, "
Arms = Mapping[str, list[dict[str, Any]]]


def read_newest(name: str) -> dict[str, Any] | None:
    """The newest result of a part of the experiments; None where none is committed."""
    newest = max(RESULTS.glob(f"{name}-*.json"), key=lambda path: int(path.stem.rpartition("-")[2]), default=None)
    if newest is None:
        return None
    found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return found


def fill_page(markdown: str) -> str:
    """The page with every place in braces filled."""
    effect, noise = read_newest("effect"), read_newest("noise")
    parts = (_fill_effect(effect) if effect else {}) | {"labels": _list_labels(noise) if noise else ABSENT}
    for name, text in parts.items():
        markdown = markdown.replace(f"{{{name}}}", text)
    return markdown


def _fill_effect(effect: dict[str, Any]) -> dict[str, str]:
    by_name = {name: [row for row in effect["arms"] if row["arm"] == name] for name in ARMS}
    arms = {name: rows for name, rows in by_name.items() if rows}
    machine = f"{effect['machine']['processor']}, {effect['machine']['cores']} cores"
    return {
        "answer": write_answer(effect["figures"]),
        "chart": f"<style>{_style()}</style>\n<div>{_draw(arms)}</div>",
        "arms": _list_arms(arms),
        "lines": _list_figures(effect["figures"]),
        "run": f"{effect['date']}, {machine}, `{effect['command']}` (`make experiments`). What was tuned was tuned on seed 100.",
    }


def _list_labels(noise: dict[str, Any]) -> str:
    accuracy = ", ".join(f"{name} {np.mean(values):.1%}" for name, values in noise["accuracy"].items())
    return f"{_list_figures(noise['verdicts'])}\n\nAccuracy on sound samples: {accuracy}. `{noise['command']}`."


def write_answer(figures: Mapping[str, Any]) -> str:
    """The answer in one sentence, from the figures."""
    gain, gap = figures["ours below stratified"], figures["gap closed, macro"]
    verb = "Yes, a little" if gain["low"] > 0 else "Not for certain"
    interval = f"95 % interval {gain['low']:.4f} to {gain['high']:.4f}"
    return (
        f"**{verb}: for the same text, the model ends {gain['mean']:.4f} bits per byte below equal shares of slices ({interval}), "
        f"and {gap['mean']:.0%} of the gap between drawing blindly and an oracle is closed.**"
    )


def _list_arms(arms: Arms) -> str:
    head = ("arm", "draws", "bits per byte", "seeds below `stratified`", "tokens trained", "tokens read besides")
    rows = []
    for name, found in arms.items():
        rival = {row["seed"]: row["macro"] for row in arms[CLEAN * name.startswith(CLEAN) + "stratified"]}
        below = f"{sum(row['macro'] < rival[row['seed']] for row in found)} of {len(found)}"
        means = {key: float(np.mean([row[key] for row in found])) for key in ("macro", "tokens", "read")}
        sizes = (
            f"{means['macro']:.4f}",
            "" if name.endswith("stratified") else below,
            f"{means['tokens']:,.0f}",
            f"{means['read']:,.0f}",
        )
        rows.append((name, ARMS[name], *sizes))
    return _table(head, rows)


def _list_figures(figures: Mapping[str, Any]) -> str:
    met = {True: "yes", False: "**no**", None: ""}
    rows = [
        (name, f"{one['mean']:.4f}", f"{one['low']:.4f} to {one['high']:.4f}", one.get("line", ""), met[one.get("met")])
        for name, one in figures.items()
    ]
    return _table(("what", "mean", "95 % interval", "line", "met"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))


def _draw(arms: Arms) -> str:
    shown = {name: [row["macro"] for row in found] for name, found in arms.items() if not name.startswith(CLEAN)}
    rows = []
    for name, values in sorted(shown.items(), key=lambda item: float(np.mean(item[1]))):
        mean, half = float(np.mean(values)), 0.0
        if len(values) > 1:
            half = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
        mark = Mark(mean, "blue" if name in OURS else "grey", mean - half, mean + half)
        rows.append(Row(name, (mark,), f"{mean:.3f}"))
    return str(draw_dots(rows, "Bits per byte of each arm, mean over slices", "bits per byte, mean over slices"))


def _style() -> str:
    """What the picture needs of the report's style sheet."""
    lines = (TOP / "lib/resonance/report/templates/report.css").read_text(encoding="utf-8").splitlines()
    colours = " ".join(line.strip() for line in lines[3:5])
    whole = (line for line in lines if line.endswith("}"))
    rules = " ".join(line for line in whole if line.startswith((".chart", ".blue", ".ink", ".purple")))
    own = "svg.chart { width: 100%; max-width: 560px; font: 11px sans-serif; }"
    return f":root {{ {colours} }} {rules} {own}"


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill the page; others stay as they are."""
    return fill_page(markdown) if page.file.src_uri == PAGE else markdown
