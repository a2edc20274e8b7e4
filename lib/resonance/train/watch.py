"""Follows running ranks: hands over each boundary as it is finished, and shows people how far they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from resonance.core.errors import TrainError
from resonance.core.launch import Launch
from resonance.core.objects import is_elsewhere
from resonance.core.places import open_place
from resonance.core.storage import Files
from resonance.train.spec import PROGRESS, SPEC, Pace, Phase, Spec

WORKER = "resonance.train.worker"
SECONDS, SECONDS_ELSEWHERE = 0.2, 1.0
"""Between two looks. At an address each is some requests."""


def run_ranks(spec: Spec, launch: Launch, title: str, take: Callable[[Phase], None], log: Path) -> None:
    """Start ranks for the spec and call ``take`` for each of its phases again and again until they have ended.

    What they print is in the file ``log`` where they fail.

    Raises:
        SetupError: they cannot be started.
        TrainError: one of them failed, and the others with it.
    """
    staging, pause = open_place(spec.staging), SECONDS_ELSEWHERE if is_elsewhere(spec.staging) else SECONDS
    staging.put(SPEC, spec.model_dump_json().encode())
    log.parent.mkdir(parents=True, exist_ok=True)
    with _bar(title) as show:
        ranks = launch.start(WORKER, staging.locate(SPEC), log)
        try:
            ended = False
            while not ended:
                ended = ranks.poll()
                for phase in spec.phases:
                    take(phase)
                show(staging)
                time.sleep(0 if ended else pause)
        finally:
            ranks.stop()
    error = _read_complaint(staging) or ranks.error
    if error:
        raise TrainError(f"{title}: {error}; what is committed stays, run again to go on from there")


def _read_complaint(staging: Files) -> str:
    """What the ranks say went wrong; they say it alike."""
    return next((staging.read(path) for path in staging.find("", ".txt") if path.startswith("error-")), "")


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Files], None]]:
    console = Console(stderr=True)
    # bars of ranks that work side by side would overwrite each other
    hidden = not console.is_terminal or threading.current_thread() is not threading.main_thread()
    columns = (TextColumn("{task.description}"), BarColumn(30), TextColumn("{task.fields[pace]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(title, total=None, pace="ranks start")

        def show(staging: Files) -> None:
            if hidden:
                return
            try:
                pace = Pace.model_validate_json(staging.read(PROGRESS))
            except (FileNotFoundError, ValidationError):
                return
            told = f"{pace.phase} {pace.place:,}/{pace.places:,}  {pace.loss:.3f} nats  {pace.tokens_per_second:,.0f} tokens/s"
            progress.update(task, total=pace.places, completed=pace.place, pace=told)

        yield show
