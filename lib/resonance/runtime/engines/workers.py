"""Runs kernels in processes beside the embedded engine, whose own Python threads share one interpreter lock.

Small work stays in the thread that asks: to start a process and load compiled kernels takes longer. Batches cross as Arrow IPC.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import queue
import struct
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, Any
from weakref import WeakSet

import pyarrow as pa

from resonance.core.arrow import join_batches
from resonance.core.errors import EngineError
from resonance.core.frames import Kernel
from resonance.core.processes import start_python, take_output

LIGHT_BYTES = 4 << 20
"""A part of less work than this is run in the thread that asks for it."""
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
"""A worker keeps the memory of one batch for the next: to get it anew from the system took a tenth of all time."""
PIPE_BYTES = 1 << 20
MESSAGE_ROWS, MESSAGE_BYTES = 1 << 16, 8 << 20
"""Of small batches that cross as one: a message of twenty columns takes a third of a millisecond, whatever is in it. As many as
an assessment gathers together, so that no worker joins them once more."""
_started: WeakSet[Worker] = WeakSet()
STALLED = 4.0
ENDED = "the process that ran a kernel ended; out of memory? give the machine more, or run on Spark (--engine spark)"


class Places:
    """How many parts of a pass go through at a time, as long as they move.

    A part that waits keeps what it would read from being made, and what it keeps may be what the others wait for, where rows are
    dealt out between passes: when none has moved for ``STALLED`` seconds, those that wait go on without a place.
    """

    def __init__(self, many: int) -> None:
        self.moved = time.monotonic()
        self._free = threading.Semaphore(many)

    def enter(self) -> bool:
        """Wait for a place; False where the part is to go on without one."""
        while not self._free.acquire(timeout=STALLED / 4):
            if time.monotonic() - self.moved > STALLED:
                return False
        self.moved = time.monotonic()
        return True

    def leave(self) -> None:
        """Give the place back."""
        self.moved = time.monotonic()
        self._free.release()


class Workers:
    """Processes of this machine that run kernels, as many for one pass as there are cores; started when the first large work comes.

    The embedded engine starts all parts of a pass at once, each in a thread. As many as there are cores go through at a time,
    which also bounds memory. A part takes its place before it reads, so that nothing is gathered for it meanwhile.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._cores = cores or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._places: defaultdict[str, Places] = defaultdict(lambda: Places(self._cores))
        self._idle: list[Worker] = []
        self._all: list[Worker] = []

    def carry(self, kernel: Kernel, batches: Iterator[Any], weigh: Callable[[Any], int] | None, turnstile: str) -> Iterator[Any]:
        """The kernel's batches: from a process of its own where the work is large, else from this thread.

        Small rows that say where work is are all read before a part waits for its place: they may have been dealt out in turn,
        and Sail deals to no part while one does not read.
        """
        with self._lock:
            places = self._places[turnstile]
        if weigh is not None:
            batches = iter(list(batches))
        placed = places.enter()
        try:
            first, weight = [], 0
            for batch in batches:
                first.append(batch)
                weight += batch.nbytes if weigh is None else weigh(batch)
                if weight >= LIGHT_BYTES:
                    break
            whole: Iterator[Any] = chain(first, batches)
            small = weight < LIGHT_BYTES or not placed
            if not small and weigh is None:
                whole = join_batches(whole, MESSAGE_ROWS, MESSAGE_BYTES)
            for made in kernel(whole) if small else self._send(kernel, whole):
                places.moved = time.monotonic()
                yield made
        finally:
            if placed:
                places.leave()

    def _send(self, kernel: Kernel, batches: Iterator[Any]) -> Iterator[Any]:
        worker = self._take()
        try:
            yield from worker.run(kernel, batches)
        except BaseException:
            worker.close()
            with self._lock, suppress(ValueError):
                self._all.remove(worker)
            raise
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            for worker in self._all:
                worker.close()
            self._all.clear()
            self._idle.clear()

    def _take(self) -> Worker:
        with self._lock:
            if not self._idle:
                self._all.append(Worker())
                return self._all[-1]
            return self._idle.pop()


