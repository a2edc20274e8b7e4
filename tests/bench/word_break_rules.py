"""Writes ``kernels/data/word_break.json``: which characters have which Word_Break property, as uniseg knows them.

Run by a Python that has uniseg (``tests/bench/peers/dolma.txt`` brings it): ``python tests/bench/word_break_rules.py OUT``.
uniseg is MIT; its tables hold the Unicode Character Database 16.0.0 (WordBreakProperty.txt and emoji-data.txt), which may be
copied under the Unicode License v3. What is kept are ranges of code points.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path

from uniseg.emoji import extended_pictographic
from uniseg.wordbreak import word_break

PLANES = 0x110000


def ranges(members: list[int]) -> str:
    """Sorted code points as inclusive ranges in hexadecimal."""
    found: list[list[int]] = []
    for code in members:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return " ".join(f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in found)


def main(out: Path) -> None:
    members: dict[str, list[int]] = {}
    for code in range(PLANES):
        members.setdefault(word_break(chr(code)).value, []).append(code)
    del members["Other"]
    members["Extended_Pictographic"] = [code for code in range(PLANES) if extended_pictographic(chr(code))]
    reader = f"uniseg {importlib.metadata.version('uniseg')} (MIT)"
    content = {"source": f"Unicode Character Database 16.0.0 (Unicode License v3), read from {reader}"}
    content |= {name: ranges(codes) for name, codes in sorted(members.items())}
    out.write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
