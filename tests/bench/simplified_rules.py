"""Writes ``kernels/data/simplified.json``: which Chinese character is the simplified form of which traditional one.

Run beside the wheel of opencc-python-reimplemented 0.1.7: ``python -m tests.bench.simplified_rules WHEEL OUT``. The table is
OpenCC's ``TSCharacters.txt``; both are Apache-2.0. What is kept is the first form that it gives, where that is another character.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

TABLE = "opencc/dictionary/TSCharacters.txt"
SOURCE = "OpenCC TSCharacters.txt (Apache-2.0), as opencc-python-reimplemented 0.1.7 (Apache-2.0) brings it"


def main(wheel: Path, out: Path) -> None:
    lines = zipfile.ZipFile(wheel).read(TABLE).decode().splitlines()
    pairs = sorted((one, forms.split(" ")[0]) for one, forms in (line.split("\t") for line in lines))
    changed = [(one, other) for one, other in pairs if one != other]
    content = {
        "source": SOURCE,
        "traditional": "".join(one for one, _ in changed),
        "simplified": "".join(other for _, other in changed),
    }
    out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
