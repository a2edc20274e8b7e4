"""Thirty defects, each planted alone into a real dataset: whether the metric that names it falls, and the report says so first.

python -m tests.bench.assess_planted [--no-result] [--only NAME,...]

The defects and their sizes were chosen before the first run. A planting is found where the score of its metric falls, the grade
does not rise, and an operator of that metric is among the first three findings, by what mending each would add to the total.
Operators that look at the same thing are one finding; what empty texts cost is told with the required columns, as in the report.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

import resonance
from resonance.assess.operators import BY_ID
from resonance.assess.score import grade
from resonance.core.operator import Result
from resonance.runtime.profiles import load_profile
from tests.bench.assess_datasets import Contract, Dataset
from tests.bench.assess_documents import read_documents
from tests.bench.assess_flights import read_flights
from tests.bench.assess_instructions import read_instructions
from tests.bench.places import write_result

DATASETS = (read_documents, read_flights, read_instructions)
SEED = 7
FIRST = 3
RANKS = {"A": 0, "B": 1, "C": 2, "D": 3, "E": 4, "U": 4}
"""Too little measured for a grade is not better than the worst one: a leak makes E of it."""
Change = Callable[[Dataset, random.Random], Dataset]


@dataclass(frozen=True)
class Planting:
    """One defect.

    Args:
        dataset: where it is planted.
        metric: the metric that the specification names for it.
        change: what plants it.
    """

    name: str
    dataset: str
    metric: int
    change: Change


@dataclass(frozen=True)
class Found:
    """What an assessment made of a planting; ``place`` is that of the first operator of the metric among the findings."""

    name: str
    dataset: str
    metric: int
    before: float | None
    after: float | None
    grade_before: str
    grade_after: str
    place: int | None

    @property
    def falls(self) -> bool:
        """Whether the metric's score falls."""
        return self.before is not None and self.after is not None and self.after < self.before

    @property
    def holds(self) -> bool:
        """Whether the planting is found."""
        sinks = RANKS[self.grade_after] >= RANKS[self.grade_before]
        return self.falls and sinks and self.place is not None and self.place <= FIRST


def change_cells(column: str, share: float, change: Callable[[Any], Any]) -> Change:
    """A share of the cells of a column, changed."""

    def plant(given: Dataset, draw: random.Random) -> Dataset:
        rows = given.rows.copy()
        chosen = draw.sample(range(len(rows)), round(share * len(rows)))
        values = rows[column].tolist()
        for place in chosen:
            values[place] = change(values[place])
        rows[column] = pd.Series(values, index=rows.index, dtype=None if any(v is None for v in values) else rows[column].dtype)
        return replace(given, rows=rows)

    return plant


def change_columns(columns: tuple[str, ...], share: float, change: Callable[[Any], Any]) -> Change:
    """A share of the cells of several columns, changed."""

    def plant(given: Dataset, draw: random.Random) -> Dataset:
        for column in columns:
            given = change_cells(column, share, change)(given, draw)
        return given

    return plant


def repeat_rows(share: float, change: Callable[[str], str], column: str = "text") -> Change:
    """A share of the rows comes again under a new id, its text changed."""

    def plant(given: Dataset, draw: random.Random) -> Dataset:
        chosen = draw.sample(range(len(given.rows)), round(share * len(given.rows)))
        copies = given.rows.iloc[chosen].copy()
        copies["id"] = [f"{id} again" for id in copies["id"]]
        copies[column] = [change(text) for text in copies[column]]
        return replace(given, rows=pd.concat([given.rows, copies], ignore_index=True))

    return plant


def keep_rows(keep: Callable[[pd.DataFrame], Any]) -> Change:
    """Some of the rows alone."""
    return lambda given, draw: replace(given, rows=given.rows[keep(given.rows)].reset_index(drop=True))


def shift_times(column: str, days: float) -> Change:
    """Every time of a column, later by so many days."""
    return lambda given, draw: replace(given, rows=given.rows.assign(**{column: given.rows[column] + pd.Timedelta(days=days)}))


def change_contract(change: Callable[[Contract], None]) -> Change:
    """The contract, changed: a defect of what is written about the dataset."""

    def plant(given: Dataset, draw: random.Random) -> Dataset:
        contract = copy.deepcopy(given.contract)
        change(contract)
        return replace(given, contract=contract)

    return plant


def crowd_rows(column: str, share: float) -> Change:
    """Of all rows but those with the most frequent value of a column, only ``1 - share`` is left."""

    def plant(given: Dataset, draw: random.Random) -> Dataset:
        most = given.rows[column].mode().iloc[0]
        kept = [value == most or draw.random() > share for value in given.rows[column]]
        return replace(given, rows=given.rows[kept].reset_index(drop=True))

    return plant


def garble(text: str) -> str:
    """A text with typographic marks, read in the wrong encoding."""
    return text.replace("'", "’").replace(" - ", " – ").replace(". ", " … ").encode().decode("cp1252", errors="replace")


