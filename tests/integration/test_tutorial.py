"""The tutorial's commands run as shown, and what it says of them is so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")


def test_the_tutorial_runs_as_shown(tmp_path: Path) -> None:
    said = {}
    around = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "200"}
    for number, block in enumerate(re.findall(r"```bash\n(.*?)```", TUTORIAL, re.DOTALL), 1):
        done = subprocess.run(["bash", "-ec", block], cwd=tmp_path, env=around, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said[number] = done.stdout
    assert "5 in → 4 out, 1 cut (missing_text 1)" in said[2]
    assert "gopher.short_doc" in said[3]
    assert re.search(r"documents\W+0\W+4\b", said[3])
    assert "4 documents judged: 1 are cut now, 0 would be" in said[4]
    kept = [json.loads(line) for path in (tmp_path / "clean").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert sorted(row["id"] for row in kept) == ["harbour", "mill"]
    assert (tmp_path / "first" / "report.html").is_file()
