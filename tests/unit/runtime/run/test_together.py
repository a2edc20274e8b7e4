"""Work side by side comes to what it comes to one by one, in its order; what fails ends it, and leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from resonance.runtime.run.together import work_together


class Crew:
    """Counts how many work at a time; each waits until ``together`` do."""

    def __init__(self, together: int = 1) -> None:
        self._met = threading.Barrier(together)
        self.busy = self.most = 0
        self.done: list[int] = []
        self._turn = threading.Lock()

    def work(self, at: int) -> int:
        with self._turn:
            self.busy += 1
            self.most = max(self.most, self.busy)
        self._met.wait(30)
        time.sleep(0.02 if at % 2 == 0 else 0.002)
        with self._turn:
            self.busy -= 1
            self.done.append(at)
        return at * at


def hire(crew: Crew, many: int) -> list[Callable[[], int]]:
    return [partial(crew.work, at) for at in range(many)]


@pytest.mark.parametrize(("room", "most"), [(1, 1), (3, 3), (9, 6)])
def test_results_are_in_order_and_no_more_work_than_there_is_room(room: int, most: int) -> None:
    crew = Crew(most)
    with work_together(hire(crew, 6), room) as results:
        assert list(results) == [0, 1, 4, 9, 16, 25]
    assert crew.most == most
    assert sorted(crew.done) == list(range(6))


def test_one_at_a_time_begins_when_it_is_asked_for() -> None:
    crew = Crew()
    with work_together(hire(crew, 6), 1) as results:
        assert next(results) == 0
    assert crew.done == [0]


def test_the_first_that_fails_is_raised_and_no_further_one_begins() -> None:
    crew = Crew()

    def fail() -> int:
        raise ValueError("no loss")

    works = [*hire(crew, 2), fail, *hire(crew, 40)]
    with pytest.raises(ValueError, match="no loss"), work_together(works, 2) as results:
        list(results)
    assert crew.busy == 0, "what went on was waited for"
    assert len(crew.done) < 10


def test_who_takes_no_more_results_waits_for_what_goes_on() -> None:
    crew = Crew()
    with work_together(hire(crew, 40), 2) as results:
        next(results)
    assert crew.busy == 0
    assert len(crew.done) < 10


def test_ctrl_c_waits_for_nothing() -> None:
    free = threading.Event()
    with pytest.raises(KeyboardInterrupt), work_together([free.wait, free.wait], 2):
        raise KeyboardInterrupt
    free.set()
