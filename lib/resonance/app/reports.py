"""Writes the report of a workspace: in this process, or in one of the embedded engine, where that is quicker."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from resonance.core.errors import EngineError
from resonance.core.processes import start_python, take_output

if TYPE_CHECKING:
    from resonance.core.settings import Config
    from resonance.runtime.workspace import Workspace

ENDED = "the process that writes the report ended; out of memory? `resonance report` writes it again"


def write_report(opened: Workspace, more: Iterable[Path] = ()) -> Path:
    """Write the report of a workspace into its folder, and into further files; the path of the first."""
    from resonance.factory import JOBS
    from resonance.report.build import FORMATS, gather
    from resonance.report.files import write_file

    path = opened.folder / "report.html"
    facts = gather(opened.frames(), opened.counts(), {job.name for job in JOBS if job.per == "batch"})
    for file in (path, *more):
        write_file(FORMATS[file.suffix.lower()](facts, opened.config.report), file, "report")
    return path


class Reporter:
    """A process of the embedded engine that writes one report when it is asked to. It makes ready while the steps run.

    On one machine Spark takes ten seconds for the report's thirty small queries, the embedded engine one.
    """

    def __init__(self) -> None:
        self._process = start_python("from resonance.app.reports import serve; serve()")

    def write(self, config: Config) -> Path:
        """Have the report of a workspace written; its path.

        Raises:
            ResonanceError: as ``write_report`` raises it; EngineError where the process has ended.
        """
        said, _ = self._process.communicate(pickle.dumps(config))
        if not said:
            raise EngineError(ENDED)
        answer = pickle.loads(said)
        if isinstance(answer, BaseException):
            raise answer
        return Path(answer)

    def close(self) -> None:
        """End the process, where it has not ended yet."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def open_reporter(opened: Workspace) -> Iterator[Reporter | None]:
    """What writes the report of a workspace until the end of the ``with`` statement; None where this process does it itself."""
    if not opened.reads_slowly:
        yield None
        return
    reporter = Reporter()
    try:
        yield reporter
    finally:
        reporter.close()


def serve() -> None:
    """The life of such a process: it makes ready, reads a configuration, writes the report and says where."""
    from importlib import import_module

    from resonance.runtime.workspace import Workspace

    answer = take_output()
    for module in ("pyspark.sql.connect.session", "pysail.spark", "resonance.report.build"):
        import_module(module)
    given = sys.stdin.buffer.read()
    if not given:  # nobody asks any more
        os._exit(0)
    said: object
    try:
        said = str(write_report(Workspace(pickle.loads(given), reads=True)))
    except Exception as error:
        said = error
    answer.write(pickle.dumps(said))
    answer.flush()
    os._exit(0)  # the engine ends with its process
