from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from pyspark.sql import Row

from resonance.core.settings import ReportSettings
from resonance.report.copies import Crossed
from resonance.report.examples import Examples
from resonance.report.facts import Apart, Clusters, Cut, Facts, Losses
from resonance.report.labels import Labels
from resonance.report.parts import Section
from resonance.report.sections import SECTIONS
from resonance.report.sections.duplicates import duplicates
from resonance.report.sections.funnel import funnel
from resonance.report.sections.heldout import heldout
from resonance.report.sections.plan import plan
from resonance.report.sections.record import record
from resonance.report.sections.references import references
from resonance.report.sections.rules import rules
from resonance.report.sections.signals import signals
from resonance.report.sections.slices import slices
from resonance.report.sections.training import training
from resonance.report.summary import summary

SETTINGS = ReportSettings()
Made = Callable[..., Facts]


def pictures(section: Section | None) -> str:
    assert section is not None
    return "".join(chart.picture for chart in section.charts)


def corners(section: Section) -> int:
    """How many points the blue line of the first chart has."""
    paths = re.findall(r'<path d="([^"]+)" class="curve blue"', section.charts[0].picture)
    return len(re.findall("[ML]", paths[0]))


def test_summary_tells_the_whole_loop(made: Made) -> None:
    head = summary(made())
    text = " ".join(head.sentences)
    assert (
        "40 documents came in, 30 (75.0%) were kept and 10 cut, most of them by exact_duplicate (8) and gopher_short_doc (2)."
        in text
    )
    assert (
        "2 rounds trained, with 1 control arm beside: 36 samples planned, 36 loss rows written; each sample left exactly one."
        in text
    )
    assert "2.000 (1.900 to 2.100) after round 2, control" in text
    assert "one seed; without training variance" in text
    assert "Round 3 is planned: 1 of 2 slices get more weight; two gains most (50.0% → 55.0% of the tokens)." in text
    assert [stop.done for stop in head.stops] == [True] * 6


def test_summary_says_when_losses_do_not_match_the_plan(made: Made) -> None:
    facts = made()
    text = " ".join(summary(made(losses=facts.losses[:-1])).sentences)
    assert "36 samples planned, 30 loss rows written; these should be equal." in text


def test_funnel_shows_each_step_and_rule(made: Made) -> None:
    section = funnel(made(), SETTINGS)
    assert section is not None
    steps, reasons = section.grids
    assert [row[:5] for row in steps.rows] == [
        ("ingest", "main", "40", "40", "0"),
        ("clean", "main", "40", "40", "0"),
        ("judge", "main", "40", "38", "2"),
        ("dedupe", "main", "38", "30", "8"),
        ("decontaminate", "main", "30", "30", "0"),
    ]
    assert reasons.rows[0][:4] == ("exact_duplicate", "dedupe", "–", "8")
    assert reasons.rows[1][:4] == ("gopher_short_doc", "judge", "n_words below 50", "2")
    assert "with every rule that it failed" in section.text[0]
    assert "38 of 40" in pictures(section)
    assert "set aside, held out" in pictures(section)


def test_funnel_tells_of_lost_rows_and_of_a_log_that_disagrees(made: Made) -> None:
    steps = tuple(Row(**{**step.asDict(), "rows_out": 1}) if step["job"] == "judge" else step for step in made().steps)
    section = funnel(made(steps=steps, cuts=made().cuts[:1]), SETTINGS)
    assert section is not None
    assert "ROWS ARE MISSING: rows in are not rows out plus rows cut at judge." in section.text
    assert any("counts 10 cut rows, the table rejects holds 2" in line for line in section.text)


