"""Slices before and after curation, and what each draw takes from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resonance.core.ledger import DEDUPE, JUDGE
from resonance.core.turns import PLAN
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.dots import Mark, Row, draw_dots
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Key
from resonance.report.section import Section, take_shared
from resonance.report.turns import choose_turns, colour_turns, make_keys, name_others, name_turn, split_largest
from resonance.report.wording import amount, count, join_sentences, join_words, share, size

if TYPE_CHECKING:
    from resonance.core.settings import ReportSettings
    from resonance.report.facts.counts import SliceCount
    from resonance.report.facts.shared import Facts


def draw_slices(facts: Facts, settings: ReportSettings) -> Block | None:
    """Documents by slice as they came and as they stayed, and the share of bytes that each round draws."""
    read, kept = facts.find_part("read"), facts.find_part("kept")
    if not read:
        return None
    top, rest = split_largest({name: part.documents for name, part in read.items()}, settings.top_slices)
    text = [
        say(
            "{came} came in; {stayed} with {size} of text stayed.",
            came=amount(len(read), "slice"),
            stayed=amount(len(kept), "slice"),
            size=_write_bytes(facts),
        )
    ]
    if rest:
        left = amount(len(rest), "slice")
        text.append(say("The {number} largest are shown; the other {slices} are summed up.", number=len(top), slices=left))
    charts = [_draw_curation(facts, top, rest), _draw_losses(facts, top, rest)]
    if facts.find_draws():
        charts.append(_draw_draws(facts, top, rest))
    return Block(say("Slices before and after"), (join_sentences(text),), tuple(charts))


def _write_bytes(facts: Facts) -> str:
    return size(sum(part.bytes for part in facts.find_part("kept").values()))


def _draw_curation(facts: Facts, top: list[str], rest: list[str]) -> Chart:
    read = {name: part.documents for name, part in facts.find_part("read").items()}
    kept = {name: part.documents for name, part in facts.find_part("kept").items()}
    rows = [Bar(s, kept.get(s, 0), f"{count(kept.get(s, 0))} · {share(kept.get(s, 0), read[s])}", behind=read[s]) for s in top]
    picture = draw_bars(rows, say("Documents of each slice before and after curation"))
    note = [say("Numbers: documents kept, and their share.")]
    if rest:
        before, after = (sum(counts.get(s, 0) for s in rest) for counts in (read, kept))
        note.append(
            say(
                "{others}: {kept} of {came} kept ({share}).",
                others=name_others(rest),
                kept=count(after),
                came=count(before),
                share=share(after, before),
            )
        )
    keys = (Key(say("kept"), "blue"), Key(say("cut"), "pale"))
    return Chart(say("Documents by slice"), picture, join_sentences(note), keys)


def _draw_losses(facts: Facts, top: list[str], rest: list[str]) -> Chart:
    read = facts.find_part("read")
    steps = (JUDGE, DEDUPE)
    cut = {step: _sum_cuts(facts, step) for step in steps}
    rows = []
    for label, names in _group_slices(top, rest):
        came = sum(read[name].documents for name in names) or 1
        judged, copies = (100 * sum(cut[step].get(name, 0) for name in names) / came for step in steps)
        text = f"{share(judged / 100)} + {share(copies / 100)}"
        rows.append(Bar(label, judged, text, behind=judged + copies, role="orange", behind_role="purple"))
    picture = draw_bars(rows, say("Share of each slice that rules and deduplication cut"))
    legend = tuple(Key(say("cut by {step}", step=step), role) for step, role in zip(steps, ("orange", "purple"), strict=True))
    return Chart(say("What each slice lost"), picture, say("Share of the slice's documents, by the step that cut them."), legend)


def _sum_cuts(facts: Facts, step: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for cut in facts.cuts:
        if cut.step == step and cut.slice is not None:
            found[cut.slice] = found.get(cut.slice, 0) + cut.rows
    return found


def _draw_draws(facts: Facts, top: list[str], rest: list[str]) -> Chart:
    turns = choose_turns([turn for turn in facts.find_draws() if turn[1] == PLAN])
    paint = colour_turns(turns)
    corpus = say("kept corpus")
    sources = [(corpus, "ink", _share_bytes(facts.find_part("kept")))]
    sources += [(name_turn(turn), paint[turn], _share_bytes(facts.find_part("draw", *turn))) for turn in turns]
    rows = [
        Row(s, tuple(Mark(100 * found.get(s, 0.0), role, shape="ring" if role == "ink" else "dot") for _, role, found in sources))
        for s in top
    ]
    label = say("Share of bytes of each slice in the corpus and in each draw")
    picture = draw_dots(rows, label, say("share of bytes, %"), from_zero=True)
    note = [say("Right of the ring: drawn more often than in proportion to its size.")]
    if rest:
        sums = [(share(sum(found.get(s, 0.0) for s in rest)), title) for title, _, found in sources]
        shares = join_words([say("{share} in {where}", share=part, where=title) for part, title in sums])
        note.append(say("{others}: {shares}.", others=name_others(rest), shares=shares))
    keys = (Key(corpus, "ink", "ring"), *make_keys(turns))
    return Chart(say("What each round draws"), picture, join_sentences(note), keys)


def _share_bytes(parts: dict[str, SliceCount]) -> dict[str, float]:
    whole = sum(part.bytes for part in parts.values()) or 1
    return {name: part.bytes / whole for name, part in parts.items()}


def _group_slices(top: list[str], rest: list[str]) -> list[tuple[str, list[str]]]:
    return [(name, [name]) for name in top] + ([(name_others(rest), rest)] if rest else [])


SECTION = Section("slices", take_shared, draw_slices)
