"""What each step let through, and which rules cut the rest, in all and by language."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resonance.core.durations import write_seconds
from resonance.core.languages import Languages
from resonance.core.ledger import CLEAN, CUTTING, DECONTAMINATE, DEDUPE, INGEST, JUDGE
from resonance.core.turns import HELDOUT, PLAN
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.facts.languages import LanguageCount, count_languages
from resonance.report.facts.steps import find_cutting
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.wording import amount, count, describe_rule, join_words, label_rule, name, share
from resonance.tables import DOCUMENTS, REJECTS, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

CUT_BY = {INGEST: "grey", CLEAN: "grey", JUDGE: "orange", DEDUPE: "purple", DECONTAMINATE: "teal"}

MOST_NAMED, REASONS = 12, 3
"""So many languages without rules of their own are named, and so many first reasons of each."""
BASICS = SIGNALS.tables["basics"].name


@dataclass(frozen=True)
class Funnel:
    """What steps cut, and documents by language: what stayed of each, and why the rest did not."""

    shared: Facts
    languages: tuple[LanguageCount, ...] = ()


def gather_funnel(frames: Mapping[str, DataFrame], shared: Facts) -> Funnel:
    """Documents by language, where any was told; see ``count_languages``."""
    told = shared.rows[BASICS]
    return Funnel(shared, count_languages(frames["documents"], frames[BASICS], frames["rejects"]) if told else ())


def draw_funnel(facts: Funnel, settings: ReportSettings) -> Block | None:
    """How many documents each step let through, and why it cut the others; None before the first step."""
    steps = find_cutting(facts.shared.steps)
    if not steps:
        return None
    charts = (_draw_stages(facts.shared, steps), *_draw_reasons(steps))
    grids = (_list_steps(steps), *_list_reasons(facts.shared), *_list_languages(facts))
    text = (*_describe_steps(facts.shared, steps), *_describe_languages(facts))
    return Block(say("What was kept, what was cut and why"), text, charts, grids)


def _describe_steps(facts: Facts, steps: list[Row]) -> tuple[str, ...]:
    noted = sum(step["rows_cut"] for step in steps)
    found = sum(cut.rows for cut in facts.cuts)
    lost = [name(step["job"]) for step in steps if step["rows_in"] != step["rows_out"] + step["rows_cut"]]
    sentences = [
        say(
            "The table rejects lists each cut row with every rule that it failed, the measured value and the threshold; "
            "here a row counts once, at the first rule."
        )
    ]
    if lost:
        sentences.append(say("ROWS ARE MISSING: rows in are not rows out plus rows cut at {steps}.", steps=join_words(lost)))
    else:
        sentences.append(say("Rows in are rows out plus rows cut at each step."))
    if noted != found:
        sentences.append(
            say(
                "The table steps counts {noted}, the table rejects has {found}: run again.",
                noted=amount(noted, "cut row"),
                found=count(found),
            )
        )
    return tuple(sentences)


def _draw_stages(facts: Facts, steps: list[Row]) -> Chart:
    rows = []
    for job in dict.fromkeys(step["job"] for step in steps):
        came = sum(step["rows_in"] for step in steps if step["job"] == job)
        went = sum(step["rows_out"] for step in steps if step["job"] == job)
        rows.append(Bar(job, went, say("{part} of {whole}", part=count(went), whole=count(came)), behind=came))
    heldout = sum(part.documents for part in facts.find_part("draw", 0, HELDOUT).values())
    if heldout:
        rows.append(Bar(say("set aside, held out"), heldout, count(heldout), role="teal"))
    for number, arm in facts.find_draws():
        if arm == PLAN:
            drawn = sum(part.documents for part in facts.find_part("draw", number, arm).values())
            rows.append(Bar(say("drawn, round {number}", number=number), drawn, count(drawn), role="teal"))
    picture = draw_bars(rows, say("Documents that came to each step and went on"))
    keys = [Key(say("went on"), "blue"), Key(say("came in"), "pale")]
    if heldout:
        keys.append(Key(say("chosen from what was kept"), "teal"))
    return Chart(say("Documents by step"), picture, keys=tuple(keys))


def _draw_reasons(steps: list[Row]) -> tuple[Chart, ...]:
    cut: Counter[tuple[str, str]] = Counter()
    for step in steps:
        cut.update({(step["job"], rule): rows for rule, rows in step["cut_by_rule"].items()})
    whole = sum(cut.values())
    if not whole:
        return ()
    rows = [
        Bar(label_rule(rule), rows, f"{count(rows)} · {share(rows, whole)}", role=CUT_BY.get(job, "blue"))
        for (job, rule), rows in sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    ]
    picture = draw_bars(rows, say("Rows cut by each rule"))
    jobs = dict.fromkeys(job for job, _ in cut)
    keys = tuple(Key(say("cut by {step}", step=name(job)), CUT_BY.get(job, "blue")) for job in jobs)
    return (Chart(say("Rows cut, by rule"), picture, say("{rows} cut in all.", rows=amount(whole, "row")), keys),)


def _list_steps(steps: list[Row]) -> Grid:
    rows = tuple(
        (
            name(step["job"]),
            name(step["batch"]),
            count(step["rows_in"]),
            count(step["rows_out"]),
            count(step["rows_cut"]),
            share(step["rows_cut"], step["rows_in"]),
            write_seconds(step["seconds"]),
        )
        for step in steps
    )
    columns = (say("step"), say("batch"), say("rows in"), say("rows out"), say("rows cut"), say("share cut"), say("time"))
    return Grid(say("Steps that cut"), columns, rows, frozenset(columns[2:]))


def _list_reasons(facts: Facts) -> tuple[Grid, ...]:
    cut: Counter[tuple[str, str]] = Counter()
    for found in facts.cuts:
        cut[found.step, found.rule] += found.rows
    asked = {(JUDGE, row["rule"]): describe_rule(row) for row in facts.rules}
    rows = tuple(
        (name(rule), name(step), asked.get((step, rule), "–"), count(number), share(number, sum(cut.values())))
        for (step, rule), number in sorted(cut.items(), key=lambda item: (-item[1], item[0]))
    )
    columns = (say("first reason"), say("step"), say("cuts where"), say("rows"), say("share of what was cut"))
    return (Grid(say("First reasons"), columns, rows, frozenset(columns[3:])),) if rows else ()


def _describe_languages(facts: Funnel) -> tuple[str, ...]:
    """Which languages have no rules of their own, and what stayed of them; nothing where rules do not go by language."""
    rest = {row["rule"].rpartition(".")[0] for row in facts.shared.rules if row["languages"] and _read_languages(row).others}
    own = {code for row in facts.shared.rules if row["languages"] for code in _read_languages(row).named}
    others = tuple(row for row in facts.languages if row.language not in own)
    if not rest or not others:
        return ()
    came, left = sum(row.documents for row in others), sum(row.documents for row in others if row.step is None)
    named = [_name_language(language) for language, _ in _gather_languages(others)]
    more = [amount(len(named) - MOST_NAMED, "more", "more")] if len(named) > MOST_NAMED else []
    return (
        say(
            "Languages without rules of their own are held to {rules}: {languages}; of their {documents}, {left} ({share}) stay.",
            rules=join_words(sorted(map(name, rest))),
            languages=join_words(named[:MOST_NAMED] + more),
            documents=amount(came, "document"),
            left=count(left),
            share=share(left, came),
        ),
    )


def _list_languages(facts: Funnel) -> tuple[Grid, ...]:
    """Each language, most documents first, with whose rules judge it, what each step cut, and what stays."""
    ran = {step["job"] for step in facts.shared.steps} | {row.step for row in facts.languages}
    steps = [step for step in CUTTING if step in ran]
    rows = []
    for language, parts in _gather_languages(facts.languages):
        cut: Counter[str | None] = Counter()
        reasons: Counter[str] = Counter()
        for part in parts:
            cut[part.step] += part.documents
            reasons.update({part.rule: part.documents} if part.rule else {})
        first = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:REASONS]
        rows.append(
            (
                _name_language(language),
                join_words(list(map(name, _find_judges(facts.shared, language)))) or "–",
                count(cut.total()),
                *(count(cut[step]) for step in steps),
                count(cut[None]),
                share(cut[None], cut.total()),
                say(", ").join(f"{name(rule.rpartition('.')[2])} {count(documents)}" for rule, documents in first) or "–",
            )
        )
    cuts = (say("cut by {step}", step=step) for step in steps)
    numbers = (say("documents"), *cuts, say("kept"), say("share"))
    columns = (say("language"), say("rules"), *numbers, say("first reasons"))
    note = say("Languages are those that the set basics tells.")
    title = say("Languages and the rules that judge them")
    return (Grid(title, columns, tuple(rows), frozenset(numbers), cards=True, note=note),) if rows else ()


def _gather_languages(counts: tuple[LanguageCount, ...]) -> list[tuple[str | None, list[LanguageCount]]]:
    """The counts of each language, the one of most documents first."""
    by: dict[str | None, list[LanguageCount]] = {}
    for found in counts:
        by.setdefault(found.language, []).append(found)
    return sorted(by.items(), key=lambda item: (-sum(part.documents for part in item[1]), _name_language(item[0])))


def _find_judges(facts: Facts, language: str | None) -> list[str]:
    """Whose rules are asked of documents in a language: policies, or the parts of one that goes by language."""
    asked = (row for row in facts.rules if not row["languages"] or _read_languages(row).hold(language))
    return list(dict.fromkeys((row["languages"] and row["rule"].rpartition(".")[0]) or row["policy"] for row in asked))


def _read_languages(rule: Row) -> Languages:
    return Languages.read(rule["languages"])


def _name_language(language: str | None) -> str:
    return say("unknown") if language is None else name(language)


SECTION = Section("funnel", gather_funnel, draw_funnel, reads=(DOCUMENTS, SIGNALS, REJECTS))
