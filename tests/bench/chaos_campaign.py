"""What campaigns of faults have in common: their arguments, which faults are planted, the undisturbed run, the result."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Protocol, TypeVar

from tests.bench.chaos_faults import PATIENCE, Case
from tests.bench.chaos_outcomes import out, read_hashes, read_rows, read_steps
from tests.bench.places import cache, write_result

DISK = "a disk of its own"


class Kind(Protocol):
    """A kind of fault, its share of a campaign in hundredths, and what the machine must permit for it."""

    @property
    def name(self) -> str: ...

    @property
    def share(self) -> int: ...

    @property
    def needs(self) -> str: ...


Some = TypeVar("Some", bound=Kind)


def read_arguments(about: str | None, more: Mapping[str, tuple[int, str]] | None = None) -> argparse.Namespace:
    """What a campaign is asked for; ``more`` are whole numbers: by name, what each is where it is not given, and its meaning."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=240, help="no fault is planted later than this")
    for name, (usual, meaning) in (more or {}).items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=meaning)
    parser.add_argument("--only", type=lambda given: given.split(","), default=[], help="kinds of faults; all where none is named")
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    return parser.parse_args()


def list_faults(kinds: Sequence[Some], asked: argparse.Namespace, lacks: Collection[str]) -> tuple[list[Some], list[str]]:
    """As many faults as are asked for, in a drawn order, each kind with its share and once at least; the kinds that are left out.

    These are what this machine does not permit; a line tells of them.
    """
    wanted = [kind for kind in kinds if not asked.only or kind.name in asked.only]
    left_out = sorted({kind.name for kind in wanted if kind.needs in lacks})
    if left_out:
        out.print(f"left out: {', '.join(left_out)}: not permitted here: {', '.join(sorted(lacks))}", soft_wrap=True)
    left = [kind for kind in wanted if kind.needs not in lacks]
    found = [kind for kind in left for _ in range(max(1, round(kind.share * asked.faults / 100)))]
    Random(asked.seed).shuffle(found)
    return found, left_out


def make_home(name: str) -> Path:
    """An empty folder for a campaign, which from now on ends as one that is stopped should."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have us ignore it, and what we start
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    home = cache("chaos", name)
    shutil.rmtree(home)
    home.mkdir()
    return home


def run_undisturbed(case: Case, home: Path, names: Sequence[str]) -> Case:
    """The case with what its command does in workspaces of these names: several where compiling takes much of the time."""
    for name in names:
        workspace = home / name
        began = time.monotonic()
        if case.start(workspace, home / f"{name}.log").wait(PATIENCE):
            raise RuntimeError(f"the undisturbed command failed; see {home / name}.log")
    size = sum(file.stat().st_size for file in workspace.rglob("*") if file.is_file())
    return replace(
        case,
        seconds=time.monotonic() - began,
        steps=read_steps(workspace),
        tables=read_hashes(workspace, case.place(workspace)),
        rows=read_rows(workspace, case.place(workspace)),
        size=size,
    )


def write_down(name: str, asked: argparse.Namespace, figures: Mapping[str, Any]) -> None:
    """Write the result of a campaign."""
    if asked.no_result:
        return
    about = {
        "experiment": "chaos",
        "line": "equal hashes of tables, no row lost or doubled, no stray file after maintain, no process left",
        "seeds": [asked.seed],
        **figures,
    }
    given = " ".join([f"python -m {sys.modules['__main__'].__spec__.name}", *sys.argv[1:]])  # type: ignore[union-attr]
    out.print(f"result: {write_result(name, given, about)}", soft_wrap=True)
