"""The wheel and what it names curate a user's file: no checkout, no Java, no trainer, no tool of development is needed."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import resonance
from resonance.curate.kernels.text.compiled import sources
from tests.architecture.test_layers import with_dependencies

TOP = Path(__file__).parents[2]
OURS = "resonance-factory"
KERNELS = TOP / "lib" / "resonance" / "curate" / "kernels"
DECONTAMINATING = {
    *(f"contamination.{name}" for name in ("containment", "contamination", "evaluation_index", "passages")),
    "text.lookup",
}
"""Kernels that look for evaluation items: whether they are loaded where none is registered is no matter here."""
STORY = (
    "The mill stands where the river bends, and the wheel has turned there for two hundred years. "
    "In spring the water rises over the meadow, and the miller opens the second gate so that the stones do not run too fast. "
    "Children come to watch the flour fall into the sacks, and they carry home a small loaf that is still warm from the oven. "
)
LETTER = (
    "Dear friend, the train was late again and so I had time to read the whole of your letter on the platform. "
    "What you say about the garden made me laugh, because the apple tree was planted by my uncle on the day that I was born. "
    "Please send word when the children are back from the coast, and tell them that the boat has been painted blue. "
)
KEPT = [STORY.strip(), LETTER.strip()]
ROWS = (
    *({"id": f"story {number}", "text": STORY} for number in range(9)),
    *({"id": f"letter {number}", "text": LETTER} for number in range(6)),
    *({"id": f"noise {number}", "text": f"@@@ ### $$$ {number}"} for number in range(5)),
)


def call(command: list[object], folder: Path, **variables: str) -> str:
    """What a command prints; it runs in a folder outside the checkout, without what the tests' own environment says."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "PYSPARK"))}
    own = {**kept, **variables}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=own, capture_output=True, text=True, check=False, timeout=550)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def link(package: metadata.Distribution, folder: Path) -> None:
    """Put exactly the files of an installed package into another environment, as installing it would."""
    for file in package.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        there = folder / file
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(package.locate_file(file), there)
        except OSError:
            shutil.copyfile(package.locate_file(file), there)


@pytest.fixture(scope="module")
def dist(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheel and sdist: of a release that is checked, else both as they are published, built without a network."""
    given: Path | None = request.config.getoption("--dist-folder")
    if given:
        return given.resolve()
    folder = tmp_path_factory.mktemp("dist")
    call([sys.executable, "-m", "hatchling", "build", "-d", folder], TOP)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    (path,) = dist.glob("resonance_factory-*-py3-none-any.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as pip makes it of the wheel, without a network: what the wheel names, what that names, nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    call([sys.executable, "-m", "venv", "--without-pip", folder], folder)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    call([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], folder)
    packages = Path(call([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    named = next(iter(metadata.distributions(name=OURS, path=[str(packages)]))).requires or ()
    for name in with_dependencies(list(named)):
        link(metadata.distribution(name), packages)
    call([*pip, "check"], folder)
    return folder


def test_wheel_carries_code_contracts_and_configuration(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = TOP / "lib" / "resonance"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    wanted = {f"resonance/{path.relative_to(package)}" for path in files}
    for folder in ("data_contracts", "conf"):
        wanted |= {f"resonance/_data/{path.relative_to(TOP)}" for path in (TOP / folder).rglob("*") if path.is_file()}
    assert "resonance/py.typed" in wanted
    assert wanted <= names
    assert not [name for name in names if name.startswith(("tests", "jobs", "lib"))]


def test_sdist_builds_the_same_wheel(dist: Path, wheel: Path, tmp_path: Path) -> None:
    (sdist,) = dist.glob("resonance_factory-*.tar.gz")
    assert {path.name.split("-")[1].removesuffix(".tar.gz") for path in (sdist, wheel)} == {resonance.__version__}
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    call([*pip, "--wheel-dir", tmp_path, sdist], tmp_path)
    (again,) = tmp_path.glob("*.whl")
    assert read_contents(again) == read_contents(wheel)


def test_wheel_brings_the_data_half_and_nothing_else(environment: Path, tmp_path: Path) -> None:
    names = ("pyspark.sql.connect", "pysail", "deltalake", "py4j", "delta", "torch", "transformers", "mlflow", "pytest", "scipy")
    code = f"from importlib.util import find_spec; print([name for name in {names} if find_spec(name)])"
    assert call([environment / "bin" / "python", "-c", code], tmp_path).strip() == "['pyspark.sql.connect', 'pysail', 'deltalake']"
    assert not list(environment.rglob("*.jar"))


def test_wheel_curates_a_file_without_java_outside_the_checkout(environment: Path, tmp_path: Path) -> None:
    """The first run compiles kernels: most of the time goes there."""
    with gzip.open(tmp_path / "some.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in ROWS)
    bare = {"PATH": str(environment / "bin"), "JAVA_HOME": ""}
    where = call([environment / "bin" / "python", "-c", "import resonance; print(resonance.__file__)"], tmp_path)
    assert Path(where.strip()).is_relative_to(environment)
    command = [environment / "bin" / "resonance", "curate", "some.jsonl.gz", "--workspace", "w", "--export", "out"]
    assert f"{len(KEPT)} documents exported" in call(command, tmp_path, **bare)
    files = (tmp_path / "out").glob("[!_.]*")
    kept = [json.loads(line)["text"] for path in files for line in read(path).splitlines()]
    assert sorted(text.strip() for text in kept) == sorted(KEPT)
    tables = call([environment / "bin" / "resonance", "tables", "--workspace", "w"], tmp_path, **bare)
    counts = dict(re.findall(r"(raw|documents|rules|rejects|duplicates|signals_quality) \D*\d+\D+(\d+)", tables))
    assert (counts["raw"], counts["documents"]) == ("20", "20")
    assert all(int(counts[name]) for name in ("rules", "rejects", "duplicates", "signals_quality"))
    assert "<svg" in (tmp_path / "w" / "report.html").read_text(encoding="utf-8")
    kernels = environment.glob("lib/python*/site-packages/resonance/curate/kernels/__pycache__/*-????????????????/*")
    assert {path.parent.name.rpartition("-")[0] for path in kernels} - DECONTAMINATING == compiled_by_set_up()


def read_contents(wheel: Path) -> dict[str, int]:
    """Every file of a wheel with its checksum."""
    with zipfile.ZipFile(wheel) as archive:
        return {about.filename: about.CRC for about in archive.infolist()}


def read(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")


def compiled_by_set_up() -> set[str]:
    """The kernels that `make setup-data` compiles: what the named ones import, where it holds compiled functions."""
    script = (TOP / "cluster" / "laptop" / "kernels.py").read_text(encoding="utf-8")
    names = re.search(r"^DEFAULT = (\(.*?\))", script, re.MULTILINE | re.DOTALL)
    assert names is not None
    found = {held for name in ast.literal_eval(names[1]) for held in sources(name)} - {"text.compiled"}
    return {name for name in found if "@compiled" in (KERNELS / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")}
