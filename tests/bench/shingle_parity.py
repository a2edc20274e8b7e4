"""The shingles of the profile ``datatrove`` against those that datatrove itself reads, document by document.

python -m tests.bench.shingle_parity [--documents N] [--no-result]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from resonance.curate.kernels.duplicates.datatrove_form import rewrite
from tests.bench import odd
from tests.bench.corpus import real_corpus
from tests.bench.environments import PEERS, python_of, versions_of
from tests.bench.places import cache, cores, write_result

DOCUMENTS, WORDS = 12_000, 5
SCRIPT = PEERS / "datatrove_shingles.py"
out = Console()


def questions(documents: int) -> Path:
    """Real documents, then texts that have tripped readers of text."""
    path = cache("questions") / f"shingles-{documents}.jsonl"
    rows = real_corpus(documents).read_text(encoding="utf-8")
    asked = (json.dumps({"id": f"odd/{number}", "text": text}) for number, text in enumerate(odd.TEXTS))
    path.write_text(rows + "\n".join(asked) + "\n", encoding="utf-8")
    return path


def theirs(path: Path) -> Iterator[dict[str, Any]]:
    """The answers of datatrove."""
    answers = path.with_suffix(".answers.jsonl")
    subprocess.run([python_of("datatrove"), SCRIPT, path, answers, str(cores())], check=True)
    with answers.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def ours(text: str) -> tuple[int, str]:
    """How many shingles a text has, and the hash of their sorted set."""
    words = rewrite(pa.array([text]))[0].as_py().split(" ")
    shingles = sorted({" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)})
    return len(shingles), hashlib.sha256("\n".join(shingles).encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    path = questions(asked.documents)
    counts = {"documents": 0, "odd_texts": 0, "shingles": 0, "documents_without_any": 0}
    different: list[str] = []
    with path.open(encoding="utf-8") as lines:
        for row, answer in zip(map(json.loads, lines), theirs(path), strict=True):
            size, digest = ours(row["text"])
            counts["odd_texts" if row["id"].startswith("odd/") else "documents"] += 1
            counts["shingles"] += answer["shingles"]
            counts["documents_without_any"] += not answer["shingles"]
            if (row["id"], size, digest) != (answer["id"], answer["shingles"], answer["digest"]):
                different.append(row["id"])
    figures = {"versions": versions_of("datatrove"), "shingle_words": WORDS, **counts, "different": different}
    out.print(figures)
    if not asked.no_result:
        out.print(write_result("shingle-parity", f"python -m tests.bench.shingle_parity --documents {asked.documents}", figures))


if __name__ == "__main__":
    main()
