"""Does work side by side, as much at a time as there is room for, and hands over what it comes to in its order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")
Work = Callable[[], Result]


@contextmanager
def work_together(works: Sequence[Work[Result]], room: int) -> Iterator[Iterator[Result]]:
    """What each of ``works`` comes to, in their order; ``room`` of them go on at a time, each in a thread.

    Where there is room for one, each begins when it is asked for. After one that failed none begins; what goes on is waited for at
    the end of the ``with`` statement, but on Ctrl-C: it ends with the process then, as if that were killed.
    """
    if room == 1:
        yield (work() for work in works)
        return
    futures: list[Future[Result]] = [Future() for _ in works]
    waiting, turn, ended = iter(zip(works, futures, strict=True)), threading.Lock(), threading.Event()

    def serve() -> None:
        while not ended.is_set():
            with turn:
                work, future = next(waiting, (None, None))
            if work is None or future is None:
                return
            try:
                future.set_result(work())
            except BaseException as error:
                ended.set()
                future.set_exception(error)

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(room)]
    for thread in threads:
        thread.start()
    try:
        yield (future.result() for future in futures)
    except KeyboardInterrupt:
        threads.clear()
        raise
    finally:
        ended.set()
        for thread in threads:
            thread.join()
