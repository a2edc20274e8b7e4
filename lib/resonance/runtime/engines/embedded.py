"""The engine inside this process: Sail computes by Spark's own Connect protocol, without a JVM. The only import of pysail.

Its server is threads of this process: a kernel reads its batches without a copy, and all ends with the process. What the server
takes from its surroundings, and would keep from the user, is set right here: Ctrl-C reaches Python again, idle sessions do not
end, memory is bounded and spills to the workspace.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resonance.core import frames
from resonance.core.errors import SetupError
from resonance.core.files import own_folder, plain_path
from resonance.runtime.engines.engine import SESSION
from resonance.runtime.engines.workers import Workers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from resonance.core.contract import Contract
    from resonance.core.settings import SparkSettings

MEMORY_SHARE = 0.4
"""Share of the machine's memory that sorts, joins and group-bys may hold before they spill; the rest is for texts and kernels."""
YEARS = str(10 * 365 * 24 * 3600)
BATCH_ROWS = "1000"
"""Rows of a batch. Texts of web pages have some thousands of bytes: a batch then holds a few megabytes."""
ROW_GROUP_ROWS = "50000"

_lock = threading.Lock()
_running: EmbeddedEngine | None = None


def running() -> EmbeddedEngine | None:
    """The engine of this process, where one was started."""
    return _running


def open_embedded(settings: SparkSettings, scratch: Path) -> EmbeddedEngine:
    """The engine of this process, started at the first call.

    Args:
        settings: ``conf`` is set on the session.
        scratch: folder for what does not fit into memory.

    Raises:
        SetupError: pysail is missing or does not start.
    """
    global _running
    with _lock:
        if _running is None:
            _running = _start(settings, scratch)
    for key, value in settings.conf.items():
        _running.session.conf.set(key, value)
    return _running


def _start(settings: SparkSettings, scratch: Path) -> EmbeddedEngine:
    try:
        from pysail.spark import SparkConnectServer
    except ImportError as error:
        raise SetupError(f"the embedded engine cannot be loaded ({error}); run `make setup-data`, or use --engine spark") from error
    ours = {key: value for key, value in _environment(scratch).items() if key not in os.environ}
    os.environ.update(ours)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        session = _connect(*server.listening_address)
    except Exception as error:
        raise SetupError(f"the embedded engine did not start: {str(error).splitlines()[0]}") from error
    finally:
        for key in ours:  # read by now; what this process starts is not to spill where it does
            del os.environ[key]
    if threading.current_thread() is threading.main_thread():
        for number, handler in before.items():  # the server has taken them
            if handler is not None:
                signal.signal(number, handler)
    workers = Workers()
    frames.carry = workers.carry
    atexit.register(workers.close)
    return EmbeddedEngine(session, server, workers)


class EmbeddedEngine:
    """Sail's server in this process, and a session of it."""

    def __init__(self, session: SparkSession, server: Any, workers: Workers) -> None:
        self.session = session
        self._server = server
        self._workers = workers

    def locate(self, address: str) -> str:
        """As it is."""
        return address

    def stage(self, rows: DataFrame, contract: Contract, folder: str) -> None:
        """Leave the rows as Parquet files in a new folder.

        Plain Parquet of Sail calls elements of lists ``item``, which readers of Delta refuse, and those of maps ``entries``, which
        it cannot read together with Spark's; its Delta tables do not.
        """
        nested = any("ARRAY" in column.type or "MAP" in column.type for column in contract.columns)
        rows.write.format("delta" if nested else "parquet").save(folder)

    def stop(self) -> None:
        """End the server and all workers, where they are not ended yet: several workspaces of a process share them."""
        global _running
        if _running is not self:
            return
        self._workers.close()
        self.session.stop()  # else it stays the active one, and the next workspace of this process takes it for one that was given
        self._server.stop()
        _running = None


def _connect(host: str, port: int) -> SparkSession:
    from pyspark.sql import SparkSession

    _pass_proxy(host)
    session: Any = SparkSession.builder.remote(f"sc://{host}:{port}").create()
    session.client.set_retry_policies([])  # what fails once on this machine fails again
    for name, value in SESSION.items():
        session.conf.set(name, value)
    return session  # type: ignore[no-any-return]


def _pass_proxy(host: str) -> None:
    """Have gRPC reach the host itself, whatever proxy the environment names: none leads back to this machine."""
    names = ("no_grpc_proxy", "no_proxy")
    others = next((os.environ[name] for name in names if name in os.environ), "")
    os.environ[names[0]] = ",".join(filter(None, (others, host)))


def _environment(scratch: Path) -> Mapping[str, str]:
    spill = plain_path(scratch)
    with suppress(OSError):
        spill.mkdir(parents=True, exist_ok=True)
    if not os.access(spill, os.W_OK):  # a workspace that is only read
        spill = own_folder()
    return {
        "RUST_LOG": "off",
        "SAIL_EXECUTION__BATCH_SIZE": BATCH_ROWS,
        "SAIL_PARQUET__MAX_ROW_GROUP_SIZE": ROW_GROUP_ROWS,
        "SAIL_PARQUET__COMPRESSION": "zstd(1)",
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(int(MEMORY_SHARE * machine_memory())),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": json.dumps([str(spill)]),
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": YEARS,
    }


def machine_memory() -> int:
    """Bytes of memory that this process may use: those of the machine, or of its control group where that allows less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            return min(whole, int(Path(name).read_text()))
    return whole
