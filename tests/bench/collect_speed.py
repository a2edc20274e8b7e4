"""How fast web archives and pages are read: ours beside datatrove's WarcReader with the same extractor, on real pages.

python -m tests.bench.collect_speed [--pages 1000] [--times 8]

Each side is one process that reads one archive (gzip, a member a record, as crawls are kept) and takes the main content of
each page by resiliparse; its start is not counted. ``read`` is the same without the extractor: datatrove's decoded pages, and
our records as they come. ``html`` is a folder of the same pages as files, which datatrove has no reader for. ``times`` more
pages show whether memory is flat. Processor seconds are compared; wall seconds stand beside them, as datatrove extracts in a
second process. ``extractor`` is the extractor alone over the decoded pages: nobody who calls it can be faster. ``default`` is
the extractor that datatrove's own examples take.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.bench import debian
from tests.bench.environments import PEERS, python_of, versions_of
from tests.bench.places import cache, write_result

PEER = "datatrove_warc"
PACKAGES = (
    "python3.11-doc",
    "postgresql-doc-15",
    "linux-doc-6.1",
    "debian-handbook",
    "libreoffice-help-zh-cn",
    "libreoffice-help-de",
)
GOAL = 2.0
TRIES = 3
"""Of so many short runs the one of least processor time counts: what else runs on the machine only adds to it."""
HEAD = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:{id}>\r\n"
MORE = "WARC-Target-URI: http://pages.example/{name}\r\nWARC-Identified-Payload-Type: text/html\r\n"
TYPE = "Content-Type: application/http; msgtype=response\r\nContent-Length: {size}\r\n\r\n"


def list_pages(many: int) -> list[Path]:
    """So many pages of several packages and languages, chosen by their names alone."""
    share = -(-many // len(PACKAGES))
    pages: list[Path] = []
    for package in PACKAGES:
        found = [path for path in debian.files(package) if path.suffix == ".html"]
        pages += sorted(found, key=lambda path: debian.number_of(str(path.relative_to(debian.unpacked_home()))))[:share]
    return pages[:many]


def write_archive(pages: Iterable[Path], times: int, path: Path) -> int:
    """An archive of the pages, each so often; the bytes of its pages."""
    whole = 0
    with path.open("wb") as file:
        for turn in range(times):
            for page in pages:
                body = page.read_bytes()
                block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
                name = f"{turn}/{page.relative_to(debian.unpacked_home())}"
                id = hashlib.sha256(name.encode()).hexdigest()[:32]
                head = (HEAD + MORE + TYPE).format(id=id, name=name, size=len(block))
                file.write(gzip.compress(head.encode() + block + b"\r\n\r\n", 6))
                whole += len(body)
    return whole


def write_pages(pages: Iterable[Path], folder: Path) -> int:
    """The pages as files of a folder; their bytes."""
    whole = 0
    for number, page in enumerate(pages):
        whole += (folder / f"{number:05}.html").write_bytes(page.read_bytes())
    return whole


def measure_ours(folder: Path, part: str) -> dict[str, Any]:
    """Reads a folder in this process: what came out, and what it took."""
    import fastwarc.warc  # noqa: F401  # what the reader imports with its first record
    from resiliparse.extract.html2text import extract_plain_text

    from resonance.core.settings import IngestSettings
    from resonance.core.sources import find_files
    from resonance.curate.sources.html import read_page
    from resonance.curate.sources.read import Read, plan_units
    from resonance.curate.sources.row import Fields
    from resonance.curate.sources.warc import _records

    read_page(b"<p>once, so that the library is there</p>")
    fields = Fields.of(IngestSettings())
    units = [unit for file in find_files([str(folder)]) for unit in plan_units(file, 1 << 40)]

    def pages() -> Iterator[str]:
        return (record.reader.read().decode() for unit in units for record in _records(unit))

    def texts() -> Iterator[str]:
        if part == "read":
            return pages()
        if part == "extractor":
            return (text for page in held if (text := extract_plain_text(page, main_content=True)).strip())
        return (row.text for unit in units for row in Read(fields).rows(unit) if row.text is not None)

    held = list(pages()) if part == "extractor" else []
    cpu, began, many, digest = time.process_time(), time.monotonic(), 0, hashlib.sha256()
    for text in texts():
        many += 1
        digest.update(text.encode())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    said = {"documents": many, "digest": digest.hexdigest()[:16], "cpu_seconds": time.process_time() - cpu}
    return {**said, "seconds": time.monotonic() - began, "peak_gb": peak}


def run(name: str, megabytes: float, command: list[str], times: int = 1) -> dict[str, Any]:
    """One side's run in a process of its own, the fastest of so many, with a line on it."""
    found: list[dict[str, Any]] = []
    for _ in range(times):
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        found.append(json.loads(lines[-1]))
    said = min(found, key=lambda one: float(one["cpu_seconds"]))
    figures = {"run": name, "megabytes": round(megabytes, 1)} | {
        key: round(value, 3) if isinstance(value, float) else value for key, value in said.items()
    }
    print(figures, flush=True)
    return figures