def drop_words(text: str) -> str:
    """A text without two words in its middle."""
    words = text.split(" ")
    middle = len(words) // 2
    return " ".join([*words[:middle], *words[middle + 2 :]])


def repeat_line(text: str) -> str:
    """The first sixty characters, forty times."""
    return "\n".join([text[:60].replace("\n", " ")] * 40)


def add_menu(text: str) -> str:
    """A text between menus and notices of a web page, as long as itself."""
    menu = "\n".join(("Home", "Login", "Sign up", "Share this", "Accept all cookies", "Terms of use", "Enable javascript"))
    many = len(text) // (2 * len(menu)) + 1
    return "\n".join([*[menu] * many, text, *[menu] * many])


def read_rules(contract: Contract) -> dict[str, Any]:
    """The declared lists of a contract."""
    return next(p["value"] for p in contract["customProperties"] if p["property"] == "adaqDeclared")


def drop_descriptions(contract: Contract) -> None:
    """No column is described any more."""
    for column in contract["schema"][0]["properties"]:
        column.pop("description", None)
        column.pop("examples", None)


def drop_ledger(contract: Contract) -> None:
    """The ledger forgets on what basis half of the sources were used, and where the evidence lies."""
    ledger = read_rules(contract)["source_ledger"]
    for name in sorted(ledger)[::2]:
        ledger[name].pop("evidence", None)


