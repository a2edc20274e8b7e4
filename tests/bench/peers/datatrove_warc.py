"""datatrove's WarcReader over a folder of archives, alone or with the extractor that we use; prints what it found and used as JSON.

PYTHON datatrove_warc.py FOLDER read|extract|default

``default`` is the extractor that its own examples take.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time

import cchardet  # type: ignore[import-not-found]  # noqa: F401  # what the reader imports with its first record
import magic  # type: ignore[import-not-found]  # noqa: F401
import warcio.archiveiterator  # type: ignore[import-not-found]  # noqa: F401
from datatrove.pipeline.extractors import Trafilatura  # type: ignore[import-not-found]
from datatrove.pipeline.extractors.base import BaseExtractor  # type: ignore[import-not-found]
from datatrove.pipeline.readers import WarcReader  # type: ignore[import-not-found]
from resiliparse.extract.html2text import extract_plain_text


class Resiliparse(BaseExtractor):  # type: ignore[misc]
    """The main content of a page."""

    name = "Resiliparse"

    def __init__(self) -> None:
        super().__init__(timeout=60)

    def extract(self, text: str) -> str:
        """The text of a page."""
        return str(extract_plain_text(text, main_content=True))


def used() -> float:
    """Processor seconds of this process and of those that it started and waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def main() -> None:
    folder, part = sys.argv[1:]
    cpu, began, texts, digest = used(), time.monotonic(), 0, hashlib.sha256()
    documents = WarcReader(folder).run()
    if part != "read":
        documents = (Trafilatura(favour_precision=True, timeout=60) if part == "default" else Resiliparse()).run(documents)
    for document in documents:
        texts += 1
        digest.update(document.text.encode())
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    said = {"documents": texts, "digest": digest.hexdigest()[:16], "cpu_seconds": used() - cpu}
    print(json.dumps({**said, "seconds": time.monotonic() - began, "peak_gb": most / 1e6}))


if __name__ == "__main__":
    main()
