"""Every sentence of a report exists in both languages, with the same places for values, and none that no report says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from resonance.report.language import read_catalogue, restate, speak

LIBRARY = Path(__file__).parents[2] / "lib" / "resonance"
REPORT = LIBRARY / "report"
TEMPLATES = sorted(REPORT.rglob("*.j2"))
PLACE = re.compile(r"\{(\w+)\}")


PLACES = {"say": 0, "amount": 1}
"""Which argument a sentence is, and a thing."""


def find_literals(node: ast.Call, place: int) -> Iterator[str]:
    """The texts that an argument may be."""
    for part in ast.walk(node.args[place]):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def list_said(function: str) -> set[str]:
    """What modules and templates of the report give to a function as it is written."""
    said = set()
    for path in REPORT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != function:
                continue
            if isinstance(node.args[PLACES[function]], ast.Constant | ast.IfExp):
                said |= set(find_literals(node, PLACES[function]))
    pattern = r'say\("([^"]+)"' if function == "say" else r'amount\([^,]+, "([^"]+)"'
    return said | {found for path in TEMPLATES for found in re.findall(pattern, path.read_text(encoding="utf-8"))}


def list_constants() -> set[str]:
    """All texts that modules of the report and the vocabulary hold, and those of templates."""
    nodes = (
        node
        for path in (*REPORT.rglob("*.py"), *LIBRARY.rglob("signals/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )
    held = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return held | list_said("say")


def test_every_sentence_has_its_chinese() -> None:
    catalogue = read_catalogue()
    assert sorted(list_said("say") - catalogue.sentences.keys()) == []
    assert sorted(list_said("amount") - catalogue.things.keys()) == []


@pytest.mark.parametrize("part", ["sentences", "things", "found"])
def test_both_languages_have_the_same_places_for_values(part: str) -> None:
    pairs = getattr(read_catalogue(), part)
    places = {english: (set(PLACE.findall(english)) | ({"number"} if part == "things" else set())) for english in pairs}
    assert [english for english, chinese in pairs.items() if set(PLACE.findall(chinese)) != places[english]] == []
    assert [
        chinese for chinese in pairs.values() if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", re.sub("`[^`]*`", "", chinese))
    ] == []


def list_reasons() -> Iterator[str]:
    """Why operators say that they cannot measure, with ``x`` in each place."""
    for path in (*LIBRARY.rglob("assess/**/*.py"), LIBRARY / "core" / "binding.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("UnmeasurableError", "InapplicableError"):
                parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
                if any(isinstance(part, ast.Constant) and re.search("[a-z]", str(part.value)) for part in parts):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)


def test_every_reason_of_an_operator_has_its_chinese() -> None:
    reasons = set(list_reasons())
    with speak("zh"):
        said = {reason: restate(reason) for reason in sorted(reasons)}
    assert [reason for reason, words in said.items() if words == reason or re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", words)] == []
    assert len(reasons) > 20


def test_no_sentence_of_the_catalogue_is_dead() -> None:
    assert sorted(read_catalogue().sentences.keys() - list_constants()) == []
    assert sorted(read_catalogue().things.keys() - list_constants()) == []
