"""A process that is told to end says so in one line, with the code of the signal, whatever hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from resonance.runtime.stop import PATIENCE, SAYS, Stopped, stoppable

BODY = {
    "listens": "time.sleep(60)",
    "tidies up": "try:\n        time.sleep(60)\n    finally:\n        print('tidied', flush=True)",
    "hangs": "while True:\n        try:\n            time.sleep(60)\n        except BaseException:\n            pass",
    "waits for threads": "with ThreadPoolExecutor() as pool:\n        pool.submit(time.sleep, 60)\n        time.sleep(60)",
    "is swallowed": "class Odd:\n        def __del__(self):\n            time.sleep(60)\n    del Odd\n    time.sleep(60)",
}
LISTENS_AGAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
"""
"""Whatever the tests themselves were started to ignore."""
PROGRAM = """
import time
from concurrent.futures import ThreadPoolExecutor
from resonance.runtime.stop import Stopped, leave, stoppable
try:
  with stoppable():
    print("ready", flush=True)
    {body}
except Stopped as stopped:
    leave(stopped.number)
"""


def told(body: str, *numbers: signal.Signals, before: str = "") -> tuple[int, str, str, float]:
    command = [sys.executable, "-c", LISTENS_AGAIN + before + PROGRAM.format(body=body)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        started = time.monotonic()
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.05)
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
        return process.returncode, out, err, time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("body", BODY)
def test_it_ends_in_time_with_one_line(body: str, number: signal.Signals) -> None:
    code, out, err, seconds = told(BODY[body], number)
    assert (code, err) == (128 + number, f"{SAYS}\n")
    assert out == ("tidied\n" if body == "tidies up" else "")
    assert seconds < PATIENCE + 0.5


def test_a_second_signal_disturbs_no_tidying() -> None:
    code, out, err, _ = told(
        BODY["tidies up"].replace("print", "time.sleep(0.5); print"), signal.SIGINT, signal.SIGINT, signal.SIGTERM
    )
    assert (code, out, err) == (130, "tidied\n", f"{SAYS}\n")


def test_what_it_was_started_to_ignore_stays_ignored() -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    code, out, err, _ = told("time.sleep(0.5); print('done')", signal.SIGHUP, before=ignoring)
    assert (code, out, err) == (0, "done\n", "")


@pytest.fixture
def listening() -> Iterator[None]:
    """Tests in the background of a shell are started to ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_afterwards_signals_mean_what_they_meant() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_in_a_program_it_is_no_error_that_could_be_handled() -> None:
    assert not issubclass(Stopped, Exception)