PLANTINGS: tuple[Planting, ...] = (
    Planting("texts are null", "documents", 2, change_cells("text", 0.3, lambda _: None)),
    Planting("rows come twice", "documents", 16, repeat_rows(0.4, lambda text: text)),
    Planting("rows come again without two words", "documents", 16, repeat_rows(0.6, drop_words)),
    Planting("texts read in the wrong encoding", "documents", 5, change_cells("text", 0.5, garble)),
    Planting(
        "addresses of people", "documents", 6, change_cells("text", 0.05, lambda t: f"{t} Write to ada.byron@mail-works.org.")
    ),
    Planting(
        "keys of services", "documents", 7, change_cells("text", 0.02, lambda t: f"{t} aws_access_key_id = AKIAQ3EGRJ5V7T2LXNBC.")
    ),
    Planting("texts cut in the middle", "documents", 2, change_cells("text", 0.6, lambda t: t[: len(t) // 2] + " [truncated]")),
    Planting("sources without a licence", "documents", 34, change_cells("licence", 0.4, lambda _: "NOASSERTION")),
    Planting("sources that nobody knows", "documents", 31, change_cells("source", 0.3, lambda _: "crawl-42")),
    Planting(
        "no trace of place, path and collector",
        "documents",
        31,
        change_columns(("place", "path", "collector"), 0.9, lambda _: None),
    ),
    Planting("one line again and again", "documents", 17, change_cells("text", 0.5, repeat_line)),
    Planting("menus around texts", "documents", 28, change_cells("text", 0.7, add_menu)),
    Planting("one source alone", "documents", 25, crowd_rows("source", 0.97)),
    Planting("a domain is missing", "documents", 3, keep_rows(lambda rows: rows["topic"] != rows["topic"].mode().iloc[0])),
    Planting("half of the rows", "documents", 1, keep_rows(lambda rows: rows.index % 4 == 0)),
    Planting("degrees of another unit", "flights", 5, change_columns(("distance", "air_time"), 0.5, lambda v: v * 60)),
    Planting("references into nothing", "flights", 15, change_cells("dest", 0.4, lambda _: "QQQ")),
    Planting("dates in two forms", "flights", 15, change_cells("day_text", 0.5, lambda v: f"{v[8:10]}/{v[5:7]}/{v[:4]}")),
    Planting("days without a row", "flights", 2, keep_rows(lambda rows: rows["day"].dt.day_of_year % 5 < 2)),
    Planting(
        "ten years old",
        "flights",
        10,
        change_columns(("planned_at", "landed_at", "recorded_at"), 1.0, lambda t: t - pd.Timedelta(days=3650)),
    ),
    Planting("landings recorded a month late", "flights", 12, shift_times("recorded_at", 30)),
    Planting("clocks a week ahead", "flights", 11, shift_times("landed_at", 7)),
    Planting("one class alone", "flights", 24, crowd_rows("late", 0.98)),
    Planting("rules of the field broken", "flights", 8, change_cells("arr_delay", 0.3, lambda v: v + 700)),
    Planting("codes that stand in no list", "flights", 15, change_cells("carrier", 0.4, lambda v: v.lower())),
    Planting("names of people in the clear", "flights", 6, change_cells("captain", 0.5, lambda _: "Amelia Earhart")),
    Planting("answers are missing", "instructions", 27, change_cells("response", 0.5, lambda _: "")),
    Planting("a task is missing", "instructions", 4, keep_rows(lambda rows: rows["task"] != "results")),
    Planting("columns without a description", "instructions", 35, change_contract(drop_descriptions)),
    Planting("sources without evidence", "instructions", 31, change_contract(drop_ledger)),
)


def assess_dataset(w: Any, given: Dataset, folder: Path) -> dict[str, Any]:
    """The assessment of a dataset, as it is written into files."""
    data, contract = given.write(folder)
    w.assess(data, contract, now=given.now, output=folder / "out.json")
    found: dict[str, Any] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return found


def rank_findings(found: Mapping[str, Any]) -> list[tuple[frozenset[str], float]]:
    """Operators below 1, those of one cause together, by what mending them adds to the total: worked out by grading again.

    Where required columns fall short, filling them makes empty texts as good as the others: each other operator adds what is left.
    """
    fields = {"operator", "state", "score", "score_lcb", "empty"}
    whole = [Result(**{name: r[name] for name in fields}) for r in found["results"] if not r["stratum"]]
    profile = load_profile(str(found["profile"]).partition("@")[0], frozenset(BY_ID))

    def total_of(changed: Mapping[str, float]) -> float:
        scores = [replace(r, score=score, score_lcb=score) if (score := changed.get(r.operator)) is not None else r for r in whole]
        return grade(scores, profile).total.value or 0.0

    causes: dict[tuple[str, ...], set[str]] = {}
    for result in whole:
        if result.score is not None and result.score < 1:
            causes.setdefault(BY_ID[result.operator].cause, set()).add(result.operator)
    required = BY_ID["required_field_completeness"].cause
    filled = {r.operator: min(1.0, r.score / (1 - r.empty)) for r in whole if r.score is not None and required in causes}
    gains = []
    for cause, operators in causes.items():
        before = {} if cause == required else {id: filled[id] for id in operators & filled.keys()}
        after = {**(filled if cause == required else before), **dict.fromkeys(operators, 1.0)}
        gains.append((frozenset(operators), total_of(after) - total_of(before)))
    return sorted(gains, key=lambda each: (-each[1], sorted(each[0])))


def find_place(found: Mapping[str, Any], metric: int) -> int | None:
    """The place of the first finding with an operator of a metric; None where there is none."""
    found_here = enumerate(rank_findings(found), 1)
    places = [at for at, (operators, _) in found_here if any(BY_ID[id].metric == metric for id in operators)]
    return places[0] if places else None


def read_metric(found: Mapping[str, Any], metric: int) -> float | None:
    """The score of a metric."""
    score: float | None = found["metrics"][str(metric)]["value"]
    return score


def judge_planting(planting: Planting, before: Mapping[str, Any], after: Mapping[str, Any]) -> Found:
    """What two assessments, without the defect and with it, say of a planting."""
    return Found(
        planting.name,
        planting.dataset,
        planting.metric,
        read_metric(before, planting.metric),
        read_metric(after, planting.metric),
        before["grade"],
        after["grade"],
        find_place(after, planting.metric),
    )


def show_results(results: list[Found]) -> Table:
    """The results as people read them."""
    table = Table("planted", "dataset", "metric", "score before", "after", "grade", "place", "found", title="planted defects")
    for one in results:
        scores = ("-" if score is None else f"{score:.3f}" for score in (one.before, one.after))
        place = "-" if one.place is None else str(one.place)
        grades = f"{one.grade_before} to {one.grade_after}"
        table.add_row(one.name, one.dataset, str(one.metric), *scores, grades, place, "yes" if one.holds else "NO")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    parser.add_argument("--only", default="", help="names of plantings, with commas between them")
    asked = parser.parse_args()
    chosen = [planting for planting in PLANTINGS if not asked.only or planting.name in asked.only.split(",")]
    datasets = {given.name: given for given in (read() for read in DATASETS)}
    results, clean = [], {}
    with TemporaryDirectory() as scratch:
        w = resonance.open(str(Path(scratch) / "workspace"))
        for planting in chosen:
            given = datasets[planting.dataset]
            if given.name not in clean:
                clean[given.name] = assess_dataset(w, given, Path(scratch) / "clean")
            planted = planting.change(given, random.Random(f"{SEED} {planting.name}"))
            results.append(judge_planting(planting, clean[given.name], assess_dataset(w, planted, Path(scratch) / "planted")))
            print(results[-1], "holds" if results[-1].holds else "MISSED", flush=True)
    Console(width=160).print(show_results(results))
    held = sum(one.holds for one in results)
    print(f"{held} of {len(results)} are found")
    if not asked.no_result:
        figures = {
            "datasets": {
                name: {"rows": len(given.rows), "grade": clean[name]["grade"], "total": clean[name]["total"]}
                for name, given in datasets.items()
            },
            "found": held,
            "plantings": [{**asdict(one), "found": one.holds} for one in results],
        }
        print(write_result("assess-planted", "python -m tests.bench.assess_planted", figures))


if __name__ == "__main__":
    main()
