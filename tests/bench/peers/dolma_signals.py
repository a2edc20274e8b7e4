"""What Dolma's taggers gopher_v2 and c4_v2 say of each document, under the names of the profile ``dolma``.

PYTHON dolma_signals.py DOCUMENTS.jsonl OUT.jsonl [WORKERS]

Reads rows with ``id`` and ``text``, writes rows with ``id``, ``signals`` (column to number), ``missing`` (the columns for which
Dolma writes no number, since there is no n-gram; they stand as 0 in ``signals``) and ``rules`` (rule to whether it fails), or
``error`` where a tagger fails. Spans over lines are told as shares of the lines; ``…_v1`` are those of gopher_v1 and c4_v1.
Limits are those of configs/cccc/README.md, with the n-grams' names as the tagger writes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from multiprocessing import Pool
from typing import Any

from dolma.core.data_types import Document  # type: ignore[import-not-found]
from dolma.taggers.c4 import C4Tagger, FasterC4Tagger  # type: ignore[import-not-found]
from dolma.taggers.gopher import GopherTagger, GopherTaggerV2  # type: ignore[import-not-found]

GOPHER_V1, GOPHER_V2, C4_V1, C4_V2 = GopherTagger(), GopherTaggerV2(), C4Tagger(), FasterC4Tagger()
LINES = {
    "bullet_line_ratio": "fraction_of_lines_starting_with_bullet_point",
    "end_ellipsis_line_ratio": "fraction_of_lines_ending_with_ellipsis",
    "dup_line_frac": "fraction_of_duplicate_lines",
}
NUMBERS = {
    "n_words": "word_count",
    "median_word_length": "median_word_length",
    "symbol_word_ratio": "symbol_to_word_ratio",
    "alpha_word_ratio": "fraction_of_words_with_alpha_character",
    "stop_words": "required_word_count",
    "dup_line_char_frac": "fraction_of_characters_in_duplicate_lines",
    **LINES,
}
GRAMS = {f"top_{n}_gram": f"fraction_of_characters_in_most_common_{n}grams" for n in (2, 3, 4)}
GRAMS |= {f"duplicated_{n}_n_grams": f"fraction_of_characters_in_duplicate_{n}grams" for n in range(5, 11)}
CLAIMS = {
    "c4_curly_bracket": "has_curly_brace",
    "c4_lorem_ipsum": "has_lorem_ipsum",
    "c4_javascript": "has_javascript",
    "c4_naughty_word": "has_naughty_word",
}
SHARES = {"c4_unended_line_ratio": "lines_with_no_ending_punctuation", "c4_few_words_line_ratio": "lines_with_too_few_words"}

BELOW = {
    "gopher_short_doc": ("n_words", 50),
    "gopher_below_median_threshold": ("median_word_length", 3),
    "gopher_below_alpha_threshold": ("alpha_word_ratio", 0.8),
    "gopher_enough_stop_words": ("stop_words", 2),
}
ABOVE = {
    "curly_bracket": ("c4_curly_bracket", 0),
    "lorem_ipsum": ("c4_lorem_ipsum", 0),
    "javascript": ("c4_javascript", 0),
    "gopher_long_doc": ("n_words", 100_000),
    "gopher_above_median_threshold": ("median_word_length", 10),
    "gopher_too_many_symbols": ("symbol_word_ratio", 0.1),
    "gopher_too_many_bullets": ("bullet_line_ratio", 0.9),
    "gopher_too_many_end_ellipsis": ("end_ellipsis_line_ratio", 0.3),
    "dup_line_frac": ("dup_line_frac", 0.3),
    "dup_line_char_frac": ("dup_line_char_frac", 0.3),
    **{column: (column, limit) for column, limit in zip(GRAMS, (0.2, 0.18, 0.16, 0.15, 0.14, 0.13, 0.12, 0.11, 0.1), strict=True)},
}


def describe(line: str) -> str:
    """One line of the answer for one line of the question."""
    row = json.loads(line)
    try:
        found = {"id": row["id"], **described(row["text"])}
    except Exception as error:  # what the engine cannot read is a finding too
        found = {"id": row["id"], "error": f"{type(error).__name__}: {error}"[:300]}
    return json.dumps(found, ensure_ascii=False) + "\n"


def described(text: str) -> dict[str, Any]:
    gopher, older, c4, older_c4 = (scores(tagger, text) for tagger in (GOPHER_V2, GOPHER_V1, C4_V2, C4_V1))
    lines = c4["line_count"][0]
    signals = {
        **{column: gopher[kind][0] for column, kind in NUMBERS.items()},
        **{column: gopher.get(kind, [0])[0] for column, kind in GRAMS.items()},
        **{f"{column}_v1": older[kind][0] for column, kind in LINES.items()},
        **{column: float(kind in c4) for column, kind in CLAIMS.items()},
        **{column: len(c4.get(kind, ())) / lines for column, kind in SHARES.items()},
        "n_lines": lines,
        "c4_javascript_v1": float("has_javascript" in older_c4),
    }
    below = {rule: signals[column] < limit for rule, (column, limit) in BELOW.items()}
    above = {rule: signals[column] > limit for rule, (column, limit) in ABOVE.items()}
    return {
        "signals": signals,
        "missing": [column for column, kind in GRAMS.items() if kind not in gopher],
        "rules": {**below, **above},
    }


def scores(tagger: Any, text: str) -> dict[str, list[float]]:
    """The scores of all spans that a tagger writes, by type."""
    found: dict[str, list[float]] = {}
    for span in tagger.predict(Document(source="", id="", text=text)).spans:
        found.setdefault(span.type, []).append(span.score)
    return found


def answers(lines: Iterable[str], workers: int) -> Iterable[str]:
    """Answers in the order of the questions."""
    if workers == 1:
        return map(describe, lines)
    measure: Callable[..., Iterable[str]] = Pool(workers).imap
    return measure(describe, lines, 32)


def main() -> None:
    source, target, *workers = sys.argv[1:]
    with open(source, encoding="utf-8") as file, open(target, "w", encoding="utf-8") as out:
        out.writelines(answers(file, int(workers[0]) if workers else 1))


if __name__ == "__main__":
    main()
