"""Both engines read the same facts out of the same tables: those of curation, and those of a loop with training."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from resonance.core.settings import ReportSettings
from resonance.core.table import Table
from resonance.report.build import compose, gather
from resonance.report.terminal.views import describe_document, describe_sample, list_weights
from resonance.runtime.workspace import Frames
from resonance.tables import TABLES
from resonance.testing import folder_catalog
from tests.conformance.expressions import plain
from tests.worked import worked_frames

TOP = Path(__file__).parents[2]
DOCUMENTS = 600
IN_ORDER = ("page", "stories", "steps", "rules")


def fill(spark: SparkSession, folder: Path) -> None:
    """Tables as two rounds would leave them."""
    catalog = folder_catalog(spark, folder)
    for name, rows in worked_frames(spark, DOCUMENTS).items():
        table = next(table for table in TABLES if table.name == name)
        if table.append_only:
            catalog.append(table, rows, ("worked", 1), {})
        else:
            catalog.write(table, rows, whole(table), {})


def whole(table: Table) -> dict[str, Any]:
    """A slice that holds every row of a worked table."""
    known: dict[str, Any] = {
        "batch": "main", "bucket": (0, 4095), "round": (0, 9), "arm": ("plan", "control", "heldout"), "step": (0, 10**9),
        "set": ("basics", "datatrove", "quality", "dolma", "dclm"), "scope": ("global",), "run": "x",
    }  # fmt: skip
    if table.name == "rejects":
        known["step"] = ("judge", "dedupe")
    if table.name == "checkpoints":
        return {"step": (0, 10**9)}
    return {column: known[column] for column in table.replaces}


def facts(spark: SparkSession, folder: Path) -> dict[str, Any]:
    """What the report knows, and what is told of a document, as JSON."""
    catalog = folder_catalog(spark, folder)
    frames = Frames(catalog)
    first = frames["signal_state"].orderBy("doc_id").first()["doc_id"].hex()
    found = gather(frames, {table.name: catalog.count(table) for table in TABLES})
    page = compose(gather(frames), ReportSettings())
    stories = [*describe_document(frames, first), *describe_sample(frames, first, None), str(list_weights(frames, None).row_count)]
    own = {f"{name}.{field}": value for name, part in found.sections.items() for field, value in _fields(part).items()}
    return {**_fields(found.shared), **own, "stories": stories, "page": page.split("\n")}


def _fields(found: Any) -> dict[str, Any]:
    return {name: _plainly(getattr(found, name)) for name in found.__dataclass_fields__ if name != "shared"}


def _plainly(value: Any) -> Any:
    if isinstance(value, Row):
        return _plainly(value.asDict(recursive=True))
    if is_dataclass(value) and not isinstance(value, type):
        return _plainly(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plainly(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plainly(part) for part in value]
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    return plain(value, 10) if not isinstance(value, str | int | type(None)) else value


def embedded(what: str, folder: Path) -> dict[str, Any]:
    code = f"""
import json
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from tests.conformance import test_reports
folder = Path({str(folder)!r})
said = test_reports.{what}(open_engine("embedded", SparkSettings(), folder / "spill").session, folder / "tables")
print(json.dumps(said))
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=TOP)
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.engine("spark")
def test_both_engines_gather_the_same_facts(spark: SparkSession, tmp_path: Path) -> None:
    embedded("fill", tmp_path)
    theirs = embedded("facts", tmp_path)
    ours = json.loads(json.dumps(facts(spark, tmp_path / "tables")))
    assert theirs.keys() == ours.keys()
    for name in ours:
        one, other = theirs[name], ours[name]
        if isinstance(one, list) and name not in IN_ORDER:
            one, other = sorted(one, key=json.dumps), sorted(other, key=json.dumps)
        assert one == other, name
    assert len(ours["page"]) > 100
