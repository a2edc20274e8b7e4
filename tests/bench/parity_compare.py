"""Two answers for one document side by side: what was compared, what differs, and the likeliest cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Answer = Mapping[str, Any]

TOLERANCE = 1e-6
EXACT = ("words", "words_hash", "sentences", "kept_lines", "kept_hash")
FLAGS = ("c4_lorem_ipsum", "c4_curly_bracket")
"""Signals that a peer gives as yes or no only."""

ALL, MOST = 1.0, 0.999
GOALS = {"words": ALL, "words_hash": ALL, "sentences": ALL}
"""The share of equal documents that is asked for, by measure; ``MOST`` for what is not named."""


@dataclass(frozen=True)
class Difference:
    """One measure of one document on which two engines differ."""

    id: str
    source: str
    measure: str
    ours: Any
    peer: Any
    cause: str


@dataclass
class Tally:
    """How often a measure was compared and found equal, and the causes of what was not."""

    compared: int = 0
    equal: int = 0
    hits: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """The share of equal ones."""
        return self.equal / self.compared if self.compared else 1.0


def goal(measure: str) -> float:
    """The share that is asked for."""
    return GOALS.get(measure, MOST)


def pairs(ours: Answer, peer: Answer) -> Iterator[tuple[str, Any, Any]]:
    """Each measure that both know, with both values; a verdict on which the peer raises is none."""
    for measure in EXACT:
        if measure in ours and measure in peer:
            yield measure, ours[measure], peer[measure]
    for name, value in peer["signals"].items():
        if name in ours["signals"]:
            own = ours["signals"][name]
            yield f"signal {name}", float(own > 0) if name in FLAGS else own, value
    for rule, fails in peer.get("rules", {}).items():
        if fails is not None and rule in ours["rules"]:
            yield f"rule {rule}", ours["rules"][rule], fails
    for stage, reason in peer.get("reasons", {}).items():
        own = ours["reasons"][stage]
        yield f"verdict {stage}", own is None, reason is None
        yield f"first reason {stage}", own, reason


def equal(ours: Any, peer: Any) -> bool:
    """Whether two values are the same, numbers within the tolerance."""
    if isinstance(ours, float) or isinstance(peer, float):
        return ours is not None and peer is not None and abs(ours - peer) <= TOLERANCE * max(1.0, abs(peer))
    return bool(ours == peer)


def cause(text: str, measure: str, ours: Answer, peer: Answer) -> str:
    """The likeliest reason why two engines differ on a document."""
    if "IS_ALPHA" in text:
        return "the peer deletes IS_ALPHA from a text that holds it"
    if peer["signals"].get("n_words") == 0:
        return "no words: what the rule asks is not defined"
    if {ours.get("reasons", {}).get("c4"), peer.get("reasons", {}).get("c4")} == {"lorem_ipsum", "curly_bracket"}:
        return "a bracket stands on a line before the placeholder: the peer stops there, our policy asks for the placeholder first"
    if measure.startswith(("rule", "verdict", "first")) and not differing_signals(ours, peer):
        return "no signal differs: the value lies on the threshold"
    if ours.get("words_hash") != peer.get("words_hash"):
        return "words differ"
    if ours.get("kept_hash") != peer.get("kept_hash"):
        return "C4 leaves another text"
    return "not explained"


def differing_signals(ours: Answer, peer: Answer) -> list[str]:
    """The signals on which both differ."""
    return [measure for measure, own, other in pairs({**ours, "rules": {}}, {"signals": peer["signals"]}) if not equal(own, other)]


def compare(row: Mapping[str, str], ours: Answer, peer: Answer, into: dict[str, Tally]) -> list[Difference]:
    """Counts every measure of one document ``into`` its tally; the differences."""
    found = []
    for measure, own, other in pairs(ours, peer):
        tally = into.setdefault(measure, Tally())
        tally.compared += 1
        tally.hits += measure.startswith("rule") and bool(other)
        if equal(own, other):
            tally.equal += 1
            continue
        why = cause(row["text"], measure, ours, peer)
        tally.causes[why] += 1
        found.append(Difference(row["id"], row["source"], measure, own, other, why))
    return found
