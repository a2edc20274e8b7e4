"""Files and functions stay small, imports have no cycle, and rooms of kernels stand on few floors."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from statistics import quantiles

import grimp
import pytest

LIBRARY = Path(__file__).parents[2] / "lib" / "resonance"
FILES = sorted(LIBRARY.rglob("*.py"))
KERNELS = "resonance.curate.kernels"


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("resonance", cache_dir=None)


def percentile95(sizes: list[int]) -> float:
    return quantiles(sizes, n=20)[-1]


def test_files_and_functions_are_small() -> None:
    files, functions = [], []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        files.append(text.count("\n"))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                functions.append((node.end_lineno or 0) - node.lineno + 1)
    assert percentile95(files) <= 300
    assert percentile95(functions) <= 30


def floors(below: Mapping[str, set[str]]) -> int:
    """The longest way down, in rooms.

    Raises:
        RecursionError: there is a cycle.
    """

    @cache
    def height(room: str) -> int:
        return 1 + max(map(height, below[room]), default=0)

    return max(map(height, below))


def test_modules_import_each_other_one_way() -> None:
    modules = graph().modules
    below = {module: set(graph().find_modules_directly_imported_by(module)) & modules - {module} for module in modules}
    below["resonance"] = set()  # the face imports the application, when it is called
    assert floors(below) < len(modules)


def test_a_cycle_is_seen() -> None:
    with pytest.raises(RecursionError):
        floors({"one": {"other"}, "other": {"one"}})


def test_kernels_stand_on_few_floors() -> None:
    rooms = {child for child in graph().find_children(KERNELS) if graph().find_children(child)}
    below = {
        room: {other for other in rooms - {room} if graph().direct_import_exists(importer=room, imported=other, as_packages=True)}
        for room in rooms
    }
    assert len(rooms) >= 6
    assert floors(below) <= 5
