"""What tables tell of the documents beside their rows: who committed them and why, which runs made them, which rows these cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from resonance.core.ledger import BEFORE_DOCUMENTS, CUTTING
from resonance.core.records import Records, Run
from resonance.core.table import Catalog
from resonance.runtime.licences import load_licences
from resonance.tables import DOCUMENTS


def gather_records(catalog: Catalog, finished: Iterable[Mapping[str, Any]]) -> Records:
    """What an assessment of the documents is handed beside them, from their log and rows of table ``steps``. Reads no document."""
    history = catalog.history(DOCUMENTS)
    codes = {change.note.get("run", ""): change.note.get("code", "") for change in history}
    making = [row for row in finished if DOCUMENTS.name in row["written"]]
    cutting = [row for row in finished if row["job"] in (*BEFORE_DOCUMENTS, *CUTTING)]
    metrics = [{"in": row["rows_in"], "out": row["rows_out"], "rejected": row["rows_cut"]} for row in cutting]
    return Records(
        load_licences(),
        books={"run_metrics": metrics} if metrics else {},
        history=history,
        runs=[describe_run(row, codes.get(row["run"], "")) for row in making],
        look_at_version=lambda version: catalog.look_at(DOCUMENTS, version),
    )


def describe_run(row: Mapping[str, Any], code: str) -> Run:
    """A row of ``steps`` as a run on record; of sources it read what their fingerprint says."""
    made_of = row["made_of"] or {}
    sources = {"sources": made_of["sources"]} if "sources" in made_of else {}
    ended = row["finished_at"]
    return Run(
        row["run"],
        ended - timedelta(seconds=row["seconds"]),
        ended,
        {**sources, **{name: str(version) for name, version in row["read"].items()}},
        {name: str(version) for name, version in row["written"].items()},
        code,
        any(name.startswith("settings ") for name in made_of),
    )
