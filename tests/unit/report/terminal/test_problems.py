"""What is printed of problems of rules."""

from __future__ import annotations

from dataclasses import asdict
from typing import get_args

from rich.table import Table

from resonance.control.problems import Kind, Problem
from resonance.report.terminal.problems import SAYS, describe_problems

SAID = (
    "12.0% of a slice on which the model is weak: 12 of 100 documents, 3 of them alone",
    "\u22120.200 bits a byte",
    "30.0% of documents, 5.0% in the middle of 5 rounds before",
    "4.0% of the values of 1,000 documents lie within a twentieth",
    "compared again (+0.020 bits a byte): roll it back: p@2 saves",
    "took it back: cuts \\[b]poems\\[/b]",
)


def test_each_kind_is_said_with_its_figures() -> None:
    problems = [
        Problem("cuts_weak_slice", "p@2", "short", "news", {"share": 0.12, "fires": 12, "asked": 100, "sole": 3}),
        Problem("cuts_easy_texts", "p@2", "code", "", {"gain": -0.2, "low": -0.3, "high": -0.1, "sole": 40}),
        Problem("unsteady", "p@2", "symbols", "", {"share": 0.3, "usual": 0.05, "rounds": 5}),
        Problem("near", "p@2", "long", "", {"near": 0.04, "asked": 1000}),
        Problem("worse", "p@2", "", "", {"gain": -0.02}, "p@2 saves -0.0200 bits per byte"),
        Problem("refused", "p@3", "", "", {}, "cuts [b]poems[/b]"),
    ]
    table, more = describe_problems([asdict(one) for one in problems], 4)
    assert isinstance(table, Table)
    said = list(table.columns[3].cells)
    for line, words in zip(said, SAID, strict=True):
        assert words in str(line)
    assert list(table.columns[1].cells) == ["short", "code", "symbols", "long", "", ""]
    assert more == "`resonance rules effect short` shows it by slice, the report texts next to thresholds"
    assert SAYS.keys() == set(get_args(Kind))


def test_no_problem_is_said_too() -> None:
    assert describe_problems([], 4) == ["no problem of rules shows in what was measured after round 4"]
