"""What an engine's error means: ours as it was raised on a worker, and those that a user can act on, in one sentence."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

from resonance.core import errors
from resonance.core.errors import EngineError, ResonanceError, SetupError

OURS = re.compile(r"^(?:.*: )?resonance\.core\.errors\.(\w+): (.+)$", re.MULTILINE)
MEMORY = re.compile(
    r"Resources exhausted|Failed to allocate|MemoryError|OutOfMemoryError|bad_alloc|Cannot allocate memory|ArrowMemoryError"
)
DISK = re.compile(r"No space left on device|StorageFull|os error 28\b|Disk quota exceeded|os error 122\b")
WORKER = re.compile(r"\(TID \d+\) \((\S+) executor (?!driver\b)\S+\)")
"""The host of a cluster on which a task failed for good: Spark shuffles and spills on disks of its own there."""
FILES = re.compile(r"Too many open files|os error 24\b")
ENDED = re.compile(r"StatusCode\.UNAVAILABLE|Answer from Java side is empty|Error while sending or receiving|JVM is shutting down")
CAUSE = re.compile(r"^\s*Caused by: (.+)$", re.MULTILINE)
PATHS = re.compile(r"(?<![\w.])/[^\s:'\"),\]]+")
ADVICE = "run the same command again"
SPARK = "compute on Spark with as much as there is (--engine spark --set spark.driver_memory=8g)"


def explain_error(error: BaseException, places: Iterable[Path] = ()) -> ResonanceError | None:
    """The error in a sentence of ours; None where it is none that we know.

    Args:
        error: what an engine, or a library that writes for one, raised.
        places: folders that this command writes in.
    """
    said = "\n".join(f"{type(each).__name__}: {each}" for each in _chain(error))
    if DISK.search(said):
        where = _fullest(said, places)
        if hosts := WORKER.findall(said):
            where += f", or on a disk of {hosts[-1]}, a worker of the cluster"
        return EngineError(f"no space left on {where}; make room there and {ADVICE}")
    if found := OURS.findall(said):
        name, message = found[-1]
        kind: type[ResonanceError] = getattr(errors, name, ResonanceError)
        return kind(message)
    if MEMORY.search(said):
        return EngineError(f"out of memory; give the machine more, or {SPARK}")
    if FILES.search(said):
        return EngineError(f"too many open files; allow more (ulimit -n 65536) and {ADVICE}")
    if ENDED.search(said):
        return EngineError(f"the engine ended, out of memory? Give the machine more, or {SPARK}")
    if isinstance(error, ImportError | AttributeError | SyntaxError) and (stray := _find_stray()):
        return SetupError(f"{stray} stands in for a module of this installation ({error}); move it, or unset PYTHONPATH")
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and error.filename:
        return EngineError(f"{error.filename}: {error.strerror}; name a place that may be written to, or allow it")
    return None


def name_cause(error: BaseException, places: Iterable[Path] = ()) -> str:
    """What broke a step off, in one line for logs: an error that nobody foresaw is only named, since it may quote a text."""
    if isinstance(error, ResonanceError):
        return str(error)
    if not isinstance(error, Exception):
        return "it was stopped"
    known = explain_error(error, places)
    return str(known) if known is not None else f"{type(error).__name__}; the same command with --debug shows all of it"


def first_words(error: BaseException) -> str:
    """What an unforeseen error says first, without stack traces of Java; of a Python error on a worker, what was raised."""
    _, python, behind = str(error).rpartition("Traceback (most recent call last):")
    lines = [line for line in (behind if python else str(error)).splitlines() if line.strip()]
    if python:
        return next((line for line in lines if not line[0].isspace()), "")
    told = (line.strip().removeprefix(": ") for line in lines)
    return next((line for line in told if not line.startswith(("at ", "An error occurred while calling"))), "")


def name_causes(error: BaseException) -> str:
    """What an unforeseen error says first, and what caused it in the end, as Java tells it."""
    said = first_words(error) or type(error).__name__
    causes = [cause.strip() for cause in CAUSE.findall(str(error))]
    return said if not causes or causes[-1] in said else f"{said}, caused by {causes[-1]}"


def _chain(error: BaseException) -> Iterable[BaseException]:
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__ or error
    return seen


def _find_stray() -> str | None:
    """A file in the current folder, or in one that PYTHONPATH names, that was loaded for a module of Python or an installed one."""
    given = [os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    held = {str(Path(place).resolve()) for place in given} - {str(Path(errors.__file__).parents[2])}
    installed = {*sys.stdlib_module_names, *packages_distributions()}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name not in installed or not file:
            continue
        home = Path(file).parent.parent if Path(file).stem == "__init__" else Path(file).parent
        if str(home.resolve()) in held:
            return str(file)
    return None


def _fullest(said: str, places: Iterable[Path]) -> str:
    """The folder with least room among those that an error names and those that are written in."""
    named = [Path(found) for found in PATHS.findall(said)]
    known = [*places, *named, Path(tempfile.gettempdir())]
    held = [next(above for above in (place, *place.parents) if os.path.isdir(above)) for place in known if place.is_absolute()]
    return str(min(held, key=lambda place: shutil.disk_usage(place).free))
