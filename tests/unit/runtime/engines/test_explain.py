"""Whatever an engine raises is one useful line: ours as it was raised on a worker, or what a user can do about it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from resonance.cli import plainly
from resonance.core.errors import EngineError, InputError, KernelError, SetupError
from resonance.core.frames import map_batches
from resonance.runtime.engines.explain import explain_error, first_words, name_causes

ROWS = "source_key string, id bigint"


def failing(error: BaseException) -> Any:
    """A kernel that raises this error at the third row; made here, so that workers need no module of tests."""

    def kernel(batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            if "row-2" in batch.column("source_key").to_pylist():
                raise error
            yield batch

    return kernel


def raised(spark: SparkSession, error: BaseException, weight: int = 1) -> Exception:
    rows = spark.range(4).selectExpr("concat('row-', id) AS source_key", "id")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        map_batches(rows, failing(error), ROWS, lambda _: weight).collect()
    return caught.value


@pytest.mark.parametrize("weight", [1, 1 << 30], ids=["in a thread", "in a process"])
def test_an_error_in_a_kernel_names_the_document_and_nothing_of_the_engine(spark: SparkSession, weight: int) -> None:
    error = raised(spark, ValueError("boom\nand more"), weight)
    assert plainly(error) == "source_key 'row-2': ValueError: boom"
    assert isinstance(explain_error(error), KernelError)


@pytest.mark.parametrize("weight", [1, 1 << 30], ids=["in a thread", "in a process"])
def test_an_error_of_ours_on_a_worker_comes_out_as_its_own_line(spark: SparkSession, weight: int) -> None:
    error = raised(spark, InputError("ingest: a: sentence with colons: and (brackets)"), weight)
    assert plainly(error) == "ingest: a: sentence with colons: and (brackets)"
    assert isinstance(explain_error(error), InputError)


def test_memory_that_is_not_there_is_said_with_what_to_do(spark: SparkSession) -> None:
    assert plainly(raised(spark, MemoryError())).startswith("out of memory; give the machine more, or compute on Spark")


def test_a_full_disk_on_a_worker_is_named(spark: SparkSession) -> None:
    assert plainly(raised(spark, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/nowhere/at/all"))).startswith(
        "no space left on /"
    )


def test_a_place_that_may_not_be_written_to_is_named() -> None:
    said = plainly(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/w/.resonance.lock"))
    assert said == "/w/.resonance.lock: Permission denied; name a place that may be written to, or allow it"


def test_an_error_that_nobody_foresaw_is_its_first_words_without_stack_traces(spark: SparkSession) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        spark.range(3).selectExpr("no_such_column").collect()
    said = plainly(caught.value)
    assert "no_such_column" in said
    assert said.endswith("(run again with --debug for the whole story)")
    assert "\n" not in said
    assert "Traceback" not in said


CALL = "An error occurred while calling o123.collect.\n: "
SAID = {
    "no space left on": (
        "Generic LocalFileSystem error: Unable to copy data to file: No space left on device (os error 28)",
        CALL + "org.apache.spark.SparkException: Job aborted due to stage failure: Task failed\n\tat x.y(Z.scala:1)\n"
        "Caused by: java.io.IOException: No space left on device\n\t... 9 more",
        "[TASK_WRITE_FAILED] Task failed while writing rows. Disk quota exceeded",
    ),
    "out of memory": (
        "Resources exhausted: Failed to allocate additional 10.0 MB for ExternalSorter[0] with 0.0 B already allocated",
        CALL + "java.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)",
        "Traceback (most recent call last):\n  File 'x.py', line 1, in f\nMemoryError",
    ),
    "too many open files": ("IO error: Too many open files (os error 24)",),
    "the engine ended": (
        "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = 'Socket closed'>",
        "Answer from Java side is empty",
    ),
}


@pytest.mark.parametrize(("says", "text"), [(says, text) for says, texts in SAID.items() for text in texts])
def test_what_engines_say_is_told_in_our_words(says: str, text: str) -> None:
    error = explain_error(RuntimeError(text))
    assert isinstance(error, EngineError)
    assert str(error).startswith(says)
    assert "\n" not in str(error)


def test_a_cause_counts_as_much_as_what_was_raised_of_it() -> None:
    error = RuntimeError("the table could not be written")
    error.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert plainly(error).startswith("no space left on")


def test_the_fullest_of_the_folders_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Usage:
        def __init__(self, free: int) -> None:
            self.free = free

    (tmp_path / "w").mkdir()
    monkeypatch.setattr("shutil.disk_usage", lambda place: Usage(0 if Path(place) == tmp_path / "w" else 1 << 40))
    error = explain_error(OSError(errno.ENOSPC, "No space left on device"), [tmp_path / "w" / "scratch" / "gone"])
    assert str(error) == f"no space left on {tmp_path / 'w'}; make room there and run the same command again"


@pytest.mark.parametrize(("executor", "named"), [("10.0.0.7 executor 1", True), ("localhost executor driver", False)])
def test_the_worker_of_a_cluster_whose_disk_may_be_full_is_named(executor: str, named: bool) -> None:
    lost = f"most recent failure: Lost task 0.3 in stage 5.0 (TID 7) ({executor}): java.io.IOException: No space left on device"
    said = str(explain_error(RuntimeError(f"{CALL}Job aborted due to stage failure: {lost}")))
    assert (", or on a disk of 10.0.0.7, a worker of the cluster; make room there" in said) == named


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CALL + "java.lang.IllegalStateException: odd\n\tat a.b(C.java:1)", "java.lang.IllegalStateException: odd"),
        (
            "\n  An exception was thrown from the Python worker.\nTraceback (most recent call last):\n  x\nKeyError: 'a'\n",
            "KeyError: 'a'",
        ),
        (
            "Traceback (most recent call last):\n  x\npyarrow.lib.ArrowInvalid: odd\n\n\tat a.b(C.java:1)",
            "pyarrow.lib.ArrowInvalid: odd",
        ),
        ("", ""),
    ],
)
def test_of_an_unknown_error_the_line_that_says_something_is_shown(text: str, words: str) -> None:
    assert first_words(RuntimeError(text)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            CALL + "org.apache.spark.SparkException: Could not start\n\tat a.b(C.java:1)\nCaused by: java.io.IOException: half\n"
            "\t... 9 more\nCaused by: java.net.ConnectException: Connection refused\n\t... 12 more",
            "org.apache.spark.SparkException: Could not start, caused by java.net.ConnectException: Connection refused",
        ),
        (CALL + "java.lang.IllegalStateException: odd\n\tat a.b(C.java:1)", "java.lang.IllegalStateException: odd"),
        ("a: b\nCaused by: b", "a: b"),
        ("", "RuntimeError"),
    ],
)
def test_what_java_says_first_is_told_with_its_cause(text: str, words: str) -> None:
    assert name_causes(RuntimeError(text)) == words


def test_a_module_that_stands_in_for_another_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tabnanny.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tabnanny", raising=False)
    __import__("tabnanny")
    error = explain_error(ImportError("cannot import name 'x' from 'tabnanny'"))
    assert isinstance(error, SetupError)
    assert str(error).startswith(str(tmp_path / "tabnanny.py"))
