"""Ends a command quietly when it is told to: by Ctrl-C, by SIGTERM, or by a terminal that closes.

The main thread gets ``Stopped`` and cleans up as after an error. Where it hangs in foreign code, or waits for an engine that does
not listen, a second thread ends the process a moment later: whatever is half done then is what a kill leaves, which the next run
takes up.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

PATIENCE = 1.5
"""Seconds that a command has to clean up."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAYS = "stopped: run the same command again to go on"
SHOW_CURSOR = "\x1b[?25h"

_leaving = threading.Lock()


class Stopped(BaseException):
    """This process was told to end. It is no error: what handles errors lets it through."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it, a signal raises ``Stopped`` in the main thread, and ends the process soon after in any case.

    Signals that this process was started to ignore are ignored. Must be entered in the main thread.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    hook = sys.unraisablehook
    sys.unraisablehook = _without_stops(hook)
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise)
    former = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(woken,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook
        os.close(waker)


def leave(number: int) -> NoReturn:
    """Say that the command was stopped, and end this process and all that it started, at once."""
    _leaving.acquire()  # never given back: the first one ends the process
    with suppress(Exception):
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
        if sys.__stderr__ is not None:
            print(f"{SHOW_CURSOR if sys.__stderr__.isatty() else ''}{SAYS}", file=sys.__stderr__, flush=True)
        workers = sys.modules.get("resonance.runtime.engines.workers")
        if workers is not None:
            workers.kill_all()
    os._exit(128 + number)


def _raise(number: int, _: object) -> None:
    for again in SIGNALS:
        if signal.getsignal(again) is _raise:
            signal.signal(again, _ignore)  # the way out is taken once
    raise Stopped(number)


def _ignore(*_: object) -> None:
    pass


def _watch(woken: int) -> None:
    with os.fdopen(woken, "rb", buffering=0) as pipe:
        while told := pipe.read(1):
            if told[0] in SIGNALS:
                time.sleep(PATIENCE)
                leave(told[0])


def _without_stops(hook: Any) -> Any:
    """Where a signal comes while Python tidies up an object, nobody but the watcher can know: that is no word to the user."""

    def quiet(about: Any) -> None:
        if not isinstance(about.exc_value, Stopped):
            hook(about)

    return quiet
