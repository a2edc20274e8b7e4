"""Writes ``kernels/data/english.json``: the tables of spaCy's blank English pipeline and of datatrove's character sets.

Run by a Python that has spaCy and datatrove (``tests/bench/peers``): ``python tests/bench/english_rules.py OUT``. Both are
MIT or Apache-2.0; what is kept are lists of strings and of code points, and the versions that they were read from.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import datatrove.utils.text as datatrove_text
import spacy
from spacy.lang import char_classes as classes
from spacy.pipeline.sentencizer import Sentencizer

PLANES = 0x110000


def ranges(members: list[int]) -> list[list[int]]:
    """Sorted code points as inclusive ranges."""
    found: list[list[int]] = []
    for code in members:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def members(inside: str) -> list[list[int]]:
    """What a bracketed class of a regular expression matches, as ranges of code points."""
    pattern = re.compile(f"[{inside}]")
    return ranges([code for code in range(PLANES) if pattern.match(chr(code))])


def literals(pieces: list[str]) -> list[str]:
    return list(dict.fromkeys(re.sub(r"\\(.)", r"\1", piece) for piece in pieces if piece.strip()))


def codes(characters: set[str] | list[str]) -> list[list[int]]:
    return ranges(sorted(map(ord, characters)))


def main(out: Path) -> None:
    tokenizer = spacy.blank("en").tokenizer
    quotes, punct = classes.CONCAT_QUOTES, classes.PUNCT
    content = {
        "source": f"spaCy {spacy.__version__} (MIT): tokenizer and sentencizer; datatrove 0.10.1 (Apache-2.0): utils/text.py",
        "special_cases": {text: [token[65] for token in tokens] for text, tokens in sorted(tokenizer.rules.items())},
        "punctuation": literals(classes.LIST_PUNCT),
        "quotes": literals(classes.LIST_QUOTES),
        "currency": literals(classes.LIST_CURRENCY),
        "units": literals(classes.UNITS.split("|")),
        "hyphens": literals(classes.LIST_HYPHENS),
        "icons": members(classes.ICONS),
        "alpha": members(classes.ALPHA),
        "alpha_lower": members(classes.ALPHA_LOWER),
        "alpha_upper": members(classes.ALPHA_UPPER),
        "before_infix_dot": members(classes.ALPHA_LOWER + quotes),
        "after_infix_dot": members(classes.ALPHA_UPPER + quotes),
        "before_suffix_dot": members(rf"0-9{classes.ALPHA_LOWER}%²\-\+{punct}(?:{quotes})"),
        "sentence_ends": codes(Sentencizer.default_punct_chars),
        "datatrove_punctuation": codes(datatrove_text.PUNCTUATION_SET),
        "datatrove_terminal": codes(datatrove_text.TERMINAL_PUNCTUATION),
    }
    lines = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=True)}" for key, value in content.items())
    out.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
