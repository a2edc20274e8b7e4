"""Imports follow the arrows, engines are met in one module each, and a bare installation brings the embedded one alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "lib" / "resonance"
TEXT_ENGINES = {"torch", "transformers", "tokenizers"}
OWNED = {
    "pysail": ("runtime/engines/embedded",),
    "deltalake": ("runtime/storage/folder",),
    "delta": (),  # SQL says all of it
    "mlflow": ("runtime/tracking",),
    "openlineage": ("runtime/lineage",),
    "horovod": ("runtime/ranks/local_ranks", "runtime/ranks/launch", "train/collective"),
    "sparknlp": ("annotate/pipeline", "annotate/fit_sentences", "annotate/fit_words"),
    "hyperopt": ("control/search/tree",),
}
OWNED |= dict.fromkeys(TEXT_ENGINES, ("train",))


def imports(path: Path) -> Iterator[str]:
    """Top-level names that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "importlib.import_module", "__import__"}:
            yield ast.unparse(node.args[0]).strip("'\"").partition(".")[0]


def owned(path: Path, engine: str) -> bool:
    """Whether a module may import an engine."""
    name = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return any(name == room or name.startswith(f"{room}/") for room in OWNED[engine])


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def with_dependencies(requirements: list[str]) -> set[str]:
    """Names of all that is installed for requirements, by what the installed packages say of themselves."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        asked = waiting.pop()
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        name = canonical(asked.name)
        if name not in found:
            found.add(name)
            waiting += [Requirement(text) for text in metadata.requires(name) or ()]
    return found


def test_import_contracts_hold() -> None:
    """In a process of its own: the linter's configuration of logging silences every logger that is there already."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_engines_are_imported_only_where_they_are_owned() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert modules
    strays = [
        f"{path.relative_to(TOP)} imports {name}"
        for path in modules
        for name in set(imports(path)) & set(OWNED)
        if not owned(path, name)
    ]
    assert strays == []


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (TOP / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_a_bare_installation_brings_the_embedded_engine_and_no_other(project: dict[str, Any]) -> None:
    found = with_dependencies(project["dependencies"])
    assert found >= {"pyarrow", "pysail", "deltalake", "pyspark-client"}
    others = {"pyspark", "py4j", "delta-spark", "torch", "transformers", "horovod", "mlflow", "mlflow-skinny", "hyperopt"}
    assert found.isdisjoint(others)


def test_spark_and_development_bring_no_trainer(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    found = with_dependencies(project["dependencies"] + extras["spark"] + extras["dev"])
    assert found >= {"pyspark", "delta-spark", "pytest"}
    assert found.isdisjoint({"torch", "transformers", "horovod"})


def test_spark_nlp_is_pinned_where_it_is_installed(project: dict[str, Any]) -> None:
    lines = (TOP / "cluster" / "lts" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert set(project["optional-dependencies"]["nlp"]) <= set(lines)


def test_versions_are_pinned_for_all_that_set_up_installs(project: dict[str, Any], pins: dict[str, str]) -> None:
    extras = {name: asked for name, asked in project["optional-dependencies"].items() if name != "nlp"}  # cluster/lts pins that
    named = sum(extras.values(), project["dependencies"])
    asked = [Requirement(text) for text in named]
    assert [r.name for r in asked if canonical(r.name) not in pins or not r.specifier.contains(pins[canonical(r.name)])] == []
    assert sorted(with_dependencies(named) - pins.keys()) == []


def test_what_shares_files_has_one_version(project: dict[str, Any], pins: dict[str, str]) -> None:
    """Both packages hold the same files under the same names: two versions would be mixed."""
    extras = project["optional-dependencies"]
    asked = {r.name: r.specifier for r in map(Requirement, project["dependencies"] + extras["spark"]) if "pyspark" in r.name}
    assert len(asked) == 2
    assert set(map(str, asked.values())) == {f"=={pins['pyspark']}"}
    assert pins["pyspark"] == pins["pyspark-client"]


def test_a_platform_installs_all_but_the_embedded_engine(project: dict[str, Any]) -> None:
    """Its requirements are those of the package, some narrower, without what would overwrite its own pyspark."""
    lines = (TOP / "cluster" / "platform" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = {r.name: r.specifier for r in map(Requirement, (line for line in lines if not line.startswith("#")))}
    ours = {r.name: r.specifier for r in map(Requirement, project["dependencies"])}
    assert set(listed) == set(ours) - {"pysail", "pyspark-client"}
    assert [name for name, asked in listed.items() if not set(ours[name]) <= set(asked)] == []
    assert with_dependencies([f"{name}{asked}" for name, asked in listed.items()]).isdisjoint({"pyspark", "pyspark-client"})


def test_no_command_loads_an_engine_before_it_needs_one() -> None:
    """`resonance --help` answers at once: the command line imports neither Spark nor a trainer."""
    code = f"import sys, resonance.cli; print(sorted(set(sys.modules) & {set(OWNED) | {'pyspark', 'pandas', 'matplotlib'}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
