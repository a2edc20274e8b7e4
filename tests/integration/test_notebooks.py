"""Notebooks run from top to bottom on a workspace, and carry no outputs in the repository."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat
import pytest
from pyspark.sql import SparkSession

from resonance.tables import TABLES
from resonance.testing import folder_catalog
from tests.worked import worked_frames

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def workspace(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the tables of a loop that was never run."""
    folder = tmp_path_factory.mktemp("workspace")
    catalog = folder_catalog(spark, folder / "tables")
    frames = worked_frames(spark, 300, ("numpy/docstring", "numpy/licence", "torch/docstring"))
    for table in TABLES:
        catalog.append(table, frames[table.name], ("worked", 1), {"job": "test"})
    return folder


def test_notebooks_are_numbered_and_empty_of_outputs() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        assert path.name[:2].isdigit(), path.name
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name
            assert "def " not in cell.source, path.name
            assert "class " not in cell.source, path.name


SHOWN = {
    "01_first_look": (4, ("sample_plan", "bits per byte")),
    "03_signals": (4, ("trade", "confidence", "reference_bpb")),
    "04_attribution": (1, ("drawn 0.25 times as often as held out", "supplement the slice", "test      D3: fired", "True")),
    "05_rules": (3, ("roblem", "gopher_short_doc", "numpy/licence", "no version of any policy was adopted")),
    "02_curation": (3, ("gopher_short_doc", "newly cut", "datatrove@1", "javascript", "<b>this</b>")),
}
"""How many pictures each notebook draws at least, and words that it shows."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, workspace: Path, engine_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient import NotebookClient

    (tmp_path / "conf.yaml").write_text(f"spark:\n  engine: {engine_name}\n", encoding="utf-8")
    monkeypatch.setenv("RESONANCE_WORKSPACE", str(workspace))
    monkeypatch.setenv("RESONANCE_CONF", str(tmp_path / "conf.yaml"))
    notebook = nbformat.read(path, as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # the client's own libraries warn about each other
        NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    least, words = SHOWN[path.stem]
    assert len(pictures) >= least
    shown = "".join(str(output.get("data", {}).get("text/plain", "")) for output in outputs)
    assert [word for word in words if word not in shown] == []
