from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, change_rows, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.facts.languages import LanguageCount
from resonance.report.sections.funnel import MOST_NAMED, Funnel, draw_funnel

SETTINGS = ReportSettings()
SHORT = Row(rule="gopher_short_doc", signal="n_words", side="below", threshold=50.0, among=None, languages=None, policy="mine@7")


BY_LANGUAGE = tuple(
    Row(batch="main", policy="mine@7", rule=rule, signal="n", side="below", threshold=5.0, among=None, languages=languages)
    for rule, languages in (
        ("plain.words", "en"),
        ("plain.marks", "en"),
        ("zh.few", "zh"),
        ("any.letters", "all but en, zh"),
        ("all", None),
    )
)


def make_facts(names: tuple[str, ...] = NAMES) -> Funnel:
    """Documents in a language for each name; two of the first were cut by two steps."""
    cut = (LanguageCount(names[0], "judge", "gopher_short_doc", 1), LanguageCount(names[0], "dedupe", "exact_duplicate", 1))
    return Funnel(loop_facts(names, rules=(SHORT,)), (*cut, *(LanguageCount(name, None, None, 3) for name in names)))


def test_each_step_and_rule_is_shown() -> None:
    block = draw_funnel(make_facts(), SETTINGS)
    assert block is not None
    steps, reasons, languages = block.grids
    assert [row[:5] for row in steps.rows] == [
        ("ingest", "main", "40", "40", "0"),
        ("clean", "main", "40", "40", "0"),
        ("judge", "main", "40", "38", "2"),
        ("dedupe", "main", "38", "30", "8"),
        ("decontaminate", "main", "30", "30", "0"),
    ]
    assert reasons.rows[0][:4] == ("exact_duplicate", "dedupe", "–", "8")
    assert reasons.rows[1][:4] == ("gopher_short_doc", "judge", "n_words below 50", "2")
    assert languages.columns == (
        *("language", "rules", "documents", "cut by judge", "cut by dedupe", "cut by decontaminate", "kept", "share"),
        "first reasons",
    )
    assert languages.rows == (
        ("one", "mine@7", "5", "1", "1", "0", "3", "60.0%", "exact_duplicate 1, gopher_short_doc 1"),
        ("two", "mine@7", "3", "0", "0", "0", "3", "100.0%", "–"),
    )
    assert "with every rule that it failed" in block.text[0]
    assert "38 of 40" in block.charts[0].picture
    assert "set aside, held out" in block.charts[0].picture


def test_lost_rows_and_a_log_that_disagrees_are_named() -> None:
    facts = make_facts().shared
    steps = [*facts.steps[:2], *change_rows(facts.steps[2:3], rows_out=1), *facts.steps[3:]]
    block = draw_funnel(Funnel(replace(facts, steps=tuple(steps), cuts=facts.cuts[:1])), SETTINGS)
    assert block is not None
    assert "ROWS ARE MISSING: rows in are not rows out plus rows cut at judge." in block.text
    assert any("counts 10 cut rows, the table rejects has 2" in line for line in block.text)


def test_each_language_is_told_with_whose_rules_judge_it() -> None:
    """Languages without rules of their own are named, with what stays of them: none is cut by rules of another one unnoticed."""
    counts = (
        LanguageCount("en", "judge", "plain.words", 4),
        LanguageCount("en", None, None, 16),
        LanguageCount("th", "judge", "any.letters", 5),
        LanguageCount("th", None, None, 5),
        LanguageCount(None, "judge", "any.letters", 2),
        LanguageCount("zh", None, None, 1),
    )
    block = draw_funnel(Funnel(loop_facts(NAMES, rules=BY_LANGUAGE), counts), SETTINGS)
    assert block is not None
    assert [(row[0], row[1], row[2], row[3], row[6], row[8]) for row in block.grids[-1].rows] == [
        ("en", "plain and mine@7", "20", "4", "16", "words 4"),
        ("th", "any and mine@7", "10", "5", "5", "letters 5"),
        ("unknown", "any and mine@7", "2", "2", "0", "letters 2"),
        ("zh", "zh and mine@7", "1", "0", "1", "–"),
    ]
    assert block.text[-1] == (
        "Languages without rules of their own are held to any: th and unknown; of their 12 documents, 5 (41.7%) stay."
    )


def test_many_languages_are_counted_in_the_sentence_and_listed_in_the_grid() -> None:
    counts = tuple(LanguageCount(f"l{number:03}", None, None, 1) for number in range(MOST_NAMED + 3))
    block = draw_funnel(Funnel(loop_facts(NAMES, rules=BY_LANGUAGE), counts), SETTINGS)
    assert block is not None
    assert " l011 and 3 more; of their 15 documents, 15" in block.text[-1]
    assert len(block.grids[-1].rows) == MOST_NAMED + 3


def test_where_no_language_was_told_none_is_listed() -> None:
    block = draw_funnel(Funnel(loop_facts(NAMES, rules=BY_LANGUAGE)), SETTINGS)
    assert block is not None
    assert [grid.title for grid in block.grids] == ["Steps that cut", "First reasons"]
    assert "Languages" not in " ".join(block.text)
