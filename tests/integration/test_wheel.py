"""The wheel alone curates a user's file: contracts and configuration travel in it, and no checkout and no trainer is needed."""

from __future__ import annotations

import gzip
import json
import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
TRAINER = ("torch", "transformers", "tokenizers", "horovod", "mlflow")
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
ROWS = (
    {"id": "story", "text": STORY},
    {"id": "story again", "text": STORY},
    {"id": "letter", "text": LETTER},
    {"id": "noise", "text": "@@@ ### $$$ %%%"},
)


def call(command: list[object], folder: Path) -> str:
    """What a command prints; it runs in a folder outside the checkout, without what the tests' own environment says."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "PYSPARK"))}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=550)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it is published, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    call([*pip, "--wheel-dir", folder, TOP], folder)
    (path,) = folder.glob("resonance_factory-*-py3-none-any.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment that holds the wheel, and sees its dependencies but no trainer and no editable installation."""
    folder = tmp_path_factory.mktemp("environment")
    call([sys.executable, "-m", "venv", "--without-pip", folder], folder)
    python = folder / "bin" / "python"
    call([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel], folder)
    packages = Path(call([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    for name in TRAINER:
        (packages / f"{name}.py").write_text(f"raise ModuleNotFoundError('{name} was left out', name='{name}')\n", encoding="utf-8")
    share = folder / "share"
    share.mkdir(exist_ok=True)
    (share / "resonance").symlink_to(Path(sys.prefix) / "share" / "resonance")
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


@pytest.mark.spark
def test_wheel_curates_a_file_outside_the_checkout(environment: Path, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "some.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in ROWS)
    where = call([environment / "bin" / "python", "-c", "import resonance; print(resonance.__file__)"], tmp_path)
    assert Path(where.strip()).is_relative_to(environment)
    said = call([environment / "bin" / "resonance", "curate", "some.jsonl.gz", "--workspace", "w", "--export", "out"], tmp_path)
    files = (tmp_path / "out").rglob("part-*.json*")
    kept = [json.loads(line)["text"] for path in files for line in read(path).splitlines()]
    assert sorted(text.strip() for text in kept) == sorted([STORY.strip(), LETTER.strip()])
    assert "2 documents exported" in said
    assert (tmp_path / "w").is_dir()


def read(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