def main() -> None:
    if sys.argv[1:2] == ["ours"]:
        print(json.dumps(measure_ours(Path(sys.argv[2]), sys.argv[3])))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--times", type=int, default=8)
    asked = parser.parse_args()
    pages = list_pages(asked.pages)
    once, often, files = (cache("collect", f"{len(pages)}-{name}") for name in ("once", "often", "html"))
    size = write_archive(pages, 1, once / "pages.warc.gz") / 1e6
    large = write_archive(pages, asked.times, often / "pages.warc.gz") / 1e6
    write_pages(pages, files)
    ours = [sys.executable, "-m", "tests.bench.collect_speed", "ours"]
    theirs = [str(python_of(PEER)), str(PEERS / f"{PEER}.py")]
    runs = [
        run(f"{side} {part}", megabytes, [*command, str(folder), part], tries)
        for part, folder, megabytes, tries in (
            ("read", once, size, TRIES),
            ("extract", once, size, TRIES),
            ("extract", often, large, 1),
        )
        for side, command in (("ours", ours), ("datatrove", theirs))
    ]
    runs.append(run("ours html", size, [*ours, str(files), "extract"], TRIES))
    runs.append(run("extractor alone", size, [*ours, str(once), "extractor"], TRIES))
    runs.append(run("datatrove default", size, [*theirs, str(once), "default"]))
    read, peer_read, extract, peer_extract, long, peer_long, html, alone, default = runs
    derived = {
        "read, times as fast as datatrove": peer_read["cpu_seconds"] / read["cpu_seconds"],
        "extract, times as fast as datatrove": peer_extract["cpu_seconds"] / extract["cpu_seconds"],
        "extract, times as fast as datatrove, at most possible": peer_extract["cpu_seconds"] / alone["cpu_seconds"],
        "extract, wall": peer_extract["seconds"] / extract["seconds"],
        "extract often, times as fast as datatrove": peer_long["cpu_seconds"] / long["cpu_seconds"],
        "beside the extractor, times as fast as datatrove": (peer_extract["cpu_seconds"] - alone["cpu_seconds"])
        / max(extract["cpu_seconds"] - alone["cpu_seconds"], 0.001),
        "html files, times as fast as datatrove's archive": peer_extract["cpu_seconds"] / html["cpu_seconds"],
        "extract, times as fast as datatrove with its default": default["cpu_seconds"] / extract["cpu_seconds"],
        "peak at more pages / at fewer": long["peak_gb"] / extract["peak_gb"],
        "goal, times as fast": GOAL,
    }
    derived = {name: round(value, 2) for name, value in derived.items()}
    same = extract["digest"] == peer_extract["digest"]
    print(*(f"{name}: {value}" for name, value in derived.items()), f"same texts: {same}", sep="\n")
    figures = {"versions": versions_of(PEER), "pages": len(pages), "runs": runs, "derived": derived, "same_texts": same}
    command = f"python -m tests.bench.collect_speed --pages {asked.pages} --times {asked.times}"
    print(write_result("collect-speed", command, figures))


if __name__ == "__main__":
    main()
