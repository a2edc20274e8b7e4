"""The head of the page: a few large figures, the loop in one picture, and what happened in plain sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resonance.core.ledger import INGEST
from resonance.core.turns import ALL_SLICES, PHASE_TRAIN, PLAN
from resonance.report.comparison import describe_worth, find_evaluations
from resonance.report.facts.steps import find_cutting
from resonance.report.language import say
from resonance.report.turns import Turn, name_turn, order_turns
from resonance.report.wording import amount, bits, count, join_words, name, share, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Row

    from resonance.report.facts.shared import Facts
    from resonance.report.parts import Block


@dataclass(frozen=True)
class Stop:
    """One station of the loop: its figure and what it counts; ``done`` is false until documents or losses get there."""

    title: str
    figure: str
    unit: str
    done: bool


@dataclass(frozen=True)
class Summary:
    """What a reader sees first."""

    stops: tuple[Stop, ...]
    sentences: tuple[str, ...]


def draw_summary(facts: Facts, blocks: Mapping[str, Block]) -> Summary:
    """The head of the page: first whether the newest round was worth it, later the headlines of sections in their order."""
    headlines = (block.headline for block in blocks.values())
    worth = describe_worth(facts.evaluations, facts.checkpoints, facts.plans, facts.looks)
    sentences = (worth, _describe_documents(facts), *headlines, *_describe_loop(facts), _describe_plan(facts))
    return Summary(_make_stops(facts), tuple(sentence for sentence in sentences if sentence))


def count_documents(facts: Facts) -> int:
    """Rows that ingest read, as it counted them; the rows of ``raw`` where it left no count."""
    first = [step["rows_in"] for step in find_cutting(facts.steps) if step["job"] == INGEST]
    return sum(first) if first else facts.rows.get("raw", 0)


def _describe_documents(facts: Facts) -> str:
    came = count_documents(facts)
    if not came:
        return say("No document has come in yet.")
    kept = sum(part.documents for part in facts.find_part("kept").values())
    cut: Counter[str] = Counter()
    for rejected in facts.cuts:
        cut[rejected.rule] += rejected.rows
    most = sorted(cut.items(), key=lambda item: (-item[1], item[0]))[:3]
    figures = {
        "came": amount(came, "document"),
        "kept": count(kept),
        "share": share(kept, came),
        "cut": count(sum(cut.values())),
    }
    if not most:
        return say("{came} came in, {kept} ({share}) were kept and {cut} cut.", **figures)
    rules = join_words([say("{figure} ({note})", figure=name(rule), note=count(rows)) for rule, rows in most])
    return say("{came} came in, {kept} ({share}) were kept and {cut} cut, most of them by {rules}.", **figures, rules=rules)


def _describe_loop(facts: Facts) -> list[str]:
    turns = order_turns((loss.round, loss.arm) for loss in facts.losses if loss.phase == PHASE_TRAIN)
    if not turns:
        if facts.find_draws():
            return [say("Samples are drawn, but no training has left a loss yet.")]
        return [say("Only the data half of the loop has run: there is no training, no held-out score and no plan to show yet.")]
    return [_describe_samples(facts), *_describe_heldout(facts)]


def _describe_samples(facts: Facts) -> str:
    turns = order_turns((loss.round, loss.arm) for loss in facts.losses if loss.phase == PHASE_TRAIN)
    planned = sum(part.rows for turn in facts.find_draws() for part in facts.find_part("draw", *turn).values())
    found = sum(loss.rows for loss in facts.losses if loss.phase == PHASE_TRAIN)
    trained, samples = _describe_rounds(turns), amount(planned, "sample")
    kept = min(loss.share for loss in facts.losses if loss.phase == PHASE_TRAIN)
    if kept < 1:
        return say(
            "{trained}: {samples} planned, the loss rows of {share} of them kept.",
            trained=trained,
            samples=samples,
            share=share(kept),
        )
    return say(
        "{trained}: {samples} planned, {losses} written; each sample left exactly one."
        if planned == found
        else "{trained}: {samples} planned, {losses} written; these should be equal.",
        trained=trained,
        samples=samples,
        losses=amount(found, "loss row"),
    )


def _describe_rounds(turns: Sequence[Turn]) -> str:
    rounds = amount(len({turn[0] for turn in turns}), "round")
    arms = len(turns) - sum(turn[1] == PLAN for turn in turns)
    if not arms:
        return say("{rounds} trained", rounds=rounds)
    return say("{rounds} trained, with {arms} beside", rounds=rounds, arms=amount(arms, "control arm"))


def _describe_heldout(facts: Facts) -> list[str]:
    turns = order_turns((row["round"], row["arm"]) for row in facts.evaluations if row["slice"] == ALL_SLICES)
    if not turns:
        return [say("No held-out score has been computed yet.")]
    found = [(turn, find_evaluations(facts, turn)[ALL_SLICES]) for turn in turns[-6:]]
    figures = [say("{figure} after {turn}", figure=_write_score(row), turn=name_turn(turn)) for turn, row in found]
    return [say("Held-out bits per byte, with 95% intervals: {figures}.", figures=say("; ").join(figures))]


def _write_score(row: Row) -> str:
    return say("{score} ({low} to {high})", score=bits(row["bpb"]), low=bits(row["low"]), high=bits(row["high"]))


def _describe_plan(facts: Facts) -> str:
    number = max((row["round"] for row in facts.plans), default=0)
    rows = [row for row in facts.plans if row["round"] == number]
    if number < 2:
        return say("Round 1 is planned over {slices}.", slices=amount(len(rows), "slice")) if rows else ""
    up = max(rows, key=lambda row: (row["weight"] - row["previous"], row["slice"]))
    more = sum(row["weight"] > row["previous"] * 1.0005 for row in rows)
    figures = {"number": number, "more": count(more), "slices": amount(len(rows), "slice")}
    if not more:
        return say("Round {number} is planned: {more} of {slices} get more weight.", **figures)
    return say(
        "Round {number} is planned: {more} of {slices} get more weight; {slice} gains most ({before} → {now} of the tokens).",
        **figures,
        slice=name(up["slice"]),
        before=share(up["previous"]),
        now=share(up["weight"]),
    )


def _make_stops(facts: Facts) -> tuple[Stop, ...]:
    kept = sum(part.documents for part in facts.find_part("kept").values())
    draws = [turn for turn in facts.find_draws() if turn[1] == PLAN]
    drawn = sum(part.rows for part in facts.find_part("draw", *draws[-1]).values()) if draws else 0
    trained = [(turn, model["parameters"]) for turn, model in facts.find_models().items() if turn[1] == PLAN]
    size = max(trained, default=("", 0))[1]
    losses = sum(loss.rows for loss in facts.losses)
    number = max((row["round"] for row in facts.plans), default=0)
    weighted = sum(row["round"] == number for row in facts.plans)
    came = count_documents(facts)
    return (
        Stop(say("Text"), count(came), say("documents read"), came > 0),
        Stop(say("Corpus"), count(kept), say("documents kept"), kept > 0),
        Stop(say("Draw"), count(drawn), say("samples, {turn}", turn=name_turn(draws[-1])) if draws else "", drawn > 0),
        Stop(say("Model"), short(size), say("parameters"), size > 0),
        Stop(say("Losses"), count(losses), say("loss rows"), losses > 0),
        Stop(say("Plan"), count(weighted), say("slices, round {number}", number=number), weighted > 0),
    )
