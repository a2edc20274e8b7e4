"""The trainer, made beside the environment while that is in use, then taken over in a moment.

Usage: python trainer.py requirements    print what the extra `train` of pyproject.toml names
       python trainer.py packages        print the folder of the staged packages
       python trainer.py take-over       move what was staged into the environment
"""

from __future__ import annotations

import sys
import sysconfig
import tomllib
from pathlib import Path

STAGE = Path(sys.prefix) / "trainer"


def requirements() -> list[str]:
    """What training needs besides the data half."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = project["optional-dependencies"]["train"]
    return found


def move(source: Path, goal: Path) -> None:
    """Move what a folder holds into another one, whole packages at once where they are new."""
    for entry in source.iterdir():
        there = goal / entry.name
        if entry.is_dir() and there.is_dir():
            move(entry, there)
        else:
            entry.replace(there)
    source.rmdir()


if __name__ == "__main__":
    if sys.argv[1] == "requirements":
        print(*requirements(), sep="\n")
    elif sys.argv[1] == "packages":
        print(sysconfig.get_path("purelib", vars={"base": str(STAGE)}))
    elif STAGE.is_dir():
        (STAGE / "staged").unlink()
        move(STAGE, Path(sys.prefix))
