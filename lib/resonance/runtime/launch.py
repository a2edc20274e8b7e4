"""Three ways to start ranks: by Horovod on this machine, by Horovod on Spark executors, or one rank in this process.

The one module that may ask for a SparkContext. Run as a program, it is ``horovodrun`` that dies with its parent.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resonance.core.errors import SetupError
from resonance.core.launch import Launch, Ranks
from resonance.core.settings import TrainSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STOP_SECONDS = 15
"""Horovod gives ranks 5 seconds to end before it kills them."""


def open_launch(settings: TrainSettings, spark: SparkSession) -> Launch:
    """The way to start ranks that the settings choose. Nothing is started or asked for yet."""
    if settings.launch == "inline":
        return InlineLaunch()
    if settings.launch == "spark":
        return SparkLaunch(spark, settings)
    return HorovodLaunch(settings)


class InlineLaunch:
    """One rank in this process, without native code; ``start`` returns when it has ended."""

    ranks = 1

    def start(self, module: str, spec: Path) -> Ranks:
        """Run it to its end."""
        try:
            importlib.import_module(module).main([str(spec)])
        except Exception as error:
            return Ended(f"{type(error).__name__}: {error}")
        return Ended(None)


@dataclass(frozen=True)
class Ended:
    """Ranks that have ended already."""

    error: str | None

    def poll(self) -> bool:
        """They have."""
        return True

    def stop(self) -> None:
        """Nothing runs."""


class HorovodLaunch:
    """``horovodrun`` with gloo on this machine. Its ranks die with it, and it dies with this process."""

    def __init__(self, settings: TrainSettings) -> None:
        self._settings = settings
        self.ranks = settings.ranks

    def start(self, module: str, spec: Path) -> Ranks:
        """Start them; what they print goes to ``launch.txt`` beside the spec."""
        _require_horovod()
        horovodrun = [sys.executable, "-m", __name__, "-np", str(self.ranks), "--gloo"]
        command = [*horovodrun, "--start-timeout", str(self._settings.start_timeout), sys.executable, "-m", module, str(spec)]
        return LocalRanks(command, spec.with_name("launch.txt"), _environment(self._settings))


class LocalRanks:
    """A running ``horovodrun``."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str]) -> None:
        self._log = log
        with log.open("w") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=out, stderr=out, env={**os.environ, **environment}, start_new_session=True
            )

    def poll(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    @property
    def error(self) -> str | None:
        """Which rank ended first, how, and the last line that it said."""
        if self._process.returncode in (None, 0):
            return None
        told = self._log.read_text(errors="replace")
        first = re.search(r"Process name: (\d+)\s+Exit code: (\d+)", told)
        if first is None:
            return f"horovodrun ended with {self._process.returncode}: {_last_line(told)}"
        rank, code = first[1], int(first[2])
        if code > 128:
            return f"rank {rank} was killed by signal {code - 128}"
        said = _last_line("\n".join(re.findall(rf"^\[{rank}\]<stderr>:(.*)$", told, re.MULTILINE)))
        return f"rank {rank} ended with {code}" + (f": {said}" if said else "")

    def stop(self) -> None:
        """End the ranks and wait for it."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class SparkLaunch:
    """``horovod.spark.run``: one rank in each of as many task slots of the running Spark application."""

    def __init__(self, spark: SparkSession, settings: TrainSettings) -> None:
        self._spark = spark
        self._settings = settings
        self.ranks = settings.ranks

    def start(self, module: str, spec: Path) -> Ranks:
        """Start them in a thread, once the slots are known to be there.

        Raises:
            SetupError: the application has fewer slots than ranks.
        """
        _require_horovod()
        slots = self.slots()
        if slots < self.ranks:
            raise SetupError(
                f"train.ranks is {self.ranks}, but the Spark application has {slots} task slots: "
                "give it more executor cores, or lower train.ranks"
            )
        return SparkRanks(self._settings, module, spec)

    def slots(self) -> int:
        """How many tasks the executors that are here now can run at the same time."""
        context = self._spark.sparkContext
        scala: Any = context._jsc.sc()
        return int(scala.maxNumConcurrentTasks(scala.resourceProfileManager().defaultResourceProfile()))


class SparkRanks:
    """A running ``horovod.spark.run``."""

    def __init__(self, settings: TrainSettings, module: str, spec: Path) -> None:
        self._stop = threading.Event()
        self._error: str | None = None
        self._log = spec.with_name("launch.txt")
        self._failure = _failure(spec)
        self._failure.unlink(missing_ok=True)
        self._thread = threading.Thread(target=self._run, args=(settings, module, str(spec)), daemon=True)
        self._thread.start()

    def _run(self, settings: TrainSettings, module: str, spec: str) -> None:
        import horovod.spark
        from horovod.runner import gloo_run

        # Horovod would take over the driver's signals, which it may not do outside the main thread.
        gloo_run.register_shutdown_event = lambda: self._stop
        try:
            with self._log.open("w") as log, _quiet_threads("run_spark"):
                horovod.spark.run(
                    _run_rank,
                    (module, spec),
                    num_proc=settings.ranks,
                    start_timeout=settings.start_timeout,
                    use_gloo=True,
                    env=_environment(settings),
                    stdout=log,
                    stderr=log,
                    verbose=0,
                )
        except Exception as error:
            self._error = f"{type(error).__name__}: {_last_line(str(error))}"

    def poll(self) -> bool:
        """Whether it has ended. Once a rank says that it failed, the others are ended: Horovod would wait for them."""
        if self._failure.exists():
            self._stop.set()
        return not self._thread.is_alive()

    @property
    def error(self) -> str | None:
        """What the rank that failed first said, else what Horovod says: it says nothing of ranks that it was asked to end."""
        return self._failure.read_text(encoding="utf-8") if self._failure.exists() else self._error

    def stop(self) -> None:
        """End the ranks and wait for it."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)


@contextmanager
def _quiet_threads(target: str) -> Iterator[None]:
    """Print no stack trace for a thread that runs ``target``: what it raises is raised again where it is awaited."""
    usual = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if failed.thread is None or f"({target})" not in failed.thread.name:
            usual(failed)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = usual


def _run_rank(module: str, spec: str) -> None:
    try:
        importlib.import_module(module).main([spec])
    except Exception as error:
        with suppress(FileExistsError), _failure(Path(spec)).open("x", encoding="utf-8") as told:
            told.write(f"rank {os.environ['HOROVOD_RANK']} failed: {type(error).__name__}: {_last_line(str(error))}")
        raise


def _failure(spec: Path) -> Path:
    return spec.with_name("failure.txt")


QUICK = {
    "HOROVOD_CYCLE_TIME": "10",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
}
"""Look for sums every 10 ms, as one a step needs no more; keep memory from one pass to the next (saves 15 % of the time)."""


def _environment(settings: TrainSettings) -> dict[str, str]:
    count = str(settings.threads)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), count)
    patience = {"HOROVOD_GLOO_TIMEOUT_SECONDS": str(settings.start_timeout)}
    return {**threads, **patience, **QUICK, "PYTHONUNBUFFERED": "1"}


def _require_horovod() -> None:
    if importlib.util.find_spec("horovod") is None:
        raise SetupError("Horovod is not installed: run `make setup`, or set train.launch=inline for one rank")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _die_with_parent() -> None:
    """Read what only the parent can end, past ``sys.stdin``, whose lock would hang forked children.

    Horovod's guards end the ranks when this process is gone.
    """
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    from horovod.runner.launch import run_commandline

    threading.Thread(target=_die_with_parent, daemon=True).start()
    run_commandline()
