"""Draws places to label in packages: what is found, and what a loose look finds besides, each distinct value once.

    python -m tests.bench.privacy_draw OUT.json pypi:NAME==VERSION debian:NAME …

OUT.json has rows as ``privacy_labels_*.json`` has, the label empty and the text behind; a reader fills in labels, and texts are
left out of what is committed. The loose look knows nothing of our patterns: words for a secret before a sign that assigns, a login
before ``@``, ``eyJ`` and its like before a full stop, heads of key blocks.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from resonance.curate.kernels.privacy.find import find
from resonance.curate.kernels.privacy.patterns import SECRETS
from resonance.curate.kernels.privacy.tables import build_plan
from tests.bench import registries
from tests.bench.debian import number_of
from tests.bench.privacy_real import hash_line

MOST_BYTES, LONGEST_LINE, LONGEST_BLOCK = 4_000_000, 3_000, 120
MOST_FOUND, MOST_LOOSE = 8, 5
"""Places of each kind that a package gives, found and loose."""
FIRST = re.compile(r"test|spec|doc|example|sample|readme|fixture|conf", re.IGNORECASE)
NAME = r"(?:pass(?:word|wd|phrase)|secret|token|api.?key|access.?key|auth.?key|private.?key|credential)[A-Za-z0-9_]{0,40}"
ASSIGNED = re.compile(
    rf"""{NAME}[\s"'\]\\)]{{0,4}}(?::=|=>|=|:)\s{{0,3}}\\?(?:[brufL]?"([^"\s\\]{{6,512}})|[brufL]?'([^'\s\\]{{6,512}})|([^\s"'`(){{}}\[\],;<>]{{6,512}}))""",
    re.IGNORECASE,
)
URL = re.compile(r"""://[^\s/:@"'`<>]{0,100}:([^\s"'`<>]{1,128})@(?=\S)""")
TOKEN = re.compile(r"\be[yw][A-Za-z0-9_-]{6,}={0,2}\.[A-Za-z0-9_=.-]*")
HEAD = re.compile(r"BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File")
FOOT = re.compile(r"END [A-Z0-9 ]*PRIVATE KEY|Private-MAC")
KINDS = {
    "jwts": "jwt",
    "private_keys": "private",
    "url_passwords": "url",
    "secret_assignments": "assigned",
    "provider_keys": "provider",
}


class Place(NamedTuple):
    """Lines of a file, as text, and a value in them: ``found`` is the signal that finds it there, or empty."""

    name: str
    text: str
    start: int
    end: int
    found: str
    kind: str
    lines: int

    @property
    def value(self) -> str:
        """What stands at the place."""
        return self.text[self.start : self.end]


def list_files(home: Path) -> Iterator[tuple[str, list[str]]]:
    """Names and lines of the files of a package that hold text: tests and documentation first, so many bytes of all."""
    paths = sorted(
        (p for p in home.rglob("*") if p.is_file() and not p.is_symlink()),
        key=lambda p: (not FIRST.search(str(p.relative_to(home))), p),
    )
    read = 0
    for path in paths:
        content = path.read_bytes()
        if b"\0" in content or len(content) > MOST_BYTES // 2:
            continue
        read += len(content)
        if read > MOST_BYTES:
            break
        yield str(path.relative_to(home)), content.decode("utf-8", "replace").split("\n")


def list_loose(line: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what a loose look finds in a line, but for blocks."""
    for found in TOKEN.finditer(line):
        yield *found.span(), "jwt"
    for found in URL.finditer(line):
        yield *found.span(1), "url"
    for found in ASSIGNED.finditer(line):
        if re.search(r"\d", found[found.lastindex or 0]):
            yield *found.span(found.lastindex or 0), "assigned"


def list_places(name: str, lines: Sequence[str]) -> Iterator[Place]:
    """What is found in a file, and what a loose look finds besides."""
    looked = [
        (n, n + 1, 0, len(line), *place) for n, line in enumerate(lines) if len(line) <= LONGEST_LINE for place in list_loose(line)
    ]
    for first, line in enumerate(lines):
        if HEAD.search(line):
            last = next((n for n in range(first, min(first + LONGEST_BLOCK, len(lines))) if FOOT.search(lines[n])), first)
            yield from _place(name, lines, first, last + 1, None, "private")
    for first, last, _, _, start, end, kind in looked:
        yield from (place for place in _place(name, lines, first, last, (start, end), kind) if not place.found)
    short = [line if len(line) <= LONGEST_LINE else "" for line in lines]
    found, patterns = find(pa.array(short, pa.string())), build_plan().patterns
    for row, number, start, end in zip(found.rows, found.patterns, found.first_points, found.last_points, strict=True):
        if (signal := patterns[number].signal) in SECRETS and signal != "private_keys":  # blocks are looked at above
            yield Place(name, lines[row], int(start), int(end), signal, KINDS[signal], 1)


def _place(name: str, lines: Sequence[str], first: int, after: int, span: tuple[int, int] | None, kind: str) -> Iterator[Place]:
    text = "\n".join(lines[first:after])
    start, end = span or (0, len(text))
    found, patterns = find(pa.array([text], pa.string())), build_plan().patterns
    there = [
        patterns[number].signal
        for number, low, high in zip(found.patterns, found.first_points, found.last_points, strict=True)
        if low < end and start < high and patterns[number].signal in SECRETS
    ]
    yield Place(name, text, start, end, there[0] if there else "", kind, after - first)


def draw_package(package: str, home: Path, known: set[str]) -> list[Place]:
    """Places of a package whose values are not known yet: of each kind so many that are found, and so many that are not."""
    places: dict[str, Place] = {}
    for name, lines in list_files(home):
        for place in list_places(name, lines):
            value = re.sub(r"\s", "", place.value)
            if value not in known:
                held = places.setdefault(value, place)
                places[value] = held if held.found or not place.found else place
    known.update(places)
    drawn: list[Place] = []
    for kind in KINDS.values():
        for is_found, most in ((True, MOST_FOUND), (False, MOST_LOOSE)):
            rows = [place for place in places.values() if place.kind == kind and bool(place.found) == is_found]
            drawn += sorted(rows, key=lambda place: number_of(f"{package}:{place.value}"))[:most]
    return sorted(drawn)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("packages", nargs="+")
    asked = parser.parse_args()
    known: set[str] = set()
    rows = []
    for package in asked.packages:
        home = registries.unpacked(package)
        for place in draw_package(package, home, known) if home else []:
            rows.append([package, place.name, hash_line(place.text), *place[2:6], "", place.lines, place.text])
    asked.out.write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")
    print(f"{len(rows)} places of {len({row[0] for row in rows})} packages in {asked.out}")


if __name__ == "__main__":
    main()
