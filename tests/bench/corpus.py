"""Corpora for benchmarks: real documents of many languages, and as many megabytes of recombined ones as asked for.

python -m tests.bench.corpus real PATH [--documents N]
python -m tests.bench.corpus sized PATH --megabytes N
"""

from __future__ import annotations

import argparse
import json
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from resonance.curate.demo_texts import doc_strings
from tests.bench import debian
from tests.bench.places import cache
from tests.bench.sizes import make_corpus

DOCUMENTS = 12_000
SEED = 1
MAX_CHARS = 200_000
DOC_STRINGS = ("numpy", "pandas", "pyarrow", "matplotlib")
RULE = 1
"""Which rules made texts of files: counted up when they change, so that old corpora are made anew."""

Document = tuple[str, str, str]


def real_corpus(documents: int = DOCUMENTS, seed: int = SEED) -> Path:
    """A JSON lines file of real documents (id, text, source) in the cache; made when it is not there.

    Every source gives an equal share, in an order drawn with ``seed``; what small ones leave over goes to the larger ones.
    """
    path = cache("corpora") / f"real-{RULE}-{documents}-{seed}.jsonl"
    if not path.exists():
        write(path, real_documents(documents, seed))
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


def real_documents(count: int, seed: int) -> Iterator[Document]:
    """At most ``count`` real documents, source by source, small sources first; overlong texts count as none."""
    left = count
    pools = sorted(sources(), key=lambda source: source.size)
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


def write(path: Path, rows: Iterator[Document]) -> None:
    """Writes documents as JSON lines; the file gets its name when it is whole."""
    fresh = path.with_suffix(".fresh")
    with fresh.open("w", encoding="utf-8") as file:
        for name, text, source in rows:
            file.write(json.dumps({"id": name, "text": text, "source": source}, ensure_ascii=False) + "\n")
    fresh.rename(path)


def read(path: Path) -> list[Document]:
    """All documents of a JSON lines file."""
    with path.open(encoding="utf-8") as file:
        rows = (json.loads(line) for line in file)
        return [(row["id"], row["text"], row.get("source", "")) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("real", "sized"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--megabytes", type=float, default=16)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    if asked.kind == "real":
        write(asked.path, real_documents(asked.documents, asked.seed))
    else:
        make_corpus(asked.path, asked.megabytes, asked.seed, real_corpus())


if __name__ == "__main__":
    main()
