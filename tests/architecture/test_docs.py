"""The documentation builds without a broken link, shows all that is declared, and the README stays short."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from resonance.factory import JOBS
from resonance.tables import TABLES

TOP = Path(__file__).parents[2]
MOST_WORDS = 700


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built documentation."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(place)]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


def headings(page: Path) -> set[str]:
    return set(re.findall(r'<h2 id="([\w-]+)"', page.read_text(encoding="utf-8")))


def test_the_reference_has_all_that_is_declared(site: Path) -> None:
    assert headings(site / "reference" / "jobs.html") >= {job.name for job in JOBS}
    assert headings(site / "reference" / "tables.html") >= {table.name for table in TABLES}
    assert "train.lora_rank" in (site / "reference" / "settings.html").read_text(encoding="utf-8")
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert "--rounds" in commands
    assert "--good" in commands, "commands of a group are there too"


def test_the_readme_is_short() -> None:
    assert len((TOP / "README.md").read_text(encoding="utf-8").split()) <= MOST_WORDS
