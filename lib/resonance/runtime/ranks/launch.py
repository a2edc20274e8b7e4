"""Ways to start ranks: by Horovod or torch on this machine, by Horovod on Spark executors, or one rank in this process.

The one module that may ask for a SparkContext.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkAttributeError

from resonance.core.errors import SetupError
from resonance.core.launch import Launch, Ranks
from resonance.core.settings import TrainSettings
from resonance.runtime.ranks.local_ranks import HOROVOD, STOP_SECONDS, TORCH, LocalLaunch, environment, last_line

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from resonance.runtime.engines.engine import Engine


def open_launch(settings: TrainSettings, engine: Engine) -> Launch:
    """The way to start ranks that the settings choose. Nothing is started or asked for yet."""
    if settings.launch == "inline":
        return InlineLaunch()
    if settings.launch == "spark":
        return SparkLaunch(engine.session, settings)
    return LocalLaunch(settings, TORCH if settings.launch == "torch" else HOROVOD)


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

    def close(self) -> None:
        """Do nothing: no rank stays."""


@dataclass(frozen=True)
class Ended:
    """Ranks that have ended already."""

    error: str | None

    def poll(self) -> bool:
        """They have."""
        return True

    def stop(self) -> None:
        """Do nothing: no rank runs."""


class SparkLaunch:
    """``horovod.spark.run``: one rank in each of as many task slots of the running Spark application."""

    def __init__(self, spark: SparkSession, settings: TrainSettings) -> None:
        self._spark = spark
        self._settings = settings
        self.ranks = settings.ranks

    def start(self, module: str, spec: Path) -> Ranks:
        """Start them in a thread, once the slots are known to be there.

        Raises:
            SetupError: there are no executors, or the application has fewer slots than ranks.
        """
        HOROVOD.require()
        slots = self.slots()
        if slots < self.ranks:
            raise SetupError(
                f"train.ranks is {self.ranks}, but the Spark application has {slots} task slots: "
                "give it more executor cores, or lower train.ranks"
            )
        return SparkRanks(self._settings, module, spec)

    def close(self) -> None:
        """Do nothing: idle ranks would hold task slots."""

    def slots(self) -> int:
        """How many tasks the executors that are here now can run at the same time.

        Raises:
            SetupError: the session is none of Spark in this process.
        """
        try:
            context = self._spark.sparkContext
        except PySparkAttributeError as error:
            raise SetupError(
                "train.launch=spark starts ranks on Spark's executors, which this session cannot reach: "
                "use --engine spark, or another train.launch"
            ) from error
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
                    env=environment(settings),
                    stdout=log,
                    stderr=log,
                    verbose=0,
                )
        except Exception as error:
            self._error = f"{type(error).__name__}: {last_line(str(error))}"

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
            told.write(f"rank {os.environ['HOROVOD_RANK']} failed: {type(error).__name__}: {last_line(str(error))}")
        raise


def _failure(spec: Path) -> Path:
    return spec.with_name("failure.txt")
