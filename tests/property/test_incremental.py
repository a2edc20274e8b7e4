"""A second ingest of a folder leaves what a first one of it would: row by row, whatever was added, changed, deleted or renamed."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from resonance.core.job import Turn
from resonance.core.settings import CleanSettings, IngestSettings, ScoreSettings, TaskSettings
from resonance.curate.clean import clean
from resonance.curate.ingest import ingest
from resonance.curate.one_pass import ingest_and_clean
from resonance.runtime.resources import contract
from resonance.tables import (
    DOCUMENTS,
    EDITS,
    FILES,
    PRIVACY_SPANS,
    RAW,
    REJECTS,
    SIGNALS,
    SIGNALS_QUALITY,
    UNUSED_ROWS,
    WITHDRAWN,
)
from resonance.testing import hold

Rows = dict[str, DataFrame]
Checkpoint = Callable[[DataFrame, str], DataFrame]
NAMES = ("a.jsonl", "b.jsonl", "x/c.jsonl", "x/d.jsonl", "y/e.jsonl", "x/f.txt", "g.bin")
CLEANING = CleanSettings(sets=("basics", "privacy"), rewrite="c4_lines")
HISTORY = ("opened", "modified", "renamed_from")
"""Columns of ``files`` that tell of runs, not of files."""
SIGNALS_BASICS, SIGNALS_PRIVACY = SIGNALS.tables["basics"], SIGNALS.tables["privacy"]
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.integers(0, 40)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("touch"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.integers(0, len(NAMES) - 1)),
)


class Folder:
    """Files that change; each write has a time of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._clock = 1_000_000_000
        self.write("a.jsonl", 1)
        self.write("x/c.jsonl", 2)

    def write(self, name: str, seed: int) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        random = Random(seed)
        lines = [make_line(random) for _ in range(random.randint(1, 6))]
        path.write_text("".join(lines) if name.endswith(("jsonl", "bin")) else f"A text of its own {seed}. {{ cut }} here.")
        self.touch(name)

    def touch(self, name: str) -> None:
        self._clock += 1
        if (self.root / name).exists():
            os.utime(self.root / name, (self._clock, self._clock))

    def apply(self, kind: str, name: str, number: int) -> None:
        path = self.root / name
        if kind == "write":
            self.write(name, number)
        elif kind == "touch":
            self.touch(name)
        elif kind == "delete" and path.exists() and sum(file.is_file() for file in self.root.rglob("*.jsonl")) > 1:
            path.unlink()
        elif kind == "rename" and path.exists() and not (self.root / NAMES[number]).exists():
            (self.root / NAMES[number]).parent.mkdir(exist_ok=True)
            path.rename(self.root / NAMES[number])


def make_line(random: Random) -> str:
    """A row with an id that others may have, or none; or one that is cut."""
    text = random.choice(
        [
            "One line that ends well here.\nlorem ipsum is cut from it",
            "Two of us are here today.",
            "",
            "Third one, a@b.example.org.",
        ]
    )
    row: dict[str, object] = {"text": f"{text} {random.randint(0, 2)}" if text else " ", "note": random.randint(0, 9)}
    if random.random() < 0.7:
        row["id"] = random.randint(0, 7)
    if random.random() < 0.5:
        row["part"] = random.choice(["p/doc", "q/doc", "r"])
    return random.choices([json.dumps(row), "{", '{"body": 1}'], [8, 1, 1])[0] + "\n"


def make(spark: SparkSession, checkpoint: Checkpoint, folder: Path, left: Rows | None, keep_raw: bool, **more: object) -> Rows:
    """All tables of a batch, after a run that took over what it could of those that were ``left``."""
    given = {"inputs": (str(folder),), "min_slice_documents": 3, "slice_field": "part", **more}
    own: dict[str, Any] = {"turn": Turn("b"), "checkpoint": checkpoint}
    reading = {"settings": IngestSettings.model_validate(given), "task": TaskSettings(), "spark": spark, **own}
    books = (FILES, UNUSED_ROWS, WITHDRAWN)
    if not keep_raw:
        raw, documents, signals, *rest = ingest_and_clean(
            **reading, cleaning=CLEANING, quality=ScoreSettings(), left=left and steps_of(left, "ingest", "clean")
        )
        found = [raw, documents, signals["basics"], signals["privacy"], *rest]
        return keep_rows(
            dict(
                zip(
                    (RAW, DOCUMENTS, SIGNALS_BASICS, SIGNALS_PRIVACY, SIGNALS_QUALITY, EDITS, PRIVACY_SPANS, REJECTS, *books),
                    found,
                    strict=True,
                )
            )
        )
    first = keep_rows(
        dict(zip((RAW, REJECTS, *books), ingest(**reading, cleaning=CLEANING, left=left and steps_of(left, "ingest")), strict=True))
    )
    documents, signals, *rest = clean(
        first["raw"], settings=CLEANING, quality=ScoreSettings(), **own, left=left and steps_of(left, "clean")
    )
    made = [documents, signals["basics"], signals["privacy"], *rest]
    second = keep_rows(
        dict(zip((DOCUMENTS, SIGNALS_BASICS, SIGNALS_PRIVACY, SIGNALS_QUALITY, EDITS, PRIVACY_SPANS, REJECTS), made, strict=True))
    )
    return {**first, **second, "rejects": hold(first["rejects"].unionByName(second["rejects"]))}


def steps_of(left: Rows, *steps: str) -> Rows:
    """What these steps left: of the ledger their own rows."""
    return {**left, "rejects": left["rejects"].where(f"step IN ({', '.join(map(repr, steps))})")}


def keep_rows(frames: Mapping[Any, DataFrame]) -> Rows:
    return {table.name: hold(contract(table).conform(rows)) for table, rows in frames.items()}


def list_rows(frames: Rows) -> dict[str, list[str]]:
    """The rows of each table, but for what tells of runs and of files that are gone."""
    found = {}
    for name, rows in frames.items():
        shown = rows.drop(*HISTORY).where("state = 'present'") if name == "files" else rows
        found[name] = sorted(repr(tuple(row)) for row in shown.collect())
    return {name: rows for name, rows in found.items() if name != "withdrawn"}


@pytest.mark.parametrize("keep_raw", [False, True])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(st.lists(OPERATIONS, min_size=1, max_size=4), min_size=1, max_size=3), by_file=st.booleans())
def test_a_folder_that_changed_leaves_what_a_fresh_one_does(
    spark: SparkSession, checkpoint: Checkpoint, keep_raw: bool, operations: list[list[tuple[str, str, int]]], by_file: bool
) -> None:
    more = {"id_scope": "file"} if by_file else {}
    root = Path(tempfile.mkdtemp())
    try:
        folder = Folder(root)
        left = make(spark, checkpoint, root, None, keep_raw, **more)
        before = {bytes(row["doc_id"]) for row in left["raw"].collect()}
        for part in operations:
            for operation in part:
                folder.apply(*operation)
            left = make(spark, checkpoint, root, left, keep_raw, **more)
            assert list_rows(left) == list_rows(make(spark, checkpoint, root, None, keep_raw, **more))
            now = {bytes(row["doc_id"]) for row in left["raw"].collect()}
            before |= now
            assert {bytes(row["doc_id"]) for row in left["withdrawn"].collect()} == before - now
    finally:
        shutil.rmtree(root)
