"""What a workspace keeps of its documents: commits with who, why, run and code; runs with what they read, wrote and cut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resonance.core.packages import name_software
from resonance.core.records import Run
from resonance.runtime.run.records import describe_run, gather_records
from resonance.runtime.storage.notes import name_author
from resonance.tables import DOCUMENTS
from resonance.testing import MemoryCatalog, documents_frame, folder_catalog

ENDED = datetime(2026, 4, 11, 12, tzinfo=UTC)
ROW = {
    "run": "r1",
    "job": "ingest",
    "rows_in": 3,
    "rows_out": 2,
    "rows_cut": 1,
    "written": {"documents": 0, "rejects": 4},
    "read": {},
    "seconds": 60.0,
    "finished_at": ENDED,
    "made_of": {"sources": '"f00d"', "settings ingest": "{}"},
}


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_records_are_whole_where_steps_made_the_documents(spark, tmp_path, kind):
    catalog = folder_catalog(spark, tmp_path) if kind == "folder" else MemoryCatalog(spark)
    assert gather_records(catalog, []).history == []
    documents = documents_frame(spark, [("a", "web", "one"), ("b", "web", "two")])
    note = {"job": "ingest", "run": "r1", "reason": "ingest: has not run yet"}
    catalog.write(DOCUMENTS, documents, {"batch": "main"}, note)
    others = [{**ROW, "run": "r2", "job": "dedupe", "written": {"rejects": 5}}, {**ROW, "run": "r3", "job": "train", "written": {}}]
    found = gather_records(catalog, [ROW, *others])
    (change,) = found.history
    own = {"author": name_author(), "reason": note["reason"], "run": "r1", "code": name_software()}
    assert {name: change.note[name] for name in own} == own
    assert change.changes_rows
    assert found.runs == [describe_run(ROW, name_software())]
    assert found.books == {"run_metrics": [{"in": 3, "out": 2, "rejected": 1}] * 2}, "training cuts nothing"
    assert found.look_at_version(0) == (2, 2)
    assert "mit" in found.licences["research"]


def test_a_step_is_a_run_with_its_sources_and_versions():
    started = datetime(2026, 4, 11, 11, 59, tzinfo=UTC)
    versions = {"documents": "0", "rejects": "4"}
    assert describe_run(ROW, "resonance 1") == Run("r1", started, ENDED, {"sources": '"f00d"'}, versions, "resonance 1", True)
    old = describe_run({**ROW, "made_of": None, "read": {"raw": 3}}, "")
    assert (old.inputs, old.has_params, old.code) == ({"raw": "3"}, False, "")
