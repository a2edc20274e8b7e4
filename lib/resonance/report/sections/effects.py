"""What each rule is worth: what it cuts that no other rule does, where, and texts on both sides of its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.turns import ALL_SLICES
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.facts.sample import choose_sample
from resonance.report.facts.texts import read_texts
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid, Key
from resonance.report.section import Section
from resonance.report.sections.excerpts import EXCERPT, HEAD, Borderline, find_near, pair_texts, write_value
from resonance.report.wording import (
    amount,
    count,
    describe_rule,
    difference,
    join_sentences,
    join_words,
    label_rule,
    name,
    share,
    size,
    start,
)
from resonance.tables import DOCUMENTS, RULE_EFFECTS, SIGNALS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

CARDS = 8
"""Rules that have a card: those that cut most documents alone."""
BARS = 24
PLACES = 3
"""Slices that a card names."""
FEW = 20
"""A slice of fewer documents is not named."""


@dataclass(frozen=True)
class Effects:
    """What rules do, as measured after the newest round that was: of all slices together, of single ones, and on single texts.

    Args:
        whole: rows of ``rule_effects`` of all slices together, of rules that fired, most sole cuts first.
        slices: rows of single slices of the rules that have a card, the largest shares first.
        border: texts next to the thresholds of these.
    """

    shared: Facts
    whole: tuple[Row, ...] = ()
    slices: tuple[Row, ...] = ()
    border: tuple[Borderline, ...] = ()

    @property
    def cards(self) -> tuple[Row, ...]:
        """The rules that have a card."""
        return _choose_cards(self.whole)


def gather_effects(frames: Mapping[str, DataFrame], shared: Facts) -> Effects:
    """Rows of the newest round by rule, and a few by slice; one scan of documents reads the texts of cards."""
    if not shared.rows["rule_effects"]:
        return Effects(shared)
    effects = frames["rule_effects"]
    newest = effects.agg(F.max("round").alias("round")).collect()[0]["round"]
    fired = effects.where((F.col("round") == newest) & (F.col("fires") > 0))
    order = [F.desc("sole"), F.desc("fires"), F.col("policy"), F.col("rule")]
    whole = tuple(fired.where(F.col("slice") == ALL_SLICES).orderBy(*order).collect())
    names = {(row["policy"], row["rule"]) for row in _choose_cards(whole)}
    large = fired.where((F.col("slice") != ALL_SLICES) & (F.col("asked") >= FEW) & F.col("rule").isin(*{rule for _, rule in names}))
    slices = large.orderBy("policy", "rule", F.desc("share"), "slice").collect() if names else []
    asked = [row for row in shared.rules if (row["policy"], row["rule"]) in names and row["threshold"] is not None]
    near = find_near(frames, choose_sample(shared.rows["documents"]), asked)
    texts = read_texts(frames["documents"], {bytes(row["doc_id"]) for row in near}, F.lit(HEAD), shared)
    return Effects(shared, whole, tuple(slices), tuple(pair_texts(near, texts)))


def _choose_cards(whole: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for row in whole if row["sole"])[:CARDS]


def draw_effects(facts: Effects, settings: ReportSettings) -> Block | None:
    """What rules cut alone, and a card of each rule that cuts much; None where that was not measured or nothing was cut."""
    if not facts.whole:
        return None
    grids = [_draw_card(facts, row) for row in facts.cards]
    return Block(say("What each rule is worth"), _describe_effects(facts), (_draw_sole(facts),), tuple(grids))


def _describe_effects(facts: Effects) -> tuple[str, ...]:
    sentences = [
        say(
            "A document that fails one rule alone would be kept without that rule: such cuts are what a rule adds to the others. "
            "`resonance rules effect RULE` shows a rule by slice."
        )
    ]
    doubled = [name(row["rule"]) for row in facts.whole if not row["sole"]]
    if doubled:
        shown = doubled if len(doubled) <= CARDS else [*doubled[:CARDS], amount(len(doubled) - CARDS, "more", "more")]
        sentences.append(say("Rules that cut nothing that no other rule cuts: {rules}.", rules=join_words(shown)))
    return tuple(sentences)


def _draw_sole(facts: Effects) -> Chart:
    rows = [
        Bar(label_rule(row["rule"]), row["sole"], f"{count(row['sole'])} · {count(row['fires'])}", row["fires"], "orange")
        for row in facts.whole[:BARS]
    ]
    keys = (Key(say("alone"), "orange"), Key(say("fails"), "pale"))
    note = say("Numbers: documents that fail it alone, and all that fail it.")
    title = say("Documents that each rule cuts alone")
    return Chart(title, draw_bars(rows, title), note, keys)


def _draw_card(facts: Effects, row: Row) -> Grid:
    """A rule with what it does, and the texts next to its threshold; a rule of labels has none."""
    rule = next((r for r in facts.shared.rules if (r["policy"], r["rule"]) == (row["policy"], row["rule"])), None)
    title = name(row["rule"]) if rule is None else say("{name}: {words}", name=name(row["rule"]), words=describe_rule(rule))
    rows = tuple(
        (
            say("passes" if text.passes else "cut"),
            write_value(text.value),
            "–" if text.text is None else start(text.text, EXCERPT),
        )
        for text in facts.border
        if text.rule == row["rule"]
    )
    columns = (say("verdict"), say("measured"), say("text begins"))
    return Grid(title, columns, rows, frozenset(columns[1:2]), cards=True, note=_describe_card(facts, row), whole=True)


def _describe_card(facts: Effects, row: Row) -> str:
    fires, asked = count(row["fires"]), amount(row["asked"], "document")
    sentences = [
        say(
            "Fails {fires} of {asked} ({share}), {sole} of them alone ({size}).",
            fires=fires,
            asked=asked,
            share=share(row["fires"], row["asked"]),
            sole=count(row["sole"]),
            size=size(row["sole_bytes"]),
        )
    ]
    if row["near"] is not None:
        sentences.append(say("{share} of the values lie within a twentieth of the threshold.", share=share(row["near"])))
    if row["gain"] is not None:
        sentences.append(_describe_gain(row))
    parts = [part for part in facts.slices if (part["policy"], part["rule"]) == (row["policy"], row["rule"])][:PLACES]
    if parts:
        named = [say("{share} of {source}", share=share(part["share"]), source=name(part["slice"], 32)) for part in parts]
        sentences.append(say("Most of: {slices}.", slices=join_words(named)))
    return join_sentences(sentences)


def _describe_gain(row: Row) -> str:
    """What the model makes of what a rule cuts alone."""
    read = {"cut": amount(row["cut_docs"], "document"), "kept": amount(row["kept_docs"], "document")}
    gain = difference(row["gain"])
    if row["low"] is None:
        return say(
            "A byte of {cut} that it cuts alone costs the model {gain} bits against {kept} that were kept of the same slices; "
            "there are too few for an interval.",
            gain=gain,
            **read,
        )
    return say(
        "A byte of {cut} that it cuts alone costs the model {gain} bits ({low} to {high}) against {kept} that were kept of the "
        "same slices.",
        gain=gain,
        low=difference(row["low"]),
        high=difference(row["high"]),
        **read,
    )


SECTION = Section("effects", gather_effects, draw_effects, reads=(RULE_EFFECTS, DOCUMENTS, SIGNALS))
