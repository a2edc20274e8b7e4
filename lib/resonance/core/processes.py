"""Processes of our own Python: what they are asked comes by their input, what they answer goes by their output."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO


def start_python(code: str, **variables: str) -> subprocess.Popen[bytes]:
    """A process that runs ``code`` with our modules, a pipe at its input and one at its output.

    It belongs to no terminal: Ctrl-C is for us, and it then sees its input end. ``variables`` are added to its environment.
    """
    path = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONSAFEPATH": "1", **variables, "PYTHONPATH": path},
    )


def take_output(buffer_bytes: int = -1) -> IO[bytes]:
    """The output of this process for answers alone: what libraries print goes to where errors go."""
    output = os.fdopen(os.dup(1), "wb", buffering=buffer_bytes)
    os.dup2(2, 1)
    return output
