"""What groups, metrics, states, gates and strata are called in the language that is spoken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from resonance.core.adaq import GROUPS, METRIC_OF, Group
from resonance.core.gates import EFFECT, PEOPLE, RULES, Gate
from resonance.core.operator import Operator
from resonance.core.quality import Score
from resonance.core.remedies import find_remedy
from resonance.report.language import get_language, restate, say
from resonance.report.wording import join_sentences, name, share, write_score

GROUP: Mapping[int, Group] = {group.number: group for group in GROUPS}
STATES = {
    "scored": "scored",
    "not_applicable": "not applicable",
    "not_measurable": "not measurable",
    "error": "failed",
}
GATES = {RULES: "Gate 1, rules", PEOPLE: "Gate 2, people", EFFECT: "Gate 3, effect on a model"}
GATE_STATES = {"passed": "passed", "failed": "not passed", "waived": "waived", "not_run": "not run"}
STAGES = {
    "general": "general use",
    "pretraining": "pretraining",
    "sft": "fine-tuning",
    "rlhf": "learning from preferences",
    "domain": "use in a domain",
}
MODES = {"A": "automatic", "M": "by a model", "H": "by people"}


def name_group(number: int) -> str:
    """``3 Accuracy``."""
    group = GROUP[number]
    return f"{number} {group.chinese if get_language() == 'zh' else group.english}"


def say_remedies(operators: Iterable[Operator]) -> str:
    """What mends operators, each remedy once."""
    return join_sentences(dict.fromkeys(say(find_remedy(operator)) for operator in operators))


def name_metric(number: int) -> str:
    """``8 Content truthfulness``."""
    metric = METRIC_OF[number]
    return f"{number} {metric.chinese if get_language() == 'zh' else metric.english}"


def name_state(state: str, score: Score | None = None) -> str:
    """Whether something was measured, and whether people have yet to judge."""
    if score is not None and score.provisional and score.value is not None:
        return say("provisional")
    return say(STATES[state])


def name_stratum(values: Mapping[str, Any]) -> str:
    """The values that rows of a stratum share, on one line."""
    return " · ".join(name("–" if value is None else value, 40) for value in values.values())


def describe_gate(gate: Gate) -> str:
    """How a gate stands, and why."""
    words = say(GATE_STATES[gate.state])
    if not gate.reasons:
        return words
    return say("{state}: {reasons}", state=words, reasons=say("; ").join(map(restate, gate.reasons)))


def write_range(score: Score) -> str:
    """``0.812 (0.640 to 0.871)``: the score, and what it is with all that was not measured at 0 and at 1."""
    return say(
        "{score} ({low} to {high})", score=write_score(score.value), low=write_score(score.low), high=write_score(score.high)
    )


def write_coverage(score: Score) -> str:
    """The measured share, by weight."""
    return "–" if score.state == "not_applicable" else share(score.coverage)
