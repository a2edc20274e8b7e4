"""What each rule of the policy cuts: how often it fires, where, and on what texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyspark.sql import functions as F

from resonance.core.languages import ALL as ALL_LANGUAGES
from resonance.core.languages import Languages
from resonance.core.ledger import JUDGE
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.sections.excerpts import Excerpts, draw_excerpts, gather_excerpts
from resonance.report.wording import amount, count, describe_rule, join_words, label_rule, make_distinct, name, share
from resonance.tables import DOCUMENTS, EDITS, RAW, REJECTS, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

MOST_NAMES = {"source": 24, "language": 12}
"""So many sources and languages are named; the others are counted together."""
REST = "others"
UNKNOWN = "unknown"
PLACES = {REST: "others", UNKNOWN: "unknown"}
By = Literal["source", "language"]
MUCH, FEW = 0.2, 20
"""A rule is pointed out if it cuts more than this share of a source that has at least so many documents."""
POINTED, SOURCES = 10, 3
ACROSS = 6
ALL = "*"
BY: tuple[By, ...] = ("source", "language")


@dataclass(frozen=True)
class Judged:
    """Documents of one source or language that were judged, and those that failed a rule."""

    by: By
    name: str
    documents: int
    cut: int


@dataclass(frozen=True)
class Failed:
    """Documents of one source or language that fail a rule, and how many of them fail it first."""

    by: By
    name: str
    rule: str
    documents: int
    first: int


@dataclass(frozen=True)
class Rules:
    """What a policy did, counted by source and by language, and excerpts of texts."""

    shared: Facts
    judged: tuple[Judged, ...] = ()
    failed: tuple[Failed, ...] = ()
    excerpts: Excerpts = Excerpts()


def gather_rules(frames: Mapping[str, DataFrame], shared: Facts) -> Rules:
    """Documents judged, documents that failed, and excerpts: see ``count_judged`` and ``gather_excerpts``."""
    if shared.rows["rules"] or shared.rows["rejects"]:
        return Rules(shared, *count_judged(frames), gather_excerpts(frames, shared))
    return Rules(shared, excerpts=gather_excerpts(frames, shared))


def count_judged(frames: Mapping[str, DataFrame]) -> tuple[tuple[Judged, ...], tuple[Failed, ...]]:
    """Documents judged, and those that failed a rule, by source and by language.

    Joins rejects with languages by doc_id; else shuffles partial counts.
    """
    tongues = frames[SIGNALS.tables["basics"].name].select("doc_id", "batch", "language")
    rejects = frames["rejects"].where(f"step = '{JUDGE}'").select("doc_id", "batch", "source", "rule", "rank")
    spoken = rejects.join(tongues, ["doc_id", "batch"], "left")
    counts: list[Judged] = []
    fails: list[Failed] = []
    for by, came, cut in (("source", frames["documents"], rejects), ("language", tongues, spoken)):
        judged, failed = _count_by(by, came, cut)  # type: ignore[arg-type]
        counts += judged
        fails += failed
    return tuple(counts), tuple(fails)


def _count_by(by: By, came: DataFrame, cut: DataFrame) -> tuple[list[Judged], list[Failed]]:
    known = F.coalesce(F.col(by), F.lit(UNKNOWN))
    sums = came.rollup(known.alias("name")).count()  # all together have no name, and come first
    sizes = sums.orderBy(F.desc("count"), F.col("name").asc_nulls_first()).limit(MOST_NAMES[by] + 1).collect()
    documents = {row["name"]: row["count"] for row in sizes[1:]}
    name, first = _group_others(known, list(documents)).alias("name"), F.count_if(F.col("rank") == 1)
    if sizes and (others := sizes[0]["count"] - sum(documents.values())):
        documents[REST] = documents.get(REST, 0) + others
    rows = (
        cut.groupBy(name, "rule").agg(F.count(F.lit(1)).alias("documents"), first.alias("first")).orderBy("name", "rule").collect()
    )
    failed = [Failed(by, **row.asDict()) for row in rows]
    lost = {place: sum(row.first for row in failed if row.name == place) for place in documents}
    return [Judged(by, place, count, lost[place]) for place, count in documents.items()], failed


def _group_others(known: Column, named: list[str]) -> Column:
    return F.when(known.isin(named), known).otherwise(REST) if named else known


def draw_rules(facts: Rules, settings: ReportSettings) -> Block | None:
    """What each rule cuts, by source and by language, and excerpts; None where no rule judged or rewrote a text."""
    if not facts.shared.rules and not facts.excerpts.edited:
        return None
    fails = {row.rule: row for row in _sum_rules(facts)}
    charts: list[Chart] = [_draw_fired(fails)] if fails else []
    charts += [_draw_passed(facts, by) for by in BY if any(row.by == by for row in facts.judged)]
    grids = [_list_rules(facts, fails)] if facts.shared.rules else []
    grids += [_list_shares(facts, by) for by in BY if fails]
    grids += draw_excerpts(facts.excerpts)
    return Block(say("What each rule cuts"), _describe_rules(facts, fails), tuple(charts), tuple(grids))


def _sum_rules(facts: Rules) -> list[Failed]:
    """Documents that fail each rule, all sources together; rules of the policy first, in their order."""
    sums: dict[str, tuple[int, int]] = {}
    for row in facts.failed:
        if row.by == "source":
            documents, first = sums.get(row.rule, (0, 0))
            sums[row.rule] = (documents + row.documents, first + row.first)
    order = [rule for rule in dict.fromkeys(row["rule"] for row in facts.shared.rules) if rule in sums]
    order += sorted(sums.keys() - set(order))
    return [Failed("source", ALL, rule, *sums[rule]) for rule in order]


def _sum_judged(facts: Rules, by: By = "source") -> tuple[int, int]:
    """Documents judged, and those that failed a rule."""
    rows = [row for row in facts.judged if row.by == by]
    return sum(row.documents for row in rows), sum(row.cut for row in rows)


def _describe_rules(facts: Rules, fails: dict[str, Failed]) -> tuple[str, ...]:
    documents, cut = _sum_judged(facts)
    policies = list(dict.fromkeys(row["policy"] for row in facts.shared.rules))
    sentences = []
    if policies:
        sentences.append(
            say(
                "{policies} asked {rules} of {documents}: {cut} ({share}) failed at least one. A document counts at each rule that "
                "it fails, not at the first alone.",
                policies=say(
                    "Policies {names}" if len(policies) > 1 else "Policy {names}",
                    names=join_words([name(policy) for policy in policies]),
                ),
                rules=amount(len({row["rule"] for row in facts.shared.rules}), "rule"),
                documents=amount(documents, "document"),
                cut=count(cut),
                share=share(cut, documents),
            )
        )
        if silent := [row["rule"] for row in facts.shared.rules if row["rule"] not in fails]:
            rules = join_words([name(rule) for rule in dict.fromkeys(silent)])
            sentences.append(say("Rules that never fired: {rules}.", rules=rules))
    if much := _find_heavy(facts):
        sentences.append(say("Rules that cut more than {share} of a source: {rules}.", share=share(MUCH), rules=join_words(much)))
    return tuple(sentences)


def _find_heavy(facts: Rules) -> list[str]:
    """Rules that cut much of a source, largest share first, each with the sources of which it cuts most."""
    came = {row.name: row.documents for row in facts.judged if row.by == "source"}
    high: dict[str, list[tuple[float, str]]] = {}
    for row in facts.failed:
        if row.by == "source" and came.get(row.name, 0) >= FEW and row.documents > MUCH * came[row.name]:
            high.setdefault(row.rule, []).append((-row.documents / came[row.name], row.name))
    named = [
        say("{figure} ({note})", figure=name(rule), note=_write_sources(sorted(parts)))
        for rule, parts in sorted(high.items(), key=lambda item: min(item[1]))
    ]
    return _cut_list(named, POINTED)


def _write_sources(parts: list[tuple[float, str]]) -> str:
    shown = [say("{share} of {source}", share=share(-part), source=name(source, 32)) for part, source in parts]
    return say(", ").join(_cut_list(shown, SOURCES))


def _cut_list(items: list[str], most: int) -> list[str]:
    """The first items, and how many more there are."""
    return items if len(items) <= most else [*items[:most], amount(len(items) - most, "more", "more")]


def _draw_fired(fails: dict[str, Failed]) -> Chart:
    rows = [
        Bar(label_rule(row.rule), row.first, f"{count(row.first)} · {count(row.documents)}", row.documents, "orange")
        for row in sorted(fails.values(), key=lambda row: (-row.documents, row.rule))
    ]
    picture = draw_bars(rows, say("Documents that fail each rule, and those whose first reason it is"))
    keys = (Key(say("first reason"), "orange"), Key(say("fails"), "pale"))
    note = say("Numbers: documents with it as first reason, and all that fail it.")
    return Chart(say("Documents that fail each rule"), picture, note, keys)


def _draw_passed(facts: Rules, by: By) -> Chart:
    rows = []
    for row in facts.judged:
        if row.by == by:
            passed = row.documents - row.cut
            rows.append(
                Bar(_name_place(row.name), passed, f"{count(passed)} · {share(passed, row.documents)}", behind=row.documents)
            )
    label, title = (
        (say("Documents of each source that pass all rules"), say("What passes, by source"))
        if by == "source"
        else (say("Documents of each language that pass all rules"), say("What passes, by language"))
    )
    keys = (Key(say("passes"), "blue"), Key(say("fails"), "pale"))
    return Chart(title, draw_bars(rows, label), say("Numbers: documents that pass, and their share."), keys)


def _name_place(place: str) -> str:
    """A source or language, the others together, or those that are not known."""
    return say(PLACES[place]) if place in PLACES else place


def _list_rules(facts: Rules, fails: dict[str, Failed]) -> Grid:
    documents, _ = _sum_judged(facts)
    rows = []
    for rule in {row["rule"]: row for row in facts.shared.rules}.values():
        found = fails.get(rule["rule"]) or Failed("source", ALL, rule["rule"], 0, 0)
        fired = (count(found.documents), share(found.documents, documents), count(found.first))
        rows.append((name(rule["rule"]), name(rule["set"]), describe_rule(rule), *fired))
    columns = (say("rule"), say("signals"), say("cuts where"), say("fail"), say("share of judged"), say("first reason"))
    note = say("In the order of the policy. A signal that is not known fails its rule.")
    return Grid(say("Rules of the policy"), columns, tuple(rows), frozenset(columns[3:]), note=note)


def _list_shares(facts: Rules, by: By) -> Grid:
    """Shares of each of the largest sources or languages that fail each rule; nothing where a rule is not asked of a language."""
    came: list[Judged] = [row for row in facts.judged if row.by == by][:ACROSS]
    fell = {(row.rule, row.name): row.documents for row in facts.failed if row.by == by}
    asked = _read_languages(facts) if by == "language" else {}
    rows = [
        (name(rule), *(_write_share(fell.get((rule, part.name), 0), part, asked.get(rule, ALL_LANGUAGES)) for part in came))
        for rule in dict.fromkeys(row.rule for row in _sum_rules(facts))
    ]
    columns = (say("rule"), *make_distinct([_name_place(part.name) for part in came], 20))
    title = say("Shares that fail, by source" if by == "source" else "Shares that fail, by language")
    return Grid(title, columns, tuple(rows), frozenset(columns[1:]))


def _write_share(fell: int, part: Judged, asked: Languages) -> str:
    return share(fell, part.documents) if fell or part.name == REST or asked.hold(part.name) else "–"


def _read_languages(facts: Rules) -> dict[str, Languages]:
    """The languages that each rule is asked of, for rules of some languages."""
    return {row["rule"]: Languages.read(row["languages"]) for row in facts.shared.rules if row["languages"]}


SECTION = Section("rules", gather_rules, draw_rules, reads=(DOCUMENTS, SIGNALS, REJECTS, EDITS, RAW))
