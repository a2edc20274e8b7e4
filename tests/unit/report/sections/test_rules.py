from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Row
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.excerpts import Borderline, Edited, Excerpts, Rewritten
from resonance.report.sections.rules import Failed, Judged, Rules, draw_rules

SETTINGS = ReportSettings()
KEYS = ("position", "rule", "set", "signal", "side", "threshold", "among", "languages")
POLICY = tuple(
    Row(batch="main", policy="mine@7", **dict(zip(KEYS, rule, strict=True)))
    for rule in (
        (1, "gopher_short_doc", "datatrove", "n_words", "below", 50.0, None, None),
        (2, "silent", "datatrove", "hash_ratio", "above", 0.1, None, "en"),
        (3, "tongue", "basics", "language", "in", None, "en, de", None),
    )
)


def make_facts(names: tuple[str, ...] = NAMES) -> Rules:
    one, size = names[0], len(names)
    borderline = (
        Borderline("gopher_short_doc", True, 50.0, 50.0, "aa" * 16, one, "just enough " * 40),
        Borderline("gopher_short_doc", False, 49.0, 50.0, "bb" * 16, one, None),
    )
    rewritten = (
        Rewritten("javascript", "cc" * 16, f"a [{one}] b", "a ", 7, " b"),
        Rewritten("javascript", "dd" * 16, None, "a ", 7, " b"),
    )
    return Rules(
        loop_facts(names, rules=POLICY),
        judged=(
            Judged("source", one, 20, 5),
            Judged("source", "rest", 20 * size - 20, 0),
            Judged("language", "en", 20 * size, 5),
        ),
        failed=(
            Failed("source", one, "gopher_short_doc", 5, 4),
            Failed("source", one, "tongue", 3, 1),
            Failed("language", "en", "gopher_short_doc", 5, 5),
        ),
        excerpts=Excerpts(borderline, (Edited("javascript", 7, 800, 3),), rewritten),
    )


def test_shares_by_language_are_those_of_the_rules_that_were_asked() -> None:
    """A rule that is not asked of a language says nothing of it; one that is and cuts nothing says 0."""
    rules = (
        (1, "plain.words", "datatrove", "n_words", "below", 50.0, None, "en"),
        (2, "plain.symbols", "datatrove", "hash_ratio", "above", 0.1, None, "en"),
        (3, "any.letters", "any_language", "n_letters", "below", 50.0, None, "all but en"),
    )
    facts = Rules(
        loop_facts(NAMES, rules=tuple(Row(batch="main", policy="mine@7", **dict(zip(KEYS, rule, strict=True))) for rule in rules)),
        judged=(Judged("source", "s", 30, 9), Judged("language", "en", 20, 4), Judged("language", "th", 10, 5)),
        failed=(
            Failed("source", "s", "plain.words", 4, 4),
            Failed("source", "s", "any.letters", 5, 5),
            Failed("language", "en", "plain.words", 4, 4),
            Failed("language", "th", "any.letters", 5, 5),
        ),
    )
    block = draw_rules(facts, SETTINGS)
    assert block is not None
    grids = {grid.title: grid.rows for grid in block.grids}
    assert grids["Shares that fail, by language"] == (("plain.words", "20.0%", "–"), ("any.letters", "–", "50.0%"))
    assert [row[2] for row in grids["Rules of the policy"]] == [
        "n_words below 50 (en)",
        "hash_ratio above 0.1 (en)",
        "n_letters below 50 (all but en)",
    ]


def test_what_fires_where_and_what_never_does() -> None:
    block = draw_rules(make_facts(), SETTINGS)
    assert block is not None
    assert block.text == (
        "Policy mine@7 asked 3 rules of 40 documents: 5 (12.5%) failed at least one. "
        "A document counts at each rule that it fails, not at the first alone.",
        "Rules that never fired: silent.",
        "Rules that cut more than 20.0% of a source: gopher_short_doc (25.0% of one).",
    )
    of_policy, by_source, by_language, border, edited, rewritten = block.grids
    assert of_policy.rows == (
        ("gopher_short_doc", "datatrove", "n_words below 50", "5", "12.5%", "4"),
        ("silent", "datatrove", "hash_ratio above 0.1 (en)", "0", "0.0%", "0"),
        ("tongue", "basics", "language not in en, de", "3", "7.5%", "1"),
    )
    assert by_source.columns == ("rule", "one", "rest")
    assert by_source.rows == (("gopher_short_doc", "25.0%", "0.0%"), ("tongue", "15.0%", "0.0%"))
    assert by_language.rows[0] == ("gopher_short_doc", "12.5%")
    assert [row[:5] for row in border.rows] == [
        ("gopher_short_doc", "passes", "50", "50", "aa" * 16),
        ("gopher_short_doc", "cut", "49", "50", "bb" * 16),
    ]
    assert len(border.rows[0][-1]) <= 150
    assert border.rows[1][-1] == "–"
    assert edited.rows == (("javascript", "7", "800", "3"),)
    assert [row[2:] for row in rewritten.rows[:3]] == [
        ("before", "a [one] b"),
        ("after", "a [7 characters] b"),
        ("before", "not kept (ingest.keep_raw is off, or cleaning changed it)"),
    ]
    pictures = "".join(chart.picture for chart in block.charts)
    assert "15 · 75.0%" in pictures
    assert "4 · 5" in pictures


def test_small_sources_are_not_pointed_out() -> None:
    facts = make_facts()
    block = draw_rules(replace(facts, judged=tuple(replace(row, documents=19) for row in facts.judged)), SETTINGS)
    assert block is not None
    assert not any("of a source" in line for line in block.text)


def test_without_rules_and_edits_there_is_no_section() -> None:
    bare = replace(make_facts(), shared=loop_facts(), failed=(), judged=())
    assert draw_rules(replace(bare, excerpts=Excerpts()), SETTINGS) is None
    block = draw_rules(bare, SETTINGS)
    assert block is not None
    assert [grid.title for grid in block.grids] == ["On the border", "What rewriting cut", "Before and after rewriting"]