def kill_all() -> None:
    """End every worker of this process at once; whoever feeds one does not get to its end."""
    for worker in list(_started):
        worker.kill()


class Worker:
    """One process, and the two pipes to it. It ends when its input does, whatever ended us."""

    def __init__(self) -> None:
        self._process = start_python("from resonance.runtime.engines.workers import serve; serve()", **ENVIRONMENT)
        _started.add(self)
        for pipe in (self._process.stdin, self._process.stdout):
            _widen(pipe)

    def run(self, kernel: Kernel, batches: Iterator[Any]) -> Iterator[Any]:
        """The kernel's batches of these.

        Raises:
            EngineError: the process has ended.
        """
        from pyspark import cloudpickle

        assert self._process.stdin is not None
        assert self._process.stdout is not None
        results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(self._process.stdout, results), daemon=True)
        reader.start()
        try:
            _send(self._process.stdin, cloudpickle.dumps(kernel))  # type: ignore[no-untyped-call]
            yield from self._feed(self._process.stdin, batches, results)
        except (BrokenPipeError, ValueError) as error:  # what it said before it ended is in the queue
            yield from _receive_results(results, error)
        else:
            yield from _receive_results(results, None)
        finally:
            reader.join(1)

    def _feed(self, pipe: IO[bytes], batches: Iterator[Any], results: queue.SimpleQueue[Any]) -> Iterator[Any]:
        stream = None
        for batch in batches:
            if stream is None:
                stream = pa.ipc.new_stream(pipe, batch.schema)
            stream.write_batch(batch)
            while not results.empty():
                result = results.get()
                if not isinstance(result, pa.RecordBatch):
                    results.put(result)
                    raise BrokenPipeError
                yield result
        if stream is not None:
            stream.close()
        pipe.flush()

    def kill(self) -> None:
        """Have the process end."""
        self._process.kill()

    def close(self) -> None:
        """End the process."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError, ValueError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe hold a megabyte, where the system has such pipes."""
    if pipe is not None and sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _receive_results(results: queue.SimpleQueue[Any], broken: Exception | None) -> Iterator[Any]:
    while True:
        result = results.get()
        if isinstance(result, pa.RecordBatch):
            yield result
        elif result is None and broken is None:
            return
        elif isinstance(result, BaseException):
            raise result
        else:
            raise EngineError(ENDED) from broken


def _read(pipe: IO[bytes], results: queue.SimpleQueue[Any]) -> None:
    """Put each batch of one run into the queue; at its end None, or the error that ended it."""
    try:
        if pipe.read(1) == b"s":
            for batch in pa.ipc.open_stream(pipe):
                results.put(batch)
        results.put(pickle.loads(_receive(pipe)))
    except Exception:
        results.put(EngineError(ENDED))


def serve() -> None:
    """A worker's life, until its input ends, or nobody listens any more."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _serve_kernels()
    except (BrokenPipeError, EOFError):
        os._exit(0)  # what is still to be written has no reader


def _serve_kernels() -> None:
    """A kernel, a stream of batches, the stream that the kernel makes of it; again until the input ends."""
    given, made = sys.stdin.buffer, take_output(1 << 16)
    while True:
        kernel = pickle.loads(_receive(given))
        stream = None
        error: BaseException | None = None
        try:
            for batch in kernel(pa.ipc.open_stream(given)):
                if stream is None:
                    made.write(b"s")
                    stream = pa.ipc.new_stream(made, batch.schema)
                stream.write_batch(batch)
                made.flush()
        except BaseException as raised:
            error = raised
        if stream is None:
            made.write(b"n")
        else:
            stream.close()
        _send(made, _pickle_error(error))
        if error is not None:
            return


def _pickle_error(error: BaseException | None) -> bytes:
    try:
        return pickle.dumps(error)
    except Exception:
        return pickle.dumps(RuntimeError(str(error)))


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(struct.pack("<q", len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    return pipe.read(struct.unpack("<q", head)[0])
