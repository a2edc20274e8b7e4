"""How much likelier a letter follows another in English words than by chance: prints the rows of ``privacy/letter_pairs.py``.

Counted once for each distinct word of three to sixteen letters that stands eight times or more in Debian's documentation of Python,
PostgreSQL and Linux.
"""

from __future__ import annotations

import gzip
import math
import re
import string
from collections import Counter

from tests.bench import debian

PACKAGES, MOST_SIGNS, OFTEN, MOST = ("python3.11-doc", "postgresql-doc-15", "linux-doc-6.1"), 12_000_000, 8, 9
LETTERS = string.ascii_lowercase


def list_words() -> list[str]:
    """The words that are counted."""
    counted: Counter[str] = Counter()
    for package in PACKAGES:
        size = 0
        for path in debian.files(package):
            content = path.read_bytes()
            text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace")
            counted.update(re.findall(r"(?<![a-z])[a-z]{3,16}(?![a-z])", re.sub("<[^>]*>", " ", text).lower()))
            size += len(text)
            if size > MOST_SIGNS:
                break
    return sorted(word for word, many in counted.items() if many >= OFTEN)


def main() -> None:
    words = list_words()
    pairs = Counter(pair for word in words for pair in zip(word, word[1:], strict=False))
    firsts = Counter(letter for word in words for letter in word[:-1])
    print(len(words), "words")
    for one in LETTERS:
        bits = (math.log2(26 * (pairs[one, other] + 0.5) / (firsts[one] + 13)) for other in LETTERS)
        row = "".join(chr(ord("j") + max(-MOST, min(MOST, round(2 * each)))) for each in bits)
        print(f'    "{row}",')


if __name__ == "__main__":
    main()
