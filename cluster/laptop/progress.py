"""Run long commands side by side and show their seconds and last telling lines; keep all of their output in logs.

Usage: python progress.py TITLE LOG COMMAND... [--and TITLE LOG COMMAND...]
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

TELLING = re.compile(r"\s*((\[ *\d+%]|Collecting|Downloading|Installing|Building|Compiled|found|downloading) .*)")
AND = "--and"
LAST_LINES = 30


class Pulse:
    """A running command: reads its output into a log and remembers its last telling line."""

    def __init__(self, title: str, log: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        pipe, both = subprocess.PIPE, subprocess.STDOUT
        self.title, self.log, self.latest, self.started = title, log, "starting", time.monotonic()
        self.process = subprocess.Popen(command, env=environment, stdout=pipe, stderr=both, text=True, errors="replace")
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

    def words(self) -> str:
        """What it is doing, and for how long."""
        return f"{self.title}: {time.monotonic() - self.started:.0f} s  {self.latest}"

    def ended(self) -> bool:
        """Whether all of its output was read."""
        return not self.thread.is_alive()

    def finish(self, *, live: bool) -> None:
        """Say how it ended; where it failed, print the end of its log and stop."""
        status, seconds = self.process.wait(), time.monotonic() - self.started
        show(f"{self.title}: {'done in' if status == 0 else 'failed after'} {seconds:.0f} s", live=live)
        if live:
            print()
        if status:
            sys.stderr.writelines(self.log.read_text(encoding="utf-8").splitlines(keepends=True)[-LAST_LINES:])
            sys.exit(f"{self.title} failed; all of its output: {self.log}")


def show(words: str, *, live: bool) -> None:
    """Rewrite one line of a terminal; elsewhere print a line."""
    if live:
        print(f"\r\033[K{words[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
    else:
        print(words[:140], flush=True)


def follow(*pulses: Pulse) -> None:
    """Show the progress of commands until all have ended; where one fails, end the others and stop."""
    live, running = sys.stdout.isatty(), list(pulses)
    try:
        while running:
            show(" | ".join(pulse.words() for pulse in running), live=live)
            until = time.monotonic() + (1 if live else 15)
            while time.monotonic() < until and not any(pulse.ended() for pulse in running):
                running[0].thread.join(0.2)
            for pulse in [pulse for pulse in running if pulse.ended()]:
                running.remove(pulse)
                pulse.finish(live=live)
    finally:
        for pulse in running:
            pulse.process.terminate()


def split(words: Sequence[str]) -> list[list[str]]:
    """Arguments, parted at each ``--and``."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == AND:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


if __name__ == "__main__":
    follow(*(Pulse(title, Path(log), command) for title, log, *command in split(sys.argv[1:])))
