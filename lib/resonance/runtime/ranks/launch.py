"""Ways to start ranks: by Horovod or torch on this machine or on Spark executors, or one rank in this process.

The one module that may ask for a SparkContext.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from pyspark.errors import PySparkAttributeError

from resonance.core.errors import SetupError
from resonance.core.files import NO_LINKS
from resonance.core.launch import Launch, Ranks
from resonance.core.places import open_place
from resonance.core.settings import TrainSettings
from resonance.core.storage import Files
from resonance.runtime.ranks.local_ranks import HOROVOD, STOP_SECONDS, TORCH, LocalLaunch, environment, last_line
from resonance.runtime.ranks.orders import die_with_parent, find_rank
from resonance.runtime.ranks.patches import Patch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from resonance.runtime.engines.engine import Engine


FAILURE, STARTED = "failure.txt", "started"
"""What ranks leave beside their spec: what the first that failed says, and a folder of marks that they began."""


def open_launch(settings: TrainSettings, engine: Engine) -> Launch:
    """The way to start ranks that the settings choose. Nothing is started or asked for yet."""
    if settings.launch == "inline":
        return InlineLaunch()
    if settings.launch in ON_SPARK:
        return SparkLaunch(engine.session, settings, ON_SPARK[settings.launch])
    return LocalLaunch(settings, TORCH if settings.launch == "torch" else HOROVOD)


class InlineLaunch:
    """One rank in this process, without native code; ``start`` returns when it has ended."""

    ranks, room = 1, 1

    def start(self, module: str, spec: str, log: Path) -> Ranks:
        """Run it to its end."""
        try:
            importlib.import_module(module).main([spec])
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
    """One rank in each of as many task slots of the running Spark application."""

    def __init__(self, spark: SparkSession, settings: TrainSettings, way: type[SparkWay]) -> None:
        self._spark = spark
        self._settings = settings
        self._way = way
        self.ranks = settings.ranks

    def start(self, module: str, spec: str, log: Path) -> Ranks:
        """Start them in a thread, once the slots are known to be there.

        Raises:
            SetupError: there are no executors, or the application has fewer slots than ranks.
        """
        self._way.require()
        slots = self.slots()
        if slots < self.ranks:
            raise SetupError(
                f"train.ranks is {self.ranks}, but the Spark application has {slots} task slots: "
                "give it more executor cores, or lower train.ranks"
            )
        return SparkRanks(self._way(self._spark, self._settings), module, spec, log)

    @property
    def room(self) -> int:
        """As many as task slots hold; one is left for what the driver has computed meanwhile.

        Raises:
            SetupError: as ``slots``.
        """
        return max((self.slots() - 1) // self.ranks, 1)

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
                f"train.launch={self._settings.launch} starts ranks on Spark's executors, which this session cannot reach: "
                "use --engine spark, or another train.launch"
            ) from error
        scala: Any = context._jsc.sc()
        return int(scala.maxNumConcurrentTasks(scala.resourceProfileManager().defaultResourceProfile()))


class SparkRanks:
    """Ranks in tasks of Spark, awaited by a thread."""

    def __init__(self, way: SparkWay, module: str, spec: str, log: Path) -> None:
        self._way = way
        self._error: str | None = None
        self._said = ""
        self._shared = _open_shared(spec)
        self._shared.remove([FAILURE, STARTED])
        self._thread = threading.Thread(target=self._run, args=(module, spec, log), daemon=True)
        self._thread.start()

    def _run(self, module: str, spec: str, log: Path) -> None:
        try:
            with log.open("w") as file:
                self._way.run(module, spec, file)
        except Exception as error:
            self._error = f"{type(error).__name__}: {last_line(str(error))}"

    def poll(self) -> bool:
        """Whether it has ended. Once a rank says that it failed, the others are ended: their launcher may wait for them."""
        ended = not self._thread.is_alive()
        with suppress(FileNotFoundError):
            self._said = self._said or self._shared.read(FAILURE)
            self._way.stop()
        return ended

    @property
    def error(self) -> str | None:
        """What the rank that failed first said, else what its launcher says: it says nothing of ranks that it was asked to end."""
        return self._said or self._error

    def stop(self) -> None:
        """End the ranks and wait for it."""
        self._way.stop()
        self._thread.join(STOP_SECONDS)


class SparkWay(Protocol):
    """What starts ranks in tasks of Spark."""

    def __init__(self, spark: SparkSession, settings: TrainSettings) -> None: ...

    @staticmethod
    def require() -> None:
        """Raise SetupError unless it is installed.

        Raises:
            SetupError: it is not.
        """
        ...

    def run(self, module: str, spec: str, log: TextIO) -> None:
        """Run the module on the spec in all ranks; returns when they have ended, and raises what went wrong."""
        ...

    def stop(self) -> None:
        """Have ``run`` end its ranks and return."""
        ...


class HorovodTasks:
    """``horovod.spark.run`` with gloo."""

    def __init__(self, spark: SparkSession, settings: TrainSettings) -> None:
        self._settings = settings
        self._stop = threading.Event()

    @staticmethod
    def require() -> None:
        """Raise SetupError unless Horovod is installed."""
        HOROVOD.require()

    def run(self, module: str, spec: str, log: TextIO) -> None:
        """Run ranks to their end."""
        import horovod.spark
        from horovod.runner import gloo_run

        # Horovod would take over the driver's signals, which it may not do outside the main thread.
        own.stop = self._stop  # asked for in this very thread, beside which others may run ranks
        gloo_run.register_shutdown_event = lambda: own.stop
        with QUIET.over(threading):
            horovod.spark.run(
                _run_rank,
                (module, spec),
                num_proc=self._settings.ranks,
                start_timeout=self._settings.start_timeout,
                use_gloo=True,
                env=environment(self._settings),
                stdout=log,
                stderr=log,
                verbose=0,
            )

    def stop(self) -> None:
        """End the ranks."""
        self._stop.set()


class TorchTasks:
    """pyspark's ``TorchDistributor``: ``torchrun`` in tasks that start and end together, for platforms without Horovod.

    What ranks print is in the executors' logs. One GPU a rank where tasks of the application hold GPUs.
    """

    def __init__(self, spark: SparkSession, settings: TrainSettings) -> None:
        self._context = spark.sparkContext
        self._gpus = float(spark.conf.get("spark.task.resource.gpu.amount", "0") or 0)
        self._settings = settings
        self._tag = f"resonance-{uuid.uuid4().hex}"

    @staticmethod
    def require() -> None:
        """Raise SetupError unless torch is installed."""
        TORCH.require()

    def run(self, module: str, spec: str, log: TextIO) -> None:
        """Run ranks to their end."""
        from pyspark.ml.torch import distributor

        self._context.addJobTag(self._tag)
        with UNTOLD.over(distributor):
            ranks = distributor.TorchDistributor(num_processes=self._settings.ranks, local_mode=False, use_gpu=self._gpus >= 1)
            ranks.logger.setLevel(logging.WARNING)  # that ranks start and end is shown by bars of our own
            ranks.run(_run_torch_rank, module, spec, environment(self._settings))

    def stop(self) -> None:
        """End the ranks."""
        self._context.cancelJobsWithTag(self._tag)


ON_SPARK: Mapping[str, type[SparkWay]] = {"spark": HorovodTasks, "torch_distributor": TorchTasks}
"""Ways to start ranks in tasks of Spark, by ``train.launch``."""


class NoStreaming:
    """In place of the server by which ``TorchDistributor`` prints in the driver what ranks print, between lines of our own."""

    port = -1

    def start(self, **given: str) -> None:
        """Start nothing."""

    def shutdown(self) -> None:
        """End nothing."""


def _print_no_trace(usual: Callable[[threading.ExceptHookArgs], Any]) -> Callable[[threading.ExceptHookArgs], None]:
    """Print no stack trace for a thread of Horovod that runs tasks: what it raises is raised again where it is awaited."""

    def hook(failed: threading.ExceptHookArgs) -> None:
        if failed.thread is None or "(run_spark)" not in failed.thread.name:
            usual(failed)

    return hook


QUIET = Patch("excepthook", _print_no_trace)
UNTOLD = Patch("LogStreamingServer", lambda usual: NoStreaming)
own = threading.local()
"""What a thread that runs ranks by Horovod has them stopped by."""


def _run_torch_rank(module: str, spec: str, variables: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("HOROVOD_")]:
        del os.environ[name]  # of ranks of Horovod that this worker of Spark ran before
    os.environ.update(variables)
    threading.Thread(target=die_with_parent, daemon=True).start()  # torchrun, when it is killed, leaves its ranks
    with suppress(Exception):  # it is told beside the spec; torchrun would print stack traces where people look
        _run_rank(module, spec)


def _run_rank(module: str, spec: str) -> None:
    rank, shared, mine = find_rank(), _open_shared(spec), uuid.uuid4().hex
    started = f"{STARTED}/{rank}.txt"
    try:
        if not _put_once(shared, started, mine) and shared.read(started) != mine:  # a request may be tried again
            raise ChildProcessError("a rank was killed, and Spark started all of them again")
        importlib.import_module(module).main([spec])
    except Exception as error:
        _put_once(shared, FAILURE, f"rank {rank} failed: {type(error).__name__}: {last_line(str(error))}")
        raise


def _put_once(shared: Files, path: str, text: str) -> bool:
    """Put a note, unless it is there; whether it was put. Where a file system makes no links, two may be put at one instant."""
    try:
        return shared.create(path, text)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
    with suppress(FileNotFoundError):
        shared.read(path)
        return False
    shared.put(path, text.encode())
    return True


def _open_shared(spec: str) -> Files:
    """What lies beside a spec."""
    return open_place(spec.rpartition("/")[0])
