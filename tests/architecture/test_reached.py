"""Every module of the package is imported by some test, or by code that a test imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
LIBRARY = TOP / "lib"
PARTS = {"unit", "property", "oracle", "conformance", "integration", "e2e", "architecture"}
"""Folders whose tests count; benchmarks assert nothing in a run of all tests."""


def name_module(path: Path) -> str:
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_module(path): path for path in (LIBRARY / "resonance").rglob("*.py")}


def find_imports(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports, wherever in it, or starts by name; with one, the packages that hold it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and node.value in MODULES:  # run by its name, as `python -m` does
            names = [node.value, f"{node.value}.__main__"]
        for name in names:
            parts = name.split(".")
            yield from {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & MODULES.keys()


def reach(files: list[Path]) -> set[str]:
    """The modules that these files import, and those that these import in turn."""
    found: set[str] = set()
    waiting = [name for path in files for name in find_imports(path)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(find_imports(MODULES[name]))
    return found


def test_each_module_is_reached_by_a_test() -> None:
    tests = [path for part in PARTS for path in (TOP / "tests" / part).rglob("*.py") if path != Path(__file__)]
    assert len(tests) > 100
    assert sorted(MODULES.keys() - reach(tests)) == []


def test_a_module_that_no_test_imports_is_seen() -> None:
    """The walk itself: from the contracts alone, nothing above them is reached."""
    found = reach([TOP / "lib" / "resonance" / "core" / "contract.py"])
    assert "resonance.core.frames" in found, "also where the import is inside a function"
    assert "resonance.cli" not in found
