"""A process of our own Python answers by its output, whatever a library prints there."""

from __future__ import annotations

import os

from resonance.core.processes import start_python

ANSWER = """
import os, sys
from resonance.core.processes import take_output
answer = take_output()
print("a library says something", flush=True)
answer.write(sys.stdin.buffer.read() + os.environ["NUMBER"].encode() + os.environ["PYTHONSAFEPATH"].encode())
answer.flush()
"""


def test_only_answers_come_back() -> None:
    process = start_python(ANSWER, NUMBER="7")

    assert process.communicate(b"asked ", timeout=60) == (b"asked 71", None)
    assert process.returncode == 0


def test_ctrl_c_is_for_us() -> None:
    process = start_python("import sys; sys.stdin.read()")

    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.communicate(timeout=60)
    assert process.returncode == 0