def test_rules_tell_what_fires_where_and_what_never_does(made: Made) -> None:
    section = rules(made(), SETTINGS)
    assert section is not None
    assert section.text == (
        "Policy mine@7 asked 3 rules of 40 documents: 5 (12.5%) failed at least one. "
        "A document counts at each rule that it fails, not at the first alone.",
        "Rules that never fired: silent.",
        "Rules that cut more than 20.0% of a source: gopher_short_doc (25.0% of one).",
    )
    of_policy, by_source, by_language, border, edited, rewritten = section.grids
    assert of_policy.rows == (
        ("gopher_short_doc", "datatrove", "n_words below 50", "5", "12.5%", "4"),
        ("silent", "datatrove", "hash_ratio above 0.1", "0", "0.0%", "0"),
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
    assert "15 · 75.0%" in pictures(section)
    assert "4 · 5" in pictures(section)


def test_small_sources_are_not_pointed_out(made: Made) -> None:
    few = tuple(type(row)(row.by, row.name, 19, row.cut) for row in made().judged)
    section = rules(made(judged=few), SETTINGS)
    assert section is not None
    assert not any("of a source" in line for line in section.text)


def test_without_rules_and_edits_there_is_no_section(made: Made) -> None:
    assert rules(made(rules=(), edited=()), SETTINGS) is None
    alone = rules(made(rules=(), failed=(), judged=()), SETTINGS)
    assert alone is not None
    assert [grid.title for grid in alone.grids] == ["On the border", "What rewriting cut", "Before and after rewriting"]


def test_slices_beyond_the_first_are_summed_up_and_counted(made: Made) -> None:
    facts = made(tuple(f"slice-{n:03}" for n in range(200)))
    section = slices(facts, ReportSettings(top_slices=3))
    assert section is not None
    assert "The 3 largest are shown; the other 197 slices are summed up." in section.text[0]
    kept = section.charts[0].picture
    assert "slice-002" in kept
    assert "slice-003" not in kept
    assert "197 other slices: 2,955 of 3,940 kept (75.0%)." in section.charts[0].note
    assert "197 other slices" in section.charts[1].picture
    assert "197 other slices: 98.5% in kept corpus, 98.5% in round 1 and 98.5% in round 2." in section.charts[2].note


def test_one_slice_fills_each_section(made: Made) -> None:
    facts = made(("only",))
    assert all(section(facts, SETTINGS) is not None for section in SECTIONS)


def test_two_hundred_slices_fill_each_section(made: Made) -> None:
    facts = made(tuple(f"slice-{n:03}" for n in range(200)))
    held = heldout(facts, SETTINGS)
    assert held is not None
    assert len(held.grids[0].rows) == 25
    assert "176 other slices" in held.grids[0].note
    assert not held.grids[0].shown
    assert len(held.grids[0].folded) == 25
    told = plan(facts, SETTINGS)
    assert told is not None
    assert (len(told.grids[0].shown), len(told.grids[0].folded)) == (14, 10)
    assert "176 other slices" in told.grids[0].note
    assert told.grids[1].rows[-1][0] == "176 other slices"


def test_duplicates_count_clusters_by_size(made: Made) -> None:
    section = duplicates(made(), SETTINGS)
    assert section is not None
    assert "8 documents of 38 that passed all rules (21.1%) were cut as copies" in section.text[0]
    assert "4 in 2" in pictures(section)
    assert "5–8 documents" in pictures(section)
    assert "7 in 1" in pictures(section)
    assert section.grids[0].rows[0][:5] == ("exact", "3", "11", "7", "8")
    note = section.charts[-1].note
    assert "14 bands of 8 minima over shingles of 5 words. Half of all pairs are met at a similarity of 0.68, hardly" in note
    assert [round(1 - (1 - s**8) ** 14, 1) for s in (0.6847, 0.54)] == [0.5, 0.1]
    alone = duplicates(made(clusters=(Clusters("exact", 2, 1, 2, "exact@1"),), crossed=()), SETTINGS)
    assert alone is not None
    assert len(alone.charts) == 1


def test_duplicates_tell_what_text_went_and_between_which_sources(made: Made) -> None:
    section = duplicates(made(), SETTINGS)
    assert section is not None
    assert section.grids[0].columns[-1] == "text cut"
    assert [row[-1] for row in section.grids[0].rows] == ["4.0 kB", "0 bytes"]
    chart = next(chart for chart in section.charts if chart.title == "Copies between sources")
    assert ">one<" in chart.picture
    assert "left out" not in chart.note
    facts = made()
    fewer = duplicates(made(crossed=facts.crossed[:-1]), SETTINGS)
    assert fewer is not None
    assert "Copies between sources" not in [chart.title for chart in fewer.charts]
    more = (Crossed(None, None, None, 99, 1), *facts.crossed[1:])
    told = duplicates(made(crossed=more), SETTINGS)
    assert told is not None
    assert any(chart.note.endswith(" 91 copies between rarer pairs of sources are left out.") for chart in told.charts)


def test_near_clusters_that_were_verified_cut_nothing_themselves(made: Made) -> None:
    found = tuple(Clusters(method, 2, 1, 2, "v") for method in ("near", "verified"))
    cut = (Cut("dedupe", "near_duplicate", "one", 1),)
    crossed = (Crossed("near_duplicate", None, None, 1, 512),)
    section = duplicates(made(clusters=found, cuts=cut, crossed=crossed), SETTINGS)
    assert section is not None
    assert [(row[0], row[4], row[-1]) for row in section.grids[0].rows] == [
        ("near", "0", "0 bytes"),
        ("verified", "1", "512 bytes"),
    ]


def test_many_sources_are_joined(made: Made) -> None:
    names = tuple(f"source {number:02}" for number in range(20))
    section = duplicates(made(names), SETTINGS)
    assert section is not None
    chart = next(chart for chart in section.charts if chart.title == "Copies between sources")
    assert ">others<" in chart.picture
    assert "source 10" in chart.picture
    assert "source 11" not in chart.picture


def test_the_largest_clusters_stand_side_by_side(made: Made) -> None:
    section = duplicates(made(), SETTINGS)
    assert section is not None
    exact, near, unread = section.grids[1].rows
    assert exact[:3] == ("exact", "7", "equal text")
    assert exact[3] == f"<b>one</b> {'aa' * 16}<br>as it is"
    assert near[:3] == ("near", "2", "0.750")
    assert near[3].endswith("<br>a <mark>&lt;b&gt;red&lt;/b&gt;</mark> fox")
    assert near[4].endswith("<br>a <mark>green</mark> fox")
    assert unread[2:] == ("not measured", f"<b>one</b> {'cc' * 16}<br>not read", f"<b>one</b> {'dd' * 16}<br>not read")
    bare = duplicates(made(examples=Examples()), SETTINGS)
    assert bare is not None
    assert len(bare.grids) == 1


def test_duplicates_that_were_not_found_are_a_sentence(made: Made) -> None:
    section = duplicates(made(clusters=()), SETTINGS)
    assert section is not None
    assert section.text == ("No duplicates were found, or none were looked for.",)


def test_signals_name_their_thresholds(made: Made) -> None:
    section = signals(made(), SETTINGS)
    assert section is not None
    assert section.charts[0].note == "Words. Set datatrove. Median 80. Cut below 50."
    assert 'class="orange"' in section.charts[0].picture
    assert "75.0%" in section.charts[1].picture


def test_training_compares_plan_and_losses(made: Made) -> None:
    section = training(made(), SETTINGS)
    assert section is not None
    assert [row[:4] for row in section.grids[0].rows][2] == ("round 2, control", "12", "12", "equal")
    assert section.grids[0].rows[0][5] == f"{2000 / 0.6931471805599453 / 1000:.3f}"
    short = training(made(losses=(Losses(1, "plan", "train", 0, 5, 1.0, 1, 1),)), SETTINGS)
    assert short is not None
    assert short.grids[0].rows[0][3] == "NOT EQUAL"


def test_rows_without_a_loss_and_tokens_cut_have_columns_where_there_are_any(made: Made) -> None:
    first = [Losses(1, "plan", "train", n, 6, 100.0, 40, 50, no_loss=n, cut=1_000 * n) for n in (0, 1, 2)]
    other = Losses(2, "plan", "train", 0, 12, 200.0, 80, 100)
    section = training(made(losses=(*first, other)), SETTINGS)
    assert section is not None
    (grid,) = section.grids
    assert grid.columns[-3:] == ("parameters", "no finite loss", "tokens cut")
    assert {"no finite loss", "tokens cut"} <= grid.numbers
    # 300 nats over 150 bytes, and 200 over 100: 2 / ln 2 both.
    assert [(row[2], row[4], row[5], *row[7:]) for row in grid.rows] == [
        ("18", "120", "2.885", "3", "3,000"),
        ("12", "80", "2.885", "0", "0"),
    ]
    only = training(made(losses=(Losses(1, "plan", "train", 0, 6, 100.0, 40, 50, cut=7),)), SETTINGS)
    assert only is not None
    assert only.grids[0].columns[-2:] == ("parameters", "tokens cut")
    assert only.grids[0].rows[0][-1] == "7"
    none = training(made(), SETTINGS)
    assert none is not None
    assert none.grids[0].columns[-1] == "parameters"


def test_a_stretch_without_any_loss_is_no_point_at_zero(made: Made) -> None:
    there = [Losses(1, "plan", "train", n, 10, 100.0, 50, 40) for n in (0, 2)]
    gone = Losses(1, "plan", "train", 1, 10, 0.0, 0, 0, no_loss=10)
    section = training(made(losses=(there[0], gone, there[1])), SETTINGS)
    assert section is not None
    assert corners(section) == 2
    assert (section.grids[0].rows[0][2], section.grids[0].rows[0][7]) == ("30", "10")
    bare = training(made(losses=(gone,)), SETTINGS)
    assert bare is not None
    assert bare.grids[0].rows[0][5] == "–"


@pytest.mark.parametrize(
    ("apart", "told"),
    [
        (Apart(1_234, 12), "1,234 events {} and 12 states of texts or labels changed since."),
        (Apart(1, 0), "1 event {}."),
        (Apart(0, 1), "1 state of a text or label changed since."),
    ],
)
def test_what_stands_apart_is_told_in_one_sentence(made: Made, apart: Apart, told: str) -> None:
    section = training(made(apart=apart), SETTINGS)
    assert section is not None
    runs = "of runs that no longer stand (other settings, inputs or texts) or have not ended"
    assert section.text[-1] == "Stored, but in no figure of losses or labels here: " + told.format(runs)


def test_where_nothing_stands_apart_nothing_is_said_of_it(made: Made) -> None:
    section = training(made(), SETTINGS)
    assert section is not None
    assert len(section.text) == 1


def test_a_short_last_stretch_joins_its_neighbour(made: Made) -> None:
    losses = [Losses(1, "plan", "train", n, 10, 100.0, 50, 40) for n in range(3)] + [Losses(1, "plan", "train", 3, 1, 900.0, 5, 4)]
    section = training(made(losses=tuple(losses)), SETTINGS)
    alone = training(made(losses=tuple(losses[:3])), SETTINGS)
    assert section is not None
    assert alone is not None
    assert section.grids[0].rows[0][2] == "31"
    assert corners(section) == corners(alone) == 3


def test_heldout_says_the_verdict_of_each_slice(made: Made) -> None:
    section = heldout(made(delta=(0.02, 0.01, 0.03)), SETTINGS)
    assert section is not None
    assert section.grids[0].rows[0] == ("all slices", "10", "2.000", "2.000", "+0.020", "+0.010 to +0.030", "higher")
    assert "one seed; without training variance" in section.charts[2].note
    assert "one seed; without training variance" in section.grids[0].note


def test_heldout_without_control_has_no_difference(made: Made) -> None:
    section = heldout(made(evaluations=tuple(r for r in made().evaluations if r["round"] == 1)), SETTINGS)
    assert section is not None
    assert len(section.charts) == 2
    assert not section.grids


def test_plan_tells_reasons_and_history(made: Made) -> None:
    section = plan(made(), SETTINGS)
    assert section is not None
    assert section.title == "The plan of round 3"
    reasons, history = section.grids
    assert reasons.rows[0] == ("two", "50.0%", "55.0%", "2.500", "told for two")
    assert history.columns == ("slice", "round 1", "round 2", "round 3")
    assert history.rows[0] == ("two", "50.0%", "55.0%", "55.0%")


def test_references_tell_what_is_left_to_learn(made: Made) -> None:
    section = references(made(), SETTINGS)
    assert section is not None
    assert "scored 10 documents of round 2" in section.text[0]
    (grid,) = section.grids
    assert grid.columns == ("slice", "documents", "bits per byte", "reference", "excess", "target gain")
    assert grid.rows == (("one", "5", "2.500", "2.400", "0.200", "+0.050"), ("two", "5", "2.500", "2.400", "0.100", "+0.050"))
    assert "Target gain" in grid.note
    untuned = tuple(Row(**{**row.asDict(), "target_gain": None}) for row in made().excess)
    older = tuple(Row(**{**row.asDict(), "round": 1, "slice": "gone"}) for row in untuned)
    section = references(made(excess=older + untuned), SETTINGS)
    assert section is not None
    assert [len(row) for row in section.grids[0].rows] == [5, 5]
    assert "Target gain" not in section.grids[0].note
    section = references(made(), ReportSettings(top_slices=1))
    assert section is not None
    assert section.grids[0].note.endswith("not listed.")
    assert references(made(excess=()), SETTINGS) is None


def test_the_first_plan_has_shares_only(made: Made) -> None:
    section = plan(made(plans=tuple(row for row in made().plans if row["round"] == 1)), SETTINGS)
    assert section is not None
    assert [chart.title for chart in section.charts] == ["Shares of round 1"]
    assert section.grids[0].rows[0] == ("one", "50.0%", "50.0%", "–", "told for one")


def test_record_gives_versions_rows_and_manifests(made: Made) -> None:
    section = record(made(), SETTINGS)
    tables, rounds, steps = section.grids
    assert tables.rows[0] == ("raw", "7", "40", "ingest")
    assert tables.rows[2] == ("plans", "–", "6", "–")
    assert rounds.rows[1] == ("2", "42", "c" * 16, f"{2:016x}", "90 s", "2030-01-01 00:00:00")
    assert ("train", "2", "control", "0", "0", "12 s") in [row[:6] for row in steps.rows]


def test_the_data_half_alone_leaves_the_rest_out(made: Made) -> None:
    whole = made()
    half = made(
        losses=(),
        plans=(),
        excess=(),
        evaluations=(),
        rounds=(),
        checkpoints=(),
        labels=Labels(),
        slices=tuple(part for part in whole.slices if part.part != "draw"),
        steps=tuple(step for step in whole.steps if step["round"] == 0),
    )
    found = [section.anchor for run in SECTIONS if (section := run(half, SETTINGS)) is not None]
    assert found == ["funnel", "rules", "slices", "duplicates", "contamination", "signals", "tables"]
    assert any(line.startswith("Only the data half of the loop has run") for line in summary(half).sentences)
    assert [stop.done for stop in summary(half).stops] == [True, True, False, False, False, False]


def test_slices_of_few_documents_stand_as_rings_without_interval(made: Made) -> None:
    rows = tuple(Row(**{**row.asDict(), "n_docs": 1}) if row["slice"] == "one" else row for row in made().evaluations)
    section = heldout(made(evaluations=rows), SETTINGS)
    assert section is not None
    verdicts = {row[0]: row[6] for row in section.grids[0].rows}
    assert verdicts == {"all slices": "lower", "one": "too few documents", "two": "lower"}
    assert section.charts[2].picture.count('class="ring grey"') == 1
