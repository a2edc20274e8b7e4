from __future__ import annotations

from resonance.report.turns import choose_turns, colour_turns, make_keys, name_others, name_turn, order_turns, split_largest

TURNS = [(2, "control"), (1, "plan"), (2, "plan")]


def test_turns_are_ordered_by_round_with_the_plan_first() -> None:
    assert order_turns(TURNS) == [(1, "plan"), (2, "plan"), (2, "control")]
    assert [name_turn(turn) for turn in order_turns(TURNS)] == ["round 1", "round 2", "round 2, control"]


def test_the_newest_plan_is_blue_and_controls_are_orange() -> None:
    assert colour_turns(order_turns(TURNS)) == {(1, "plan"): "grey", (2, "plan"): "blue", (2, "control"): "orange"}
    assert [key.shape for key in make_keys(order_turns(TURNS), lines=True)] == ["line", "line", "dash"]


def test_many_turns_keep_the_first_and_the_newest() -> None:
    many = [(number, "plan") for number in range(1, 11)]
    assert choose_turns(many) == [(1, "plan"), (7, "plan"), (8, "plan"), (9, "plan"), (10, "plan")]


def test_the_largest_come_first_and_ties_by_name() -> None:
    assert split_largest({"b": 1, "a": 1, "c": 5, "d": 0}, 2) == (["c", "a"], ["b", "d"])
    assert name_others(["b"]) == "1 other slice"
    assert name_others(["b"] * 1200) == "1,200 other slices"
