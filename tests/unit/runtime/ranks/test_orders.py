"""A rank obeys orders in their numbers' sequence, says when each is done, and ends with what an order raises."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from resonance.runtime.ranks.orders import count_done, give, obey


class EnoughError(Exception):
    """Ends a rank, which never ends by itself."""


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The specs on which an order's module ran; a spec of the name ``enough`` raises."""
    seen: list[str] = []

    def main(arguments: list[str]) -> None:
        (spec,) = arguments
        if Path(spec).name == "enough":
            raise EnoughError
        seen.append(spec)

    module = ModuleType("work_of_ranks")
    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return seen


@pytest.fixture
def order(tmp_path: Path) -> Callable[[int, str], None]:
    return lambda number, spec: give(tmp_path, number, "work_of_ranks", str(tmp_path / spec))


def test_orders_run_one_after_the_other_whenever_they_were_left(
    tmp_path: Path, done: list[str], order: Callable[[int, str], None]
) -> None:
    order(3, "enough")
    order(2, "second")
    order(1, "first")
    with pytest.raises(EnoughError):
        obey(tmp_path, "0")
    assert done == [str(tmp_path / "first"), str(tmp_path / "second")]
    assert [count_done(tmp_path, number) for number in (1, 2, 3)] == [1, 1, 0], "what raised is not done"


def test_each_rank_is_counted_for_its_own_orders(tmp_path: Path, done: list[str], order: Callable[[int, str], None]) -> None:
    order(1, "first")
    order(2, "enough")
    for rank in ("0", "1", "10"):
        with pytest.raises(EnoughError):
            obey(tmp_path, rank)
    (tmp_path / "11-0.done").touch()
    assert count_done(tmp_path, 1) == 3, "those of order 11 are others"


def test_a_rank_waits_for_an_order_that_is_not_there_yet(
    tmp_path: Path, done: list[str], order: Callable[[int, str], None]
) -> None:
    def leave() -> None:
        time.sleep(0.2)
        order(1, "first")
        order(2, "enough")

    giver = threading.Thread(target=leave)
    giver.start()
    with pytest.raises(EnoughError):
        obey(tmp_path, "0")
    giver.join()
    assert done == [str(tmp_path / "first")]


def test_half_an_order_is_never_seen(tmp_path: Path, order: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives orders may be killed between writing one and giving it its name."""
    monkeypatch.setattr(Path, "replace", lambda *_: None)
    order(1, "first")
    assert list(tmp_path.glob("*.json")) == []
