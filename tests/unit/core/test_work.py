"""Work on weak slices is open until a person or a later round closes it."""

from __future__ import annotations

from typing import Any

import pytest

from resonance.core.errors import ResonanceError
from resonance.core.work import Work, find_open, follow_work


def ask(item: str, round: int, slice: str = "a", cause: str = "capacity") -> dict[str, Any]:
    return {"item": item, "round": round, "slice": slice, "cause": cause, "kind": "model"}


def judge(round: int, cause: str, slice: str = "a") -> dict[str, Any]:
    return {"round": round, "slice": slice, "cause": cause}


def decide(item: str, round: int, gate: str = "close") -> dict[str, Any]:
    return {"assessment": f"{item}, round {round}", "gate": gate, "name": "Ada", "reason": "ticket 7"}


def follow(items: list[dict[str, Any]], verdicts: list[dict[str, Any]], looked: int, *said: dict[str, Any]) -> list[str]:
    return [work.closed for work in follow_work(items, verdicts, range(1, looked + 1), said)]


def test_a_later_round_closes_what_it_finds_sound_or_weak_for_another_cause() -> None:
    items, first = [ask("x", 1)], judge(1, "capacity")
    assert follow(items, [first], 1) == [""]
    assert follow(items, [first], 2) == ["round 2 finds the slice sound"]
    assert follow(items, [first, judge(2, "coverage")], 2) == ["round 2 finds the slice weak for coverage"]
    assert follow(items, [first, judge(2, "abstain")], 2) == [""], "who abstains closes nothing"
    again = [*items, ask("x", 3)]
    (work,) = follow_work(again, [first, judge(3, "capacity")], [1, 2, 3], [])
    assert (work.closed, work.since, work.row["round"]) == ("", 1, 3)


def test_a_person_closes_what_the_newest_round_asks_for_and_the_next_one_opens_it_again() -> None:
    first, second = judge(1, "capacity"), judge(2, "capacity")
    assert follow([ask("x", 1)], [first], 1, decide("x", 1)) == ["Ada: ticket 7"]
    assert follow([ask("x", 1)], [first], 1, decide("x", 1, "rules"), decide("y", 1)) == [""]
    assert follow([ask("x", 1), ask("x", 2)], [first, second], 2, decide("x", 1)) == [""]
    assert follow([ask("x", 1), ask("x", 2)], [first, second], 2, decide("x", 2)) == ["Ada: ticket 7"]


def test_one_open_item_is_named_by_its_beginning() -> None:
    work = [Work(ask("abc", 1), 1), Work(ask("abd", 1), 1), Work(ask("xyz", 1), 1, "done")]
    assert find_open(work, "abd") is work[1]
    for given, says in (("ab", "more than one open item 'ab'; open are abc, abd"), ("xyz", "no open item"), ("", "no open item")):
        with pytest.raises(ResonanceError, match=says):
            find_open(work, given)
    with pytest.raises(ResonanceError, match="open are none"):
        find_open([], "x")
