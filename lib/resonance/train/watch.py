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
from resonance.train.spec import PROGRESS, Pace, Phase, Spec, write_atomically

WORKER = "resonance.train.worker"
SECONDS = 0.2


def run_ranks(spec: Spec, launch: Launch, title: str, take: Callable[[Phase], None]) -> None:
    """Start ranks for the spec and call ``take`` for each of its phases again and again until they have ended.

    Raises:
        SetupError: they cannot be started.
        TrainError: one of them failed, and the others with it.
    """
    path = spec.staging / "spec.json"
    write_atomically(path, spec.model_dump_json())
    with _bar(title) as show:
        ranks = launch.start(WORKER, path)
        try:
            ended = False
            while not ended:
                ended = ranks.poll()
                for phase in spec.phases:
                    take(phase)
                show(spec.staging / PROGRESS)
                time.sleep(0 if ended else SECONDS)
        finally:
            ranks.stop()
    error = _read_complaint(spec.staging) or ranks.error
    if error:
        raise TrainError(f"{title}: {error}; what is committed stays, run again to go on from there")


def _read_complaint(staging: Path) -> str:
    """What the ranks say went wrong; they say it alike."""
    return next((path.read_text(encoding="utf-8") for path in sorted(staging.glob("error-*.txt"))), "")


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Path], None]]:
    console = Console(stderr=True)
    # bars of ranks that work side by side would overwrite each other
    hidden = not console.is_terminal or threading.current_thread() is not threading.main_thread()
    columns = (TextColumn("{task.description}"), BarColumn(30), TextColumn("{task.fields[pace]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(title, total=None, pace="ranks start")

        def show(path: Path) -> None:
            try:
                pace = Pace.model_validate_json(path.read_text(encoding="utf-8"))
            except (FileNotFoundError, ValidationError):
                return
            told = f"{pace.phase} {pace.place:,}/{pace.places:,}  {pace.loss:.3f} nats  {pace.tokens_per_second:,.0f} tokens/s"
            progress.update(task, total=pace.places, completed=pace.place, pace=told)

        yield show
