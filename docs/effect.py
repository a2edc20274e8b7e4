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
    "stratified, equal compute": "equal shares of as much more text",
    "ours, short look": "ours, reading 64 instead of 256 characters of four fifths as many candidates",
    "stratified, as short look": "equal shares of as much more text as the short look costs",
    "two rounds: stratified": "T in two rounds, the second going on from the first, which is scored as every round is",
    "two rounds: ours": "the same with weighting `resonance`",
    "two rounds: ours, moving": "the same, and round 2 draws more of slices on whose new texts round 1 made progress",
    "two rounds: perplexity band": "round 2 draws more of slices of middling loss",
    "two rounds: doremi": "round 2 draws more of slices whose losses stand above those of reference models",
    "two rounds: rho": "round 2 draws more of the documents whose losses stand above those of reference models",
    "two rounds: color": "round 2 draws more of the documents that tuning a reference model on the new slice makes easier",
    "clean, stratified": "sound text of known slices, where nothing can be gained: equal shares",
    "clean, ours": "the same with weighting `resonance`",
}
ABSENT = "No result is committed; `make experiments` measures it."
OURS = ("ours", "ours, T/2", "ours, short look", "two rounds: ours", "two rounds: ours, moving")
KINDS = ("clean, ", "two rounds: ")
"""How names of arms begin that have a stratified arm of their own beside them."""
SIZES = {
    "tokens": "tokens trained",
    "besides": "by reference models",
    "read": "only read",
    "charged": "charged",
    "cpu_seconds": "CPU s",
}
Arms = Mapping[str, list[dict[str, Any]]]


def read_newest(name: str) -> dict[str, Any] | None:
    """The newest result of a part of the experiments; None where none is committed."""
    newest = max(RESULTS.glob(f"{name}-[0-9]*.json"), key=lambda path: int(path.stem.rpartition("-")[2]), default=None)
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
    answer = (
        f"**{verb}: for the same text, the model ends {gain['mean']:.4f} bits per byte below equal shares of slices ({interval}), "
        f"and {gap['mean']:.0%} of the gap between drawing blindly and an oracle is closed.**"
    )
    paid = figures.get("ours below stratified at equal compute")
    return f"{answer} {write_price(paid)}" if paid else answer


def write_price(paid: Mapping[str, Any]) -> str:
    """What is left of the gain where equal shares may train on as much more text as the looking costs."""
    if paid["low"] > 0:
        return f"**At equal compute it still ends {paid['mean']:.4f} below them.**"
    interval = f"95 % interval {-paid['high']:.4f} to {-paid['low']:.4f}"
    if paid["high"] < 0:
        return (
            f"**Not at equal compute: equal shares that train on as much more text as the looking costs end {-paid['mean']:.4f} "
            f"lower ({interval}).** So `stratified` is the default."
        )
    return f"**At equal compute no difference is certain: equal shares end {-paid['mean']:.4f} lower ({interval}).**"


def _list_arms(arms: Arms) -> str:
    head = ("arm", "draws", "bits per byte", "seeds below `stratified`", *SIZES.values())
    rows = []
    for name, found in arms.items():
        kind = next((kind for kind in KINDS if name.startswith(kind)), "")
        rival = {row["seed"]: row["macro"] for row in arms.get(f"{kind}stratified", [])}
        beside = [row for row in found if row["seed"] in rival]
        below = f"{sum(row['macro'] < rival[row['seed']] for row in beside)} of {len(beside)}"
        sizes = (_write_mean([_find_size(row, size) for row in found]) for size in SIZES)
        macro = float(np.mean([row["macro"] for row in found]))
        rows.append((name, ARMS[name], f"{macro:.4f}", "" if name == f"{kind}stratified" else below, *sizes))
    return _table(head, rows)


def _find_size(row: Mapping[str, Any], size: str) -> float | None:
    """One size of an outcome; what is charged counts readings as a third of trainings. None where it was not looked at."""
    if size == "charged":
        return float(row["tokens"] + row.get("besides", 0) + row["read"] / 3)
    found = row.get(size)
    return None if found is None else float(found)


def _write_mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):,.0f}" if known else ""


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
    shown = {name: [row["macro"] for row in found] for name, found in arms.items() if not name.startswith(KINDS)}
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
