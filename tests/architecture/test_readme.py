"""The `resonance` commands of the README run as shown, and every path on its map exists."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.testing import tiny_corpus

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    lines = (line.split("  #")[0].strip() for block in blocks for line in block.replace("\\\n", " ").splitlines())
    return [line for line in lines if line.startswith("resonance ")]


def test_readme_teaches_every_command():
    taught = {"curate", "judge", "explain", "why", "report", "tables", "doctor", "run", "register"}
    assert {command.split()[1] for command in commands()} >= taught


@pytest.mark.train
def test_readme_commands_run_as_shown(small_loop, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workspace").symlink_to(small_loop / "workspace")
    for name, size in (("texts", 30), ("more", 40)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps({**row, "id": f"{name}-{row['id']}"}) + "\n" for row in tiny_corpus(size, copies=5))
    (tmp_path / "questions.jsonl").write_text('{"id": 1, "text": "How many sacks does the miller count?"}\n')
    drawn = Workspace(load()).frames()["sample_plan"].select(F.lower(F.hex("doc_id")).alias("id")).first()["id"]
    for command in commands():
        if command.split()[1] not in ("demo", "run"):  # the loop itself is what the fixture ran
            main(shlex.split(command.replace("DOC_ID", drawn))[1:])
    assert "30 documents exported to" in capsys.readouterr().out
    assert list((tmp_path / "clean").glob("*.json"))


def test_map_of_folders_is_true():
    names = re.findall(r"^\| `([\w./-]+)` \|", README, re.MULTILINE)
    assert len(names) >= 8
    assert [name for name in names if not (TOP / name).exists()] == []
