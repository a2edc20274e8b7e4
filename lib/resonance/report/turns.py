"""How rounds and arms are named, coloured and chosen, and how slices beyond the first few are summed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from resonance.core.turns import CONTROL, PLAN
from resonance.report.language import say
from resonance.report.parts import Key
from resonance.report.wording import amount

Turn = tuple[int, str]
"""A round and an arm."""

ARMS = {PLAN: "plan", CONTROL: "control"}
"""Arms that have a word of their own; others are called as tables call them."""
OLDER = ("grey", "teal", "purple")
MOST = 5


def name_turn(turn: Turn) -> str:
    """``round 2`` for the arm that follows the plan, ``round 2, control`` for another."""
    if turn[1] == PLAN:
        return say("round {number}", number=turn[0])
    return say("round {number}, {arm}", number=turn[0], arm=name_arm(turn[1]))


def name_arm(arm: str) -> str:
    """``plan``, ``control``, or another arm's name."""
    return say(ARMS[arm]) if arm in ARMS else arm


def order_turns(turns: Iterable[Turn]) -> list[Turn]:
    """Turns by round, the plan before its control."""
    return sorted(set(turns), key=lambda turn: (turn[0], turn[1] != PLAN, turn[1]))


def choose_turns(turns: Sequence[Turn]) -> list[Turn]:
    """The first turn and the newest ones: as many as a chart can show apart."""
    return list(turns) if len(turns) <= MOST else [turns[0], *turns[1 - MOST :]]


def colour_turns(turns: Sequence[Turn]) -> dict[Turn, str]:
    """A colour for each turn: the newest plan blue, control arms orange, earlier plans in quiet colours."""
    plans = [turn for turn in turns if turn[1] == PLAN]
    found = {turn: OLDER[index % len(OLDER)] for index, turn in enumerate(plans)}
    found |= {turn: "orange" for turn in turns if turn[1] != PLAN}
    if plans:
        found[plans[-1]] = "blue"
    return found


def make_keys(turns: Sequence[Turn], *, lines: bool = False) -> tuple[Key, ...]:
    """The legend of a chart with a line or dot for each turn."""
    paint = colour_turns(turns)
    return tuple(Key(name_turn(t), paint[t], "dot" if not lines else "dash" if t[1] != PLAN else "line") for t in turns)


def split_largest(values: Mapping[str, float], most: int) -> tuple[list[str], list[str]]:
    """The ``most`` names with the largest values, largest first, and the names that are left."""
    names = sorted(values, key=lambda name: (-values[name], name))
    return (names, []) if len(names) <= most else (names[:most], names[most:])


def name_others(names: Sequence[str]) -> str:
    """What the slices that are not shown are called together."""
    return amount(len(names), "other slice")
