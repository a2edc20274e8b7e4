"""What CONTRIBUTING says that an addition costs is what it costs: counted on one example of each kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
TEXT = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
SEARCHED = [
    path
    for folder in ("lib/resonance", "data_contracts", "jobs", "conf/weightings")
    for path in sorted((TOP / folder).rglob("*"))
    if path.suffix in (".py", ".yaml")
]


def list_edits(kind: str) -> list[str]:
    """The paths that the section on ``kind`` names, in order."""
    (section,) = re.findall(rf"^## Add an? {kind}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    items = re.findall(r"^\d+\. (.*)$", section, re.MULTILINE)
    return [found[1] for item in items if (found := re.match(r"`([\w./<>]+)`", item))]


def find_mentions(pattern: str) -> set[str]:
    """The files of library, contracts and jobs that match ``pattern``."""
    return {str(path.relative_to(TOP)) for path in SEARCHED if re.search(pattern, path.read_text(encoding="utf-8"))}


EXAMPLES = {
    "signal": ({"set": "dolma"}, r"\bc4_naughty_word\b"),
    "signal set": ({"set": "characters"}, r"\bCHARACTERS\b|\bsignals_characters\b"),
    "operator": ({"kind": "tasks", "group": "relevance"}, r"\bbind_template\b"),
    "section to the report": ({"section": "funnel"}, r"\bfunnel\.SECTION\b|^SECTION = Section\(\s*\"funnel\""),
    "weighting": ({"kind": "perplexity_band"}, r"\bPerplexityBand\b|^kind: perplexity_band"),
    "input format": ({"format": "csv"}, r"\bcsv_rows\b|\"\.csv\""),
}
"""An example of each kind, and what only the files that declare it match."""


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_addition_costs_what_is_said(kind: str) -> None:
    names, pattern = EXAMPLES[kind]
    edits = list_edits(kind)
    assert 2 <= len(edits) <= 4
    expected = set()
    for edit in edits:
        for name, value in names.items():
            edit = edit.replace(f"<{name}>", value)
        assert (TOP / edit).exists() or "kernels/" in edit, edit
        expected.add(edit)
    assert find_mentions(pattern) <= expected


@pytest.mark.parametrize("kind", ["table", "job", "back end of training"])
def test_places_of_other_additions_exist(kind: str) -> None:
    edits = [edit.replace("<table>", "plans").replace("<job>", "tune") for edit in list_edits(kind)]
    assert edits
    assert [edit for edit in edits if not (TOP / edit).exists()] == []


def test_an_addition_that_costs_more_is_seen() -> None:
    assert find_mentions(r"\bSIGNALS\b") - {"lib/resonance/tables.py"}
