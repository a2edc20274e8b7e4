"""Faults planted into curation and planning, one after another; after each the same command again, and what it leaves is compared.

python -m tests.bench.chaos [--faults 100] [--seed 1] [--minutes 240] [--only disk-full,…] [--no-result]

The driver or a worker is killed (-9), the disk fills up, two commands write at once, a command is stopped, the clock moves, a
bucket with the tables fails. Then the command is repeated, `maintain` tidies up, and the workspace is held beside one that nobody
disturbed: hashes of tables, rows, stray files, processes that are left. Filling a disk needs the right to mount one, clocks a
compiler of C; else those faults are left out, and the output and the result say so. `tests.bench.chaos_spark` is of clusters.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

from resonance.testing import tiny_corpus
from tests.bench.chaos_campaign import DISK, list_faults, make_home, read_arguments, run_undisturbed, write_down
from tests.bench.chaos_clock import CLOCKS, can_compile, move_clock
from tests.bench.chaos_faults import (
    PATIENCE,
    ROOM,
    Case,
    Fault,
    can_mount,
    fill_disk,
    kill_twice,
    kill_worker,
    mount_disk,
    plant,
    send,
    write_at_once,
)
from tests.bench.chaos_outcomes import Outcome, compare, out, say, show, sum_up
from tests.bench.chaos_storage import Proxy, open_bucket, place_tables
from tests.conformance.commands import DATA_HALF, SMALL_PLAN
from tests.conformance.faults import find_orphans

SMALL, LARGE = 300, 9_000
"""Documents of a corpus, and of one that is read by processes of their own."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault, its share of a campaign in hundredths, what it needs, and what the machine must permit for it.

    Args:
        documents: how many of them it needs.
        bucket: whether the tables lie in one.
    """

    name: str
    share: int
    plant: Fault
    documents: int = SMALL
    bucket: bool = False
    needs: str = ""

    @property
    def world(self) -> tuple[int, bool]:
        """What it has in common with other kinds: they are held beside the same undisturbed run."""
        return self.documents, self.bucket


KINDS = (
    Kind("driver-killed", 35, plant(send(signal.SIGKILL))),
    Kind("driver-killed-twice", 9, kill_twice),
    Kind("worker-killed", 8, kill_worker, documents=LARGE),
    Kind("disk-full", 12, fill_disk, needs=DISK),
    Kind("two-commands", 8, write_at_once),
    Kind("terminated", 4, plant(send(signal.SIGTERM))),
    Kind("interrupted", 4, plant(send(signal.SIGINT))),
    Kind("clock-moved", 9, move_clock, needs=CLOCKS),
    Kind("bucket-driver-killed", 3, plant(send(signal.SIGKILL)), bucket=True),
)


def write_corpus(path: Path, documents: int) -> Path:
    """Made documents, a tenth of them copied, with rows that cannot be read among them."""
    odd = [{"id": "empty", "text": " "}, {"id": "null", "text": None}, {"id": "word", "text": "word"}]
    rows = [*tiny_corpus(documents, copies=documents // 10), *odd]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n", encoding="utf-8")
    return path


def try_fault(kind: Kind, number: int, seed: int, case: Case, home: Path) -> Outcome:
    """Plant one fault, give the command again, tidy up and compare."""
    workspace = home / f"{number:03}" / "w"
    workspace.parent.mkdir()
    with mount_disk(workspace.parent, ROOM) if kind.plant is fill_disk else nullcontext():
        disturbed = kind.plant(case, workspace, Random(f"{seed} {kind.name} {number}"))
        orphans = find_orphans(workspace)
        began = time.monotonic()
        resumed = case.start(workspace, home / f"{number:03}-resumed.log").wait(PATIENCE)
        seconds = round(time.monotonic() - began, 1)
        outcome = Outcome(kind.name, number, disturbed, resumed, seconds, compare(case, workspace), len(orphans))
    if outcome.whole:
        shutil.rmtree(workspace.parent)
    return outcome


def run_cases(faults: Sequence[Kind], storage: Proxy, home: Path) -> dict[tuple[int, bool], Case]:
    """What is undisturbed, by what these faults need."""
    made: dict[tuple[int, bool], Case] = {}
    for documents, bucket in sorted({kind.world for kind in faults}):
        named = f"{documents}-bucket" if bucket else f"{documents}"
        corpus = write_corpus(home / f"{named}.jsonl", documents)
        settings = (f"--set={setting}" for setting in (*SMALL_PLAN, f"ingest.inputs=[{corpus}]"))
        (home / named).mkdir()
        case = Case(("run", *DATA_HALF, "--rounds=1", *settings))
        if bucket:
            case = replace(case, launch=storage.launch, place=place_tables)
        made[documents, bucket] = run_undisturbed(case, home / named, ("first", "second"))
        out.print(f"{documents} documents{' in a bucket' if bucket else ''}, undisturbed: {made[documents, bucket].seconds:.1f} s")
    return made


def plant_all(
    faults: Sequence[Kind], cases: Mapping[tuple[int, bool], Case], seed: int, minutes: float, home: Path
) -> Iterator[Outcome]:
    """These faults in turn, as far as the minutes reach, with a line on each."""
    until = time.monotonic() + 60 * minutes
    for number, kind in enumerate(faults):
        if time.monotonic() > until:
            break
        found = try_fault(kind, number, seed, cases[kind.world], home)
        say(found)
        yield found


def main() -> None:
    asked, home = read_arguments(__doc__), make_home("embedded")
    with open_bucket(home) as storage:
        lacks = frozenset({DISK} if not can_mount(home) else ()) | frozenset({CLOCKS} if not can_compile() else ())
        fails = Kind("bucket-fails", 8, plant(storage.fail_for_a_while), bucket=True)
        planned, left_out = list_faults((*KINDS, fails), asked, lacks)
        cases = run_cases(planned, storage, home)
        outcomes: list[Outcome] = []
        try:
            for found in plant_all(planned, cases, asked.seed, asked.minutes, home):
                outcomes.append(found)
        finally:  # what a campaign that was cut off has found
            rows = sum_up(outcomes, {kind.name: cases[kind.world] for kind in planned})
            show(rows)
            figures = {"planned": len(planned), "planted": len(outcomes), "left_out": left_out, "statistics": rows}
            figures |= {"passed": all(one.whole for one in outcomes), "faults": [asdict(one) for one in outcomes]}
            write_down("chaos", asked, figures)


if __name__ == "__main__":
    main()
