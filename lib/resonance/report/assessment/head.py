"""The head of the report: the grade, what limits it, and what to do first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import NamedTuple

from resonance.core.quality import Quality
from resonance.report.assessment.names import GATES, STAGES, describe_gate, name_metric, say_remedies, write_range
from resonance.report.language import restate, say
from resonance.report.wording import amount, count, difference, join_words, share, write_score

LEAST_AUTOMATION = 0.90
"""The share of metrics scored without people below which the report warns."""
FIRST = 3
"""Findings that the head names."""


class GateLine(NamedTuple):
    """A gate as the head of the page shows it."""

    state: str
    title: str
    words: str


def describe_identity(quality: Quality) -> str:
    """Which version of which table was measured when, and by what."""
    version = say(" version {version}", version=quality.version) if quality.version else ""
    return say(
        "{table}{version}, {rows}; contract {contract}, for {stage}; ages as of {moment}",
        table=quality.table,
        version=version,
        rows=amount(quality.rows, "row"),
        contract=quality.contract,
        stage=say(STAGES[quality.stage]),
        moment=quality.made.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def list_figures(quality: Quality) -> tuple[tuple[str, str, str], ...]:
    """Figures that stand beside the grade: what each is called, the figure, and what it means."""
    total, none = quality.total, say("no score")
    return (
        (
            say("Score"),
            none if total.value is None else write_score(total.value),
            say(
                "{low} to {high}, with all that was not measured at 0 and at 1",
                low=write_score(total.low),
                high=write_score(total.high),
            ),
        ),
        (say("Coverage"), share(total.coverage), say("share of what should be measured that was")),
        (
            say("Automation"),
            "–" if quality.automation is None else share(quality.automation),
            say("share of the metrics that apply and are scored without people"),
        ),
    )


def list_gates(quality: Quality) -> tuple[GateLine, ...]:
    """The three gates; one that was not run is never shown as passed."""
    return tuple(GateLine(gate.state, say(GATES[gate.name]), describe_gate(gate)) for gate in quality.gates)


def list_sentences(quality: Quality) -> tuple[str, ...]:
    """What a reader should know first, in plain sentences."""
    return tuple(
        sentence for sentence in (*_describe_grade(quality), *_describe_findings(quality), *_describe_rest(quality)) if sentence
    )


def _describe_grade(quality: Quality) -> Iterator[str]:
    total = quality.total
    if quality.letter == "U":
        yield say("No grade: only {share} of what should be measured was.", share=share(total.coverage))
    else:
        yield say(
            "Grade {letter}: score {range}, coverage {share}.",
            letter=quality.letter,
            range=write_range(total),
            share=share(total.coverage),
        )
    for veto in quality.vetoes:
        yield say("Limits the grade: {veto}.", veto=restate(veto))
    if not quality.release:
        yield say("Not for release while a floor is broken.")
    if quality.automation is not None and quality.automation < LEAST_AUTOMATION:
        yield say(
            "Only {share} of the metrics that apply are scored without people; at least {least} should be.",
            share=share(quality.automation),
            least=share(LEAST_AUTOMATION),
        )


def _describe_findings(quality: Quality) -> Iterator[str]:
    for place, found in enumerate(quality.findings[:FIRST], 1):
        operator = quality.operators[found.operator]
        yield say(
            "Mend {place}: {metric} ({operator} {score}) would raise the score by {gain}. {remedy}",
            place=place,
            metric=name_metric(operator.metric),
            operator=operator.id,
            score=write_score(found.score),
            gain=difference(found.gain),
            remedy=say_remedies([quality.operators[id] for id in found.operators]),
        )
    if not quality.findings and quality.total.value is not None:
        yield say("Nothing that was measured falls short.")


def _describe_rest(quality: Quality) -> Iterator[str]:
    if quality.missing:
        yield say(
            "{operators} could not be measured; what to supply is listed below.", operators=amount(len(quality.missing), "operator")
        )
    if quality.past and quality.total.value is not None and (before := quality.past[-1]).total is not None:
        yield say(
            "Against version {version} the score moved by {change}, from grade {before} to {now}.",
            version=before.version,
            change=difference(quality.total.value - before.total),
            before=before.letter,
            now=quality.letter,
        )
    if quality.unusual:
        yield say(
            "{operators} stand apart from the accepted assessments before: see what changed.",
            operators=join_words([one.operator for one in quality.unusual]),
        )
    if quality.left_out:
        yield say("{strata} with fewest rows are counted in the whole alone.", strata=count(quality.left_out))
