"""What is wrong with rules, as tables tell it: nothing is measured here, and a problem is gone when its figures are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from resonance.core.turns import ALL_SLICES

Rows = Sequence[Mapping[str, Any]]
Kind = Literal["cuts_weak_slice", "cuts_easy_texts", "unsteady", "near", "worse", "refused"]
REFUSED = ("rejected", "rolled_back")
OF_SLICE = "slice = "
"""Begins the predicate of a verdict that names a slice of documents."""
PART = 0.1
"""A rule that cuts more than this part of a weak slice is a problem."""
NEAR = 0.02
"""So is one with more than this part of its values next to the threshold."""
FEW = 20
"""Documents of a slice of which a part says something."""
RUNS = 5
"""Earlier rounds that a rule's share is held against."""
FAR = 3.5
"""Modified z scores that are outliers (Iglewicz and Hoaglin 1993)."""
NORMAL = 0.6745
"""Median absolute deviation of a standard normal number."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a rule.

    Args:
        policy: name and version.
        rule: the rule; empty where all of the policy are meant.
        slice: where; empty where it is all documents.
        evidence: its figures, by name.
        note: what people said of it.
    """

    kind: Kind
    policy: str
    rule: str
    slice: str
    evidence: Mapping[str, float]
    note: str = ""


def collect_problems(effects: Rows, verdicts: Rows, versions: Rows, approvals: Rows, compared: Rows) -> list[Problem]:
    """The problems of rules that cut anything, by kind, the gravest first.

    Args:
        effects: rows of ``rule_effects`` of all rounds: the newest one is judged, the others say what is usual.
        verdicts: rows of ``verdicts`` of the newest round that has any: its weak slices.
        versions: rows of ``rule_versions``: those that people refused or took back.
        approvals: rows of ``approvals``, which say why.
        compared: rows of ``rule_comparisons``: versions that were compared again after their adoption.
    """
    newest = max((row["round"] for row in effects), default=0)
    mine = [row for row in effects if row["round"] == newest and row["fires"]]
    whole = [row for row in mine if row["slice"] == ALL_SLICES]
    earlier = [row for row in effects if row["round"] < newest and row["slice"] == ALL_SLICES]
    judging = {row["policy"] for row in effects if row["round"] == newest}
    kinds = (
        find_cuts_of_weak(mine, verdicts),
        find_easy_cuts(whole),
        find_unsteady(whole, earlier),
        find_near(whole),
        find_worse(compared, judging),
        find_refused(versions, approvals, judging),
    )
    return [one for kind in kinds for one in sorted(kind, key=lambda one: (_weigh(one), one.policy, one.rule, one.slice))]


def find_cuts_of_weak(effects: Rows, verdicts: Rows) -> Iterator[Problem]:
    """Rules that cut more than a tenth of a slice on which the model is weak."""
    weak = {part.removeprefix(OF_SLICE) for row in verdicts for part in row["slice"].split(" & ") if part.startswith(OF_SLICE)}
    for row in effects:
        if row["slice"] in weak and row["asked"] >= FEW and row["share"] > PART:
            told = {"share": row["share"], "fires": row["fires"], "asked": row["asked"], "sole": row["sole"]}
            yield Problem("cuts_weak_slice", row["policy"], row["rule"], row["slice"], told)


def find_easy_cuts(whole: Rows) -> Iterator[Problem]:
    """Rules whose sole cuts cost the round's model less than kept texts of the same slices, for certain."""
    for row in whole:
        if row["high"] is not None and row["high"] < 0:
            told = {name: row[name] for name in ("gain", "low", "high", "sole")}
            yield Problem("cuts_easy_texts", row["policy"], row["rule"], "", told)


def find_unsteady(whole: Rows, earlier: Rows) -> Iterator[Problem]:
    """Rules that cut a share of documents unlike that of at least five rounds before.

    The spread is the median absolute deviation of these, and no less than what chance does to so many documents.
    """
    for row in whole:
        name = row["rule"], row["policy"]
        before = [one["share"] for one in earlier if (one["rule"], one["policy"]) == name and one["share"] is not None]
        if len(before) < RUNS or row["share"] is None:
            continue
        usual = median(before)
        spread = max(median(abs(one - usual) for one in before) / NORMAL, math.sqrt(usual * (1 - usual) / row["asked"]))
        if abs(row["share"] - usual) > FAR * spread:
            told = {"share": row["share"], "usual": usual, "rounds": float(len(before))}
            yield Problem("unsteady", row["policy"], row["rule"], "", told)


def find_near(whole: Rows) -> Iterator[Problem]:
    """Rules with many values next to their threshold: there a small change of it, or of a text, changes the verdict."""
    for row in whole:
        if row["near"] is not None and row["near"] > NEAR:
            yield Problem("near", row["policy"], row["rule"], "", {"near": row["near"], "asked": row["asked"]})


def find_worse(compared: Rows, judging: Iterable[str]) -> Iterator[Problem]:
    """Versions that judge now, and were worse than the one before them when they were compared again."""
    for row in compared:
        title = f"{row['policy']}@{row['after']}"
        if title in judging and row["decision"] == "worse":
            yield Problem("worse", title, "", "", {"gain": row["delta"]}, row["reason"])


def find_refused(versions: Rows, approvals: Rows, judging: Iterable[str]) -> Iterator[Problem]:
    """Versions of a policy that judges now which people refused or took back, with what they said."""
    said = {row["assessment"]: row["reason"] for row in approvals}
    names = {title.rpartition("@")[0] for title in judging}
    for row in versions:
        if row["policy"] in names and row["state"] in REFUSED:
            yield Problem("refused", f"{row['policy']}@{row['version']}", "", "", {}, said.get(row["approval"], ""))


def _weigh(problem: Problem) -> float:
    """What puts the larger one of a kind first."""
    told = problem.evidence
    return next((-told[name] for name in ("share", "near") if name in told), told.get("gain", 0.0))
