"""What very large inputs cost: one file of 5 GB as JSON lines, packed, and as a text; and a folder of 200,000 small files.

python -m tests.bench.large_inputs [--gigabytes 5] [--files 200000] [--only lines,packed,text,folder] [--engine embedded]

Each is made, ingested by the command line, at a tenth of its size too, and removed. Of each run: rows in, out and cut, which must
add up to what was made; processor seconds of all processes; the most memory of all processes together. The folder holds names with
``#``, ``%``, spaces, newlines and other letters, and files that break; it is ingested a second time with one file changed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from resonance.testing import tiny_corpus
from tests.bench.places import cache, write_result
from tests.bench.speed_process import run

RESONANCE = Path(sys.executable).with_name("resonance")
POOL, TEXT_BYTES = 2_000, 2_500
ODD = ("{}", "a b {}", "50%20 {}", "c#{}", "line\nbreak {}", "数据-é-{}", "q'\"{}", "-{}", "[{}]*?", "tab\t{}")
"""Names of small files; most are plain."""
A_FOLDER = 1_000
Made = tuple[int, dict[str, int]]
"""Rows that a run must read, and how many of them each rule must cut."""


def list_lines(seed: int) -> list[bytes]:
    """Texts of about ``TEXT_BYTES`` as they stand between the quotes of JSON."""
    random, texts = Random(seed), [row["text"] for row in tiny_corpus(40)]
    made = []
    for _ in range(POOL):
        text = " ".join(f"{random.choice(texts)} {random.randrange(10**6)}" for _ in range(12))[:TEXT_BYTES]
        made.append(json.dumps(text)[1:-1].encode())
    return made


def write_chunks(size: float) -> Iterator[bytes]:
    """JSON lines of documents with ids of their own, until their bytes pass ``size``."""
    lines, written, number = list_lines(1), 0, 0
    while written < size:
        rows = [b'{"id": %d, "text": "%s"}\n' % (number + place, line) for place, line in enumerate(lines)]
        chunk = b"".join(rows)
        yield chunk
        written, number = written + len(chunk), number + len(rows)


def make_lines(folder: Path, size: float) -> Made:
    """One file of JSON lines."""
    with (folder / "large.jsonl").open("wb") as file:
        return POOL * sum(file.write(chunk) > 0 for chunk in write_chunks(size)), {}


def make_packed(folder: Path, size: float) -> Made:
    """The same in gzip."""
    packer, many = zlib.compressobj(1, wbits=31), 0
    with (folder / "large.jsonl.gz").open("wb") as file:
        for chunk in write_chunks(size):
            file.write(packer.compress(chunk))
            many += POOL
        file.write(packer.flush())
    return many, {}


def make_text(folder: Path, size: float) -> Made:
    """One text file, over the limit, and a small one beside it."""
    (folder / "small.txt").write_text("A small text beside a large one.")
    with (folder / "large.txt").open("wb") as file:
        for chunk in write_chunks(size):
            file.write(chunk)
    return 2, {"too_long": 1}


def make_folder(folder: Path, files: float) -> Made:
    """So many small files: texts, JSON, and one in a hundred that breaks."""
    cut = {"invalid_json": 0, "unknown_format": 0}
    for number in range(int(files)):
        above = folder / f"{number // A_FOLDER:04d}"
        if number % A_FOLDER == 0:
            above.mkdir()
        name = (ODD[number // 5 % len(ODD)] if number % 5 == 0 else "{}").format(number)
        text = f"Document {number} says: what is written here stands in no other file, as its number is {number}."
        if number % 200 == 7:
            (above / f"{name}.bin").write_text(text)
            cut["unknown_format"] += 1
        elif number % 200 == 107:
            (above / f"{name}.json").write_text('{"text": "' + text)
            cut["invalid_json"] += 1
        elif number % 2:
            (above / f"{name}.json").write_text(json.dumps({"id": number, "text": text}))
        else:
            (above / f"{name}.txt").write_text(text)
    return int(files), cut


MAKERS: dict[str, Callable[[Path, float], Made]] = {
    "lines": make_lines,
    "packed": make_packed,
    "text": make_text,
    "folder": make_folder,
}


def ingest(workspace: Path, folder: Path, engine: str, log: Path, made: Made) -> dict[str, Any]:
    """One run of the job, and what it took.

    Raises:
        SystemExit: the rows that it read are not those that were made.
    """
    command = (RESONANCE, "run", "ingest", "--workspace", workspace, "--engine", engine, "--set", f"ingest.inputs=[{folder}]")
    used = run(command, log, ours=True)
    events = [json.loads(line) for line in (workspace / "events.jsonl").read_text().splitlines()]
    last = [event for event in events if event["event"] == "finished" and event["job"] == "ingest"][-1]
    found = {"rows_in": last["rows_in"], "rows_out": last["rows_out"], "cut": last["cut"]}
    rows, cut = made
    asked = {"rows_in": rows, "rows_out": rows - sum(cut.values()), "cut": {rule: many for rule, many in cut.items() if many}}
    if found != asked or "Traceback" in log.read_text(errors="replace"):
        raise SystemExit(f"{folder} gave {found} where {asked} were made; see {log}")
    print(f"{workspace.name}: {found}, {used.cpu_seconds:,.1f} CPU s, {used.peak_gb:.2f} GB", flush=True)
    return {**found, "cpu_seconds": used.cpu_seconds, "seconds": used.seconds, "peak_gb": used.peak_gb}


def measure(name: str, size: float, engine: str) -> dict[str, Any]:
    """One input of this size, made, ingested and removed; the folder also with one file changed."""
    home = cache("large") / f"{name}-{size:g}"
    shutil.rmtree(home, ignore_errors=True)
    folder, workspace = home / "in", home / f"{name}-{size:g}"
    folder.mkdir(parents=True)
    try:
        made = MAKERS[name](folder, size)
        bytes_made = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        go = partial(ingest, workspace, folder, engine, cache("large", "logs") / f"{name}-{size:g}.txt", made)
        figures = {"bytes": bytes_made, **go()}
        if name == "folder":
            (folder / "0000" / "1.json").write_text('{"id": 1, "text": "Another text."}')
            figures["one_changed"] = go()
        return figures
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--files", type=float, default=200_000)
    parser.add_argument("--only", type=lambda given: given.split(","), default=list(MAKERS))
    parser.add_argument("--engine", choices=("embedded", "spark"), default="embedded")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args(arguments)
    figures = {}
    for name in asked.only:
        whole = asked.files if name == "folder" else asked.gigabytes * 1e9
        figures[name] = {f"{size:g}": measure(name, size, asked.engine) for size in (whole / 10, whole)}
    if not asked.no_result:
        command = " ".join(["python -m tests.bench.large_inputs", *sys.argv[1:]])
        print(write_result("large-inputs", command, {"engine": asked.engine, **figures}))


if __name__ == "__main__":
    main()
