"""Run a long command and show its seconds and last telling line; keep all of its output in a log.

Usage: python progress.py TITLE LOG COMMAND...
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TELLING = re.compile(r"\s*((\[ *\d+%]|Collecting|Downloading|Installing|Building|found|downloading) .*)")


class Pulse:
    """Reads a command's output into a log and remembers its last telling line."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self.log, self.latest = process, log, "starting"
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        """Follow the output to its end."""
        assert self.process.stdout is not None
        with self.log.open("w", encoding="utf-8") as lines:
            for line in self.process.stdout:
                lines.write(line)
                if telling := TELLING.match(line):
                    self.latest = telling[1]


def show(words: str, *, live: bool) -> None:
    """Rewrite one line of a terminal; elsewhere print a line."""
    if live:
        print(f"\r\033[K{words[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
    else:
        print(words[:140], flush=True)


def follow(title: str, log: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run a command with its progress shown; where it fails, print the end of its log and stop."""
    started, live = time.monotonic(), sys.stdout.isatty()
    log.parent.mkdir(parents=True, exist_ok=True)
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    pulse = Pulse(subprocess.Popen(command, env=environment, stdout=pipe, stderr=both, text=True, errors="replace"), log)
    while pulse.thread.is_alive():
        show(f"{title}: {time.monotonic() - started:.0f} s  {pulse.latest}", live=live)
        pulse.thread.join(1 if live else 15)
    status = pulse.process.wait()
    seconds = time.monotonic() - started
    show(f"{title}: {f'done in {seconds:.0f} s' if status == 0 else f'failed after {seconds:.0f} s'}", live=live)
    if live:
        print()
    if status:
        sys.stderr.writelines(log.read_text(encoding="utf-8").splitlines(keepends=True)[-30:])
        sys.exit(f"{title} failed; all of its output: {log}")


if __name__ == "__main__":
    follow(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
