"""Corpora for benchmarks: real documents of many languages, and as many megabytes of recombined ones as asked for.

python -m tests.bench.corpus real PATH [--documents N] [--english]
python -m tests.bench.corpus sized PATH --megabytes N [--english]
"""

from __future__ import annotations

import argparse
import json
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from resonance.curate.sources.demo_texts import doc_strings
from tests.bench import debian
from tests.bench.places import cache
from tests.bench.sizes import Copies, make_corpus

DOCUMENTS = 12_000
SEED = 1
PARTS = 8
MAX_CHARS = 200_000
DOC_STRINGS = ("numpy", "pandas", "pyarrow", "matplotlib")
IN_ENGLISH = ("linux-doc-6.1", "python3.11-doc", "postgresql-doc-15", "fortunes", "miscfiles")
RULE = 1
"""Which rules made texts of files: counted up when they change, so that old corpora are made anew."""

Document = tuple[str, str, str]


def real_corpus(documents: int = DOCUMENTS, seed: int = SEED, english: bool = False) -> Path:
    """A JSON lines file of real documents (id, text, source) in the cache, of all languages or English alone; made when not there.

    Every source gives an equal share, in an order drawn with ``seed``; what small ones leave over goes to the larger ones.
    """
    path = cache("corpora") / f"{'english' if english else 'real'}-{RULE}-{documents}-{seed}.jsonl"
    if not path.exists():
        write(path, real_documents(documents, seed, english))
    return path


@dataclass(frozen=True)
class Source:
    """A package whose files hold documents; ``home`` is what their names leave out."""

    name: str
    home: Path
    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        """About how many documents there are."""
        return len(self.paths) * (100 if self.name.startswith("fortunes") else 1)

    @property
    def in_english(self) -> bool:
        """Whether all of it is English."""
        return self.name in IN_ENGLISH or self.name not in debian.PACKAGES

    def drawn(self, seed: int) -> list[Path]:
        """The files in an order that depends on their names and the seed alone."""
        return sorted(self.paths, key=lambda path: debian.number_of(str(path.relative_to(self.home)), seed))

    def documents(self, path: Path) -> Iterator[tuple[str, str]]:
        """Id and text of each document of a file."""
        if self.name in debian.PACKAGES:
            yield from debian.documents(path)
            return
        for name, _, text in doc_strings(str(path)):
            yield f"{path.relative_to(self.home)}:{name}", text


def real_documents(count: int, seed: int, english: bool) -> Iterator[Document]:
    """At most ``count`` real documents, source by source, small sources first; overlong texts count as none."""
    left = count
    known = (source for source in sources() if not english or source.in_english)
    pools = sorted(known, key=lambda source: source.size)
    for place, source in enumerate(pools):
        documents = (document for path in source.drawn(seed) for document in source.documents(path))
        usable = ((name, text, source.name) for name, text in documents if text and len(text) <= MAX_CHARS)
        for document in islice(usable, left // (len(pools) - place)):
            left -= 1
            yield document


def sources() -> Iterator[Source]:
    """Debian's packages, then Python packages whose doc strings are read."""
    for package in debian.PACKAGES:
        if found := debian.files(package):
            yield Source(package, debian.unpacked_home(), tuple(found))
    home = Path(sysconfig.get_path("purelib"))
    for package in DOC_STRINGS:
        if found := sorted((home / package).rglob("*.py")):
            yield Source(f"doc strings of {package}", home, tuple(found))


def sized_corpus(megabytes: float, english: bool, parts: int = PARTS, seed: int = SEED, copies: Copies | None = None) -> Path:
    """A folder of ``parts`` JSON lines files in the cache, ``megabytes`` in all; made when it is not there."""
    kind = "english" if english else "mixed"
    if copies:
        kind += f"-copies-{copies.exact:g}-{copies.near:g}-{copies.words}"
    if seed != SEED:
        kind += f"-seed-{seed}"
    folder = cache("corpora") / f"{kind}-{RULE}-{megabytes:g}mb"
    if not folder.exists():
        fresh = folder.with_suffix(".fresh")
        fresh.mkdir(exist_ok=True)
        for part in range(parts):
            make_corpus(fresh / f"{part}.jsonl", megabytes / parts, seed + part, real_corpus(english=english), copies)
        fresh.rename(folder)
    return folder


def write(path: Path, rows: Iterator[Document]) -> None:
    """Writes documents as JSON lines; the file gets its name when it is whole."""
    fresh = path.with_suffix(".fresh")
    with fresh.open("w", encoding="utf-8") as file:
        for name, text, source in rows:
            file.write(json.dumps({"id": name, "text": text, "source": source}, ensure_ascii=False) + "\n")
    fresh.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("real", "sized"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--megabytes", type=float, default=16)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--english", action="store_true", help="sources in English alone")
    asked = parser.parse_args()
    if asked.kind == "real":
        write(asked.path, real_documents(asked.documents, asked.seed, asked.english))
    else:
        make_corpus(asked.path, asked.megabytes, asked.seed, real_corpus(english=asked.english))


if __name__ == "__main__":
    main()
