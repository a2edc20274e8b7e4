"""What resonance says of each document, in the words that peers' scripts use."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from resonance.core.policy import Policy, Rule
from resonance.curate.kernels.datatrove import c4_lines
from resonance.curate.kernels.english import english_kernel
from resonance.tables import SIGNAL_SETS

BATCH_DOCUMENTS = 200
BATCH_CHARS = 8_000_000

Answer = dict[str, Any]
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Stages:
    """The rules of a policy, and the peer's filters that they stand for, in the policy's order; a peer may have no filters."""

    policy: Policy
    filters: Mapping[str, Sequence[Rule]]

    @classmethod
    def of(cls, policy: Policy, names: Mapping[str, Collection[str]]) -> Stages:
        """The rules of ``policy``, those that ``names`` gives to a filter together."""
        return cls(policy, {name: [rule for rule in policy.rules if rule.rule in rules] for name, rules in names.items()})

    def first(self, failed: Mapping[str, bool]) -> str | None:
        """The first rule that fails."""
        return next((rule.rule for rule in self.policy.rules if failed.get(rule.rule)), None)

    def filter_of(self, name: str) -> str:
        """The filter that holds a rule."""
        return next(stage for stage, rules in self.filters.items() if any(rule.rule == name for rule in rules))


def answers(texts: Texts, stages: Stages) -> Iterator[tuple[str, Answer]]:
    """Our answer for each text, by id."""
    rest = iter(texts.items())
    while batch := dict(filled(rest)):
        yield from zip(batch, measured(list(batch.values()), stages), strict=True)


def filled(rest: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The texts of one batch."""
    chars = 0
    for name, text in islice(rest, BATCH_DOCUMENTS):
        yield name, text
        chars += len(text)
        if chars > BATCH_CHARS:
            return


def measured(texts: list[str], stages: Stages) -> Iterator[Answer]:
    """Answers for a batch of texts, by the kernels."""
    column = pa.array(texts, pa.string())
    signals = SIGNAL_SETS[stages.policy.profile].measure(column).to_pylist()
    if stages.policy.profile != "datatrove":
        yield from ({"signals": found, **verdicts(found, stages)} for found in signals)
        return
    words, _ = english_kernel.words(column)
    kept, _ = c4_lines.rewrite(column)
    for found, own, left in zip(signals, words, kept.to_pylist(), strict=True):
        yield {
            "words": len(own),
            "words_hash": digest("\0".join(own)),
            "sentences": found["c4_sentences"],
            "kept_lines": found["c4_lines"],
            "kept_hash": digest(left),
            "signals": found,
            **verdicts(found, stages),
        }


def verdicts(signals: Mapping[str, Any], stages: Stages) -> Answer:
    """Which rules fail, and the first reason of each filter and of the whole chain."""
    failed = {rule.rule: fails(rule, signals[rule.signal]) for rule in stages.policy.rules}
    reasons = {name: first_reason(rules, failed, signals) for name, rules in stages.filters.items()}
    first = stages.first(failed)
    reasons["chain"] = first if first is None or not stages.filters else reasons[stages.filter_of(first)]
    return {"rules": failed, "reasons": reasons}


def first_reason(rules: Sequence[Rule], failed: Mapping[str, bool], signals: Mapping[str, Any]) -> str | None:
    """The first rule that fails; ``empty``, as peers call it, where none of the filter's signals is defined."""
    first = next((rule.rule for rule in rules if failed[rule.rule]), None)
    return "empty" if first and all(signals[rule.signal] is None for rule in rules) else first


def fails(rule: Rule, value: float | None) -> bool:
    """What a policy says of a value: the limit itself passes, what is not known fails."""
    if value is None:
        return True
    limit = rule.threshold or 0.0
    return value < limit if rule.side == "below" else value > limit


def digest(text: str) -> str:
    """The first 64 bits of sha256, as peers' scripts write them."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
