"""Materialises frames for the length of one step."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from resonance.core.files import plain_path
from resonance.core.frames import load_parquet

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


SPILL = "spill"
"""The folder among those of steps that holds what does not fit into memory, of each process."""


def spill_folder(home: Path) -> Path:
    """A folder below ``home`` for what does not fit into memory; those of processes that ended without a word are gone."""
    _remove_ended(home / SPILL)
    return home / SPILL / own_name()


def own_name(use: str = "") -> str:
    """The name of a folder that is this process's own, among those of processes of all machines."""
    return "-".join(filter(None, (use, socket.gethostname(), str(os.getpid()))))


def remove_dead(home: Path) -> None:
    """Remove what killed steps and processes left below ``home``. Nobody else may be executing a step."""
    _remove_ended(home / SPILL)
    for folder in home.glob("*"):
        if folder.name != SPILL and "-" not in folder.name:
            shutil.rmtree(folder, ignore_errors=True)
    _remove_ended(home)


def _remove_ended(home: Path) -> None:
    """Remove folders of processes of this machine that ended."""
    for folder in home.glob("*-*"):
        name, _, process = folder.name.rpartition("-")
        if f"-{name}".endswith(f"-{socket.gethostname()}") and process.isdigit() and not _lives(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Scratch:
    """Materialises frames as Parquet that lives as long as the step: cuts lineage, and is computed once.

    Args:
        folder: where the files are.
        counts: the name of the frame whose rows are counted, in ``rows``.
    """

    def __init__(self, spark: SparkSession, folder: Path, counts: str = "") -> None:
        self._spark = spark
        self._folder = plain_path(folder)
        self._counts = counts
        self.rows: dict[str, int] = {}
        shutil.rmtree(folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)  # texts lie here as they were read, until the step ends

    def __call__(self, rows: DataFrame, name: str) -> DataFrame:
        """The same rows, read back from files; writing under a used name replaces it."""
        place = self._folder / name
        rows.write.mode("overwrite").parquet(str(place))
        if name == self._counts:
            self.rows[name] = sum(pq.read_metadata(file).num_rows for file in place.rglob("*.parquet"))
        return load_parquet(self._spark, [str(place)], rows.schema)

    def remove(self) -> None:
        """Delete the files."""
        shutil.rmtree(self._folder, ignore_errors=True)
