"""What each rule of the policy cuts: how often it fires, where, and on what texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.judged import Failed
from resonance.report.parts import Chart, Grid, Key, Section
from resonance.report.wording import count, counted, distinct, listed, name, share, short, start

if TYPE_CHECKING:
    from pyspark.sql import Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts import Facts
    from resonance.report.judged import By, Judged

MUCH, FEW = 0.2, 20
"""A rule that cuts more than this share of a source is pointed out, where the source has at least so many documents."""
POINTED, SOURCES = 10, 3
ACROSS = 6
ALL = "*"
BY: tuple[By, ...] = ("source", "language")
EXCERPT = 150


def rules(facts: Facts, settings: ReportSettings) -> Section | None:
    """Every rule with what it cuts, by source and by language, and examples; None where nothing was judged by rules."""
    if not facts.rules and not facts.edited:
        return None
    fails = {row.rule: row for row in _by_rule(facts)}
    charts: list[Chart] = [_fired(fails)] if fails else []
    charts += [_passed(facts, by) for by in BY if any(row.by == by for row in facts.judged)]
    grids = [_grid(facts, fails)] if facts.rules else []
    grids += [_across(facts, by) for by in BY if fails]
    grids += [grid for grid in (_borderline(facts), _edited(facts), _rewritten(facts)) if grid is not None]
    return Section("rules", "What each rule cuts", _sentences(facts, fails), tuple(charts), tuple(grids))


def said(rule: Row) -> str:
    """What a rule cuts: ``n_words below 50``."""
    if rule["side"] == "in":
        return f"{name(rule['signal'])} not in {name(rule['among'], 40)}"
    return f"{name(rule['signal'])} {rule['side']} {short(rule['threshold'])}"


def _by_rule(facts: Facts) -> list[Failed]:
    """Documents that fail each rule, all sources together; rules of the policy first, in their order."""
    sums: dict[str, tuple[int, int]] = {}
    for row in facts.failed:
        if row.by == "source":
            documents, first = sums.get(row.rule, (0, 0))
            sums[row.rule] = (documents + row.documents, first + row.first)
    order = [rule for rule in dict.fromkeys(row["rule"] for row in facts.rules) if rule in sums]
    order += sorted(sums.keys() - set(order))
    return [Failed("source", ALL, rule, *sums[rule]) for rule in order]


def _whole(facts: Facts, by: By = "source") -> tuple[int, int]:
    """Documents judged, and those that failed a rule."""
    rows = [row for row in facts.judged if row.by == by]
    return sum(row.documents for row in rows), sum(row.cut for row in rows)


def _sentences(facts: Facts, fails: dict[str, Failed]) -> tuple[str, ...]:
    documents, cut = _whole(facts)
    policies = list(dict.fromkeys(row["policy"] for row in facts.rules))
    told = []
    if policies:
        asked = counted(len({row["rule"] for row in facts.rules}), "rule")
        named = f"{'Policies' if len(policies) > 1 else 'Policy'} {listed([name(policy) for policy in policies])}"
        told.append(
            f"{named} asked {asked} of {counted(documents, 'document')}: {count(cut)} ({share(cut, documents)}) failed at least "
            "one. A document counts at each rule that it fails, not at the first alone."
        )
        if silent := [row["rule"] for row in facts.rules if row["rule"] not in fails]:
            told.append(f"Rules that never fired: {listed([name(rule) for rule in dict.fromkeys(silent)])}.")
    if much := _much(facts):
        told.append(f"Rules that cut more than {share(MUCH)} of a source: {listed(much)}.")
    return tuple(told)


def _much(facts: Facts) -> list[str]:
    """Rules that cut much of a source, those that cut most of one first, each with the sources that it cuts most of."""
    came = {row.name: row.documents for row in facts.judged if row.by == "source"}
    high: dict[str, list[tuple[float, str]]] = {}
    for row in facts.failed:
        if row.by == "source" and came.get(row.name, 0) >= FEW and row.documents > MUCH * came[row.name]:
            high.setdefault(row.rule, []).append((-row.documents / came[row.name], row.name))
    told = [f"{name(rule)} ({_most(sorted(parts))})" for rule, parts in sorted(high.items(), key=lambda item: min(item[1]))]
    return told[:POINTED] + ([f"{count(len(told) - POINTED)} more"] if len(told) > POINTED else [])


def _most(parts: list[tuple[float, str]]) -> str:
    shown = [f"{share(-part)} of {name(source, 32)}" for part, source in parts[:SOURCES]]
    return ", ".join(shown + ([f"{count(len(parts) - SOURCES)} more"] if len(parts) > SOURCES else []))


def _fired(fails: dict[str, Failed]) -> Chart:
    rows = [
        Bar(row.rule.removeprefix("gopher_"), row.first, f"{count(row.first)} · {count(row.documents)}", row.documents, "orange")
        for row in sorted(fails.values(), key=lambda row: (-row.documents, row.rule))
    ]
    picture = draw_bars(rows, "Documents that fail each rule, and those whose first reason it is")
    keys = (Key("first reason", "orange"), Key("fails", "pale"))
    return Chart(
        "Documents that fail each rule", picture, "Numbers: documents with it as first reason, and all that fail it.", keys
    )


def _passed(facts: Facts, by: By) -> Chart:
    rows = []
    for row in facts.judged:
        if row.by == by:
            passed = row.documents - row.cut
            rows.append(Bar(row.name, passed, f"{count(passed)} · {share(passed, row.documents)}", behind=row.documents))
    picture = draw_bars(rows, f"Documents of each {by} that pass all rules")
    keys = (Key("passes", "blue"), Key("fails", "pale"))
    return Chart(f"What passes, by {by}", picture, "Numbers: documents that pass, and their share.", keys)


def _grid(facts: Facts, fails: dict[str, Failed]) -> Grid:
    documents, _ = _whole(facts)
    rows = []
    for rule in {row["rule"]: row for row in facts.rules}.values():
        found = fails.get(rule["rule"]) or Failed("source", ALL, rule["rule"], 0, 0)
        fired = (count(found.documents), share(found.documents, documents), count(found.first))
        rows.append((name(rule["rule"]), name(rule["set"]), said(rule), *fired))
    columns = ("rule", "signals", "cuts where", "fail", "share of judged", "first reason")
    note = "In the order of the policy. A signal that is not known fails its rule."
    return Grid("Rules of the policy", columns, tuple(rows), frozenset(columns[3:]), note=note)


def _across(facts: Facts, by: By) -> Grid:
    """Shares of each of the largest sources or languages that fail each rule."""
    came: list[Judged] = [row for row in facts.judged if row.by == by][:ACROSS]
    share_of = {(row.rule, row.name): row.documents for row in facts.failed if row.by == by}
    rows = [
        (name(rule), *(share(share_of.get((rule, part.name), 0), part.documents) for part in came))
        for rule in dict.fromkeys(row.rule for row in _by_rule(facts))
    ]
    columns = ("rule", *distinct([part.name for part in came], 20))
    return Grid(f"Shares that fail, by {by}", columns, tuple(rows), frozenset(columns[1:]))


def _borderline(facts: Facts) -> Grid | None:
    rows = tuple(
        (
            name(row.rule),
            "passes" if row.passes else "cut",
            _measured(row.value),
            _measured(row.threshold),
            row.document,
            "–" if row.text is None else start(row.text, EXCERPT),
        )
        for row in facts.examples.borderline
    )
    columns = ("rule", "verdict", "measured", "threshold", "document", "text begins")
    note = "Documents nearest to each threshold on both sides, among a sample; `resonance why` tells all about one."
    return Grid("On the border", columns, rows, frozenset({"measured", "threshold"}), cards=True, note=note) if rows else None


def _measured(value: float) -> str:
    """Four digits, and all of a large number: both sides of a threshold must look different."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _edited(facts: Facts) -> Grid | None:
    rows = tuple((name(row.rule), count(row.pieces), count(row.characters), count(row.documents)) for row in facts.edited)
    columns = ("rule", "pieces cut", "characters", "documents")
    return Grid("What rewriting cut", columns, rows, frozenset(columns[1:])) if rows else None


def _rewritten(facts: Facts) -> Grid | None:
    rows: list[tuple[str, ...]] = []
    for row in facts.examples.rewritten:
        before = (
            "not kept (ingest.keep_raw is off, or cleaning changed it)" if row.before is None else name(row.before, 2 * EXCERPT)
        )
        rows += [
            (name(row.rule), row.document, "before", before),
            (name(row.rule), row.document, "after", name(row.after, EXCERPT)),
        ]
    columns = ("rule", "document", "", "text around the place")
    return Grid("Before and after rewriting", columns, tuple(rows), cards=True) if rows else None
