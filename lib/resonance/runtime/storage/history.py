"""The history of any Delta table, as its log tells it: who committed what, why, and whether rows changed.

Source: Delta Transaction Log Protocol, "Commit Provenance Information".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from resonance.core.records import Change

NAMES = {
    "author": ("author", "user", "userName"),
    "reason": ("reason", "message"),
    "run": ("run", "run_id", "runId"),
    "code": ("code", "code_commit", "commit"),
}
"""Names under which commits say each thing, in ``userMetadata`` or beside it."""


def read_history(table: Path) -> list[Change]:
    """The commits that the table's log still holds, the oldest first."""
    logs = [file for file in sorted((table / "_delta_log").glob("*.json")) if file.stem.isdigit()]
    return [read_commit(int(file.stem), file.read_text(encoding="utf-8"), int(file.stat().st_mtime * 1000)) for file in logs]


def read_added(table: Path) -> dict[str, int]:
    """The version that added each file of a Delta table, as far as the log still holds it."""
    found = {}
    for file in sorted((table / "_delta_log").glob("*.json")):
        if file.stem.isdigit():
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.startswith('{"add":'):
                    found[unquote(json.loads(line)["add"]["path"])] = int(file.stem)
    return found


def read_commit(version: int, text: str, modified: int) -> Change:
    """One commit of a log, from its lines; ``modified`` is when they were written, in milliseconds, where they do not say so."""
    actions = [json.loads(line) for line in text.splitlines() if line.strip()]
    about: Mapping[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
    at = datetime.fromtimestamp(about.get("timestamp", modified) / 1000, UTC)
    changes = any(action[kind].get("dataChange", True) for action in actions for kind in ("add", "remove") if kind in action)
    return Change(version, at, dict(read_note(about)), changes)


def read_note(about: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a commit says of itself, by the names of ``Change.note``, from its ``commitInfo``."""
    said = about.get("userMetadata") or ""
    note: Any = None
    with suppress(ValueError):
        note = json.loads(said)
    given = {**about, **(note if isinstance(note, Mapping) else {"reason": said})}
    for name, others in NAMES.items():
        if value := next((given[other] for other in others if given.get(other)), None):
            yield name, str(value)
