"""What every collective promises, as checks that each rank of a group runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch

from resonance.train.collective import Collective


def sums_in_place(group: Collective) -> None:
    mine = torch.arange(3, dtype=torch.float32) + group.rank
    summed = group.allreduce(mine)
    expected = torch.arange(3) * group.size + sum(range(group.size))
    assert summed.tolist() == mine.tolist() == expected.tolist()


def sums_keep_the_type(group: Collective) -> None:
    for kind in (torch.float32, torch.float64, torch.int64):
        summed = group.allreduce(torch.full((2, 2), group.rank + 1, dtype=kind))
        assert summed.dtype == kind
        assert summed.tolist() == [[sum(range(1, group.size + 1))] * 2] * 2


def sums_of_nothing_are_nothing(group: Collective) -> None:
    assert group.allreduce(torch.zeros(5)).tolist() == [0.0] * 5


def broadcasts_what_rank_0_holds(group: Collective) -> None:
    mine = torch.full((4,), float(group.rank + 7))
    assert group.broadcast(mine).tolist() == mine.tolist() == [7.0] * 4


def gathers_objects_in_order(group: Collective) -> None:
    assert group.gather({"rank": group.rank, "name": "x" * group.rank}) == [
        {"rank": rank, "name": "x" * rank} for rank in range(group.size)
    ]
    assert group.gather(None) == [None] * group.size


def barrier_waits_for_all(group: Collective) -> None:
    time.sleep(0.2 * group.rank)
    before = time.monotonic()
    group.barrier()
    after = time.monotonic()
    times = group.gather((before, after))
    assert min(after for _, after in times) >= max(before for before, _ in times)


def ranks_are_numbered(group: Collective) -> None:
    assert group.gather(group.rank) == list(range(group.size))


CHECKS: tuple[Callable[[Collective], None], ...] = (
    sums_in_place,
    sums_keep_the_type,
    sums_of_nothing_are_nothing,
    broadcasts_what_rank_0_holds,
    gathers_objects_in_order,
    barrier_waits_for_all,
    ranks_are_numbered,
)


def run_all(group: Collective) -> Iterator[tuple[str, str]]:
    """The name of each check and what went wrong with it, if anything."""
    for check in CHECKS:
        try:
            check(group)
        except AssertionError as error:
            yield check.__name__, f"rank {group.rank}: {error!r}"
        else:
            yield check.__name__, ""
