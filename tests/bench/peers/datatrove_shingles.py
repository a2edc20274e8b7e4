"""The shingles that datatrove's MinHash reads in each document: how many there are, and the hash of their sorted set.

PYTHON datatrove_shingles.py DOCUMENTS.jsonl OUT.jsonl [WORKERS]
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from multiprocessing import Pool
from typing import Any

from datatrove.pipeline.dedup import MinhashDedupSignature  # type: ignore[import-not-found]
from datatrove.pipeline.dedup.minhash import MinhashConfig  # type: ignore[import-not-found]


class Read(MinhashDedupSignature):  # type: ignore[misc]
    """The step itself, with strings in place of their hashes."""

    def __init__(self) -> None:
        super().__init__("memory://nothing-is-written", MinhashConfig())
        self.found: list[str] = []
        self._hash_func = lambda shingle: self.found.append(shingle) or 0


@cache
def step() -> Read:
    return Read()


def answer(line: str) -> str:
    row: dict[str, Any] = json.loads(line)
    reader = step()
    reader.found.clear()
    reader.get_shingles(row["text"])
    shingles = sorted(set(reader.found))
    digest = hashlib.sha256("\n".join(shingles).encode()).hexdigest()
    return json.dumps({"id": row["id"], "shingles": len(shingles), "digest": digest})


def main() -> None:
    source, target, *workers = sys.argv[1:]
    pool = Pool(int(workers[0]) if workers else 1)
    with pool, open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as file:
        for found in pool.imap(answer, lines, chunksize=20):
            file.write(found + "\n")


if __name__ == "__main__":
    main()
