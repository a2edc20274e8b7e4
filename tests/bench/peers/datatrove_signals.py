"""What datatrove says of each document: words, sentences, every number that its filters compare, verdicts and reasons.

PYTHON datatrove_signals.py DOCUMENTS.jsonl OUT.jsonl [WORKERS]

Numbers are worked out with datatrove's own functions; verdicts and reasons are what its filters return: each filter by itself
and each of their rules by itself on the raw text (FineWeb's on the text that C4's line rules leave), and all in FineWeb's order.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable
from multiprocessing import Pool
from typing import Any

from datatrove.data import Document  # type: ignore[import-not-found]
from datatrove.pipeline.filters import (  # type: ignore[import-not-found]
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    c4_filters,
)
from datatrove.pipeline.filters.gopher_quality_filter import STOP_WORDS  # type: ignore[import-not-found]
from datatrove.pipeline.filters.gopher_repetition_filter import (  # type: ignore[import-not-found]
    find_all_duplicate,
    find_duplicates,
    find_top_duplicate,
    get_n_grams,
)
from datatrove.utils.text import (  # type: ignore[import-not-found]
    PUNCTUATION_SET,
    TERMINAL_PUNCTUATION,
    split_into_sentences,
    split_into_words,
)

Signals = dict[str, float | None]

REPETITION, QUALITY = GopherRepetitionFilter(), GopherQualityFilter()
C4, FINEWEB = C4QualityFilter(filter_no_terminal_punct=False), FineWebQualityFilter()
OPTIONS: dict[type, dict[str, tuple[str, Any]]] = {
    GopherRepetitionFilter: {
        **{rule: (rule, None) for rule in ("dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac")},
        **{f"top_{many}_gram": ("top_n_grams", ()) for many, _ in REPETITION.top_n_grams},
        **{f"duplicated_{many}_n_grams": ("dup_n_grams", ()) for many, _ in REPETITION.dup_n_grams},
    },
    GopherQualityFilter: {
        "gopher_short_doc": ("min_doc_words", None),
        "gopher_long_doc": ("max_doc_words", None),
        "gopher_below_avg_threshold": ("min_avg_word_length", None),
        "gopher_above_avg_threshold": ("max_avg_word_length", None),
        "gopher_too_many_hashes": ("max_symbol_word_ratio", None),
        "gopher_too_many_ellipsis": ("max_symbol_word_ratio", None),
        "gopher_too_many_bullets": ("max_bullet_lines_ratio", None),
        "gopher_too_many_end_ellipsis": ("max_ellipsis_lines_ratio", None),
        "gopher_below_alpha_threshold": ("max_non_alpha_words_ratio", None),
        "gopher_enough_stop_words": ("min_stop_words", None),
    },
    C4QualityFilter: {
        "lorem_ipsum": ("filter_lorem_ipsum", False),
        "curly_bracket": ("filter_curly_bracket", False),
        "too_few_sentences": ("min_num_sentences", -1),
    },
    FineWebQualityFilter: {
        "line_punct_ratio": ("line_punct_thr", 0.0),
        "short_line_ratio": ("short_line_thr", 1.0),
        "char_dup_ratio": ("char_duplicates_ratio", 1.0),
        "list_ratio": ("new_line_ratio", float("inf")),
    },
}
"""For each filter its rules, each with the option that holds its limit and the value that switches it off."""


def alone(kind: type, rule: str | None) -> Any:
    """A filter with one rule, or with none."""
    off = dict(OPTIONS[kind].values())
    if kind is C4QualityFilter:
        off["filter_no_terminal_punct"] = False
    if rule is not None:
        option = OPTIONS[kind][rule][0]
        limit = inspect.signature(kind).parameters[option].default
        named = re.search(r"\d+", rule) if option.endswith("n_grams") else None
        off[option] = tuple(pair for pair in limit if pair[0] == int(named[0])) if named else limit
    return kind(**off)


ALONE = {rule: alone(kind, rule) for kind, rules in OPTIONS.items() for rule in rules}
LINES, COUNTED = alone(C4QualityFilter, None), ALONE["too_few_sentences"]


def describe(line: str) -> str:
    """One line of the answer for one line of the question."""
    row = json.loads(line)
    text = row["text"]
    try:
        found = {"id": row["id"], **described(text)}
    except Exception as error:  # what the engine cannot read is a finding too
        found = {"id": row["id"], "error": f"{type(error).__name__}: {error}"[:300]}
    return json.dumps(found, ensure_ascii=False) + "\n"


def described(text: str) -> dict[str, Any]:
    words = split_into_words(text)
    sentences, lines = sentences_of_kept_lines(text)
    kept = left_by(LINES, text)
    chain, reason = first_of_chain(text)
    signals = {**quality(text, words), **repetition(text, words), **lines_signals(text, sentences, lines), **fineweb(kept)}
    return {
        "words": len(words),
        "words_hash": digest("\0".join(words)),
        "sentences": sentences,
        "kept_lines": lines,
        "kept_hash": digest(kept),
        "signals": signals,
        "reasons": {
            "repetition": reason_of(REPETITION, text),
            "quality": reason_of(QUALITY, text),
            "c4": reason_of(C4, text),
            "fineweb": reason_of(FINEWEB, kept),
            "chain": reason,
        },
        "stage": chain,
        "rules": {rule: fails(rule, kept if rule in OPTIONS[FineWebQualityFilter] else text, signals) for rule in ALONE},
    }


def fails(rule: str, text: str, signals: Signals) -> bool | None:
    """Whether the rule, asked alone, drops the text; none where the engine raises, or compares with the mean of no words."""
    if rule.endswith("avg_threshold") and signals["mean_word_length"] is None:
        return None
    try:
        reason = reason_of(ALONE[rule], text)
    except (ArithmeticError, ValueError):
        return None
    if rule == "gopher_too_many_ellipsis" and reason == "gopher_too_many_hashes":  # two rules share a limit, the other was first
        return bool((signals["ellipsis_ratio"] or 0) > QUALITY.max_symbol_word_ratio)
    return reason in ("empty", rule)


def reason_of(step: Any, text: str) -> str | None:
    """Why a filter drops the text; none where it passes."""
    result = step.filter(Document(text=text, id=""))
    return result[1] if isinstance(result, tuple) and not result[0] else None


def left_by(step: Any, text: str) -> str:
    """The text that a filter which rewrites leaves."""
    document = Document(text=text, id="")
    step.filter(document)
    return str(document.text)


def first_of_chain(text: str) -> tuple[str | None, str | None]:
    """The filter of FineWeb's chain that drops the text, and its reason."""
    document = Document(text=text, id="")
    for name, step in (("repetition", REPETITION), ("quality", QUALITY), ("c4", C4), ("fineweb", FINEWEB)):
        result = step.filter(document)
        if isinstance(result, tuple) and not result[0]:
            return name, result[1]
    return None, None


def sentences_of_kept_lines(text: str) -> tuple[int, int]:
    """How many sentences C4 counts on the lines that it keeps, and how many lines those are."""
    counts: list[int] = []

    def counting(line: str, language: str) -> list[str]:
        found: list[str] = split_into_sentences(line, language)
        counts.append(len(found))
        return found

    c4_filters.split_into_sentences = counting
    try:
        COUNTED.filter(Document(text=text, id=""))
    finally:
        c4_filters.split_into_sentences = split_into_sentences
    return sum(counts), len(counts)


def quality(text: str, words: list[str]) -> Signals:
    content = [word for word in words if any(sign not in PUNCTUATION_SET for sign in word)]
    lines = text.splitlines()
    return {
        "n_tokens": len(words),
        "n_words": len(content),
        "mean_word_length": share(sum(map(len, content)), len(content)),
        "hash_ratio": share(text.count("#"), len(words)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(words)),
        "bullet_line_ratio": share(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines)),
        "end_ellipsis_line_ratio": share(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)),
        "alpha_word_ratio": share(sum(any(sign.isalpha() for sign in word) for word in words), len(words)),
        "stop_words": len(set(STOP_WORDS) & set(words)),
    }


def repetition(text: str, words: list[str]) -> Signals:
    paragraphs, lines = re.split(r"\n{2,}", text.strip()), re.split(r"\n+", text)
    (again_paragraphs, paragraph_chars), (again_lines, line_chars) = find_duplicates(paragraphs), find_duplicates(lines)
    found: Signals = {
        "dup_para_frac": again_paragraphs / len(paragraphs),
        "dup_para_char_frac": share(paragraph_chars, len(text)),
        "dup_line_frac": again_lines / len(lines),
        "dup_line_char_frac": share(line_chars, len(text)),
    }
    for many in (2, 3, 4):
        grams = get_n_grams(words, many)
        found[f"top_{many}_gram"] = share(find_top_duplicate(grams) if grams else 0, len(text))
    for many in range(5, 11):
        found[f"duplicated_{many}_n_grams"] = share(find_all_duplicate(words, many), len(text))
    return found if text else dict.fromkeys(found)


def lines_signals(text: str, sentences: int, lines: int) -> Signals:
    return {
        "c4_lorem_ipsum": float(reason_of(ALONE["lorem_ipsum"], text) is not None),
        "c4_curly_bracket": float(reason_of(ALONE["curly_bracket"], text) is not None),
        "c4_lines": lines,
        "c4_sentences": sentences,
    }


def fineweb(text: str) -> Signals:
    lines = [line for line in text.split("\n") if line.strip()]
    names = ("line_punct_ratio", "short_line_ratio", "char_dup_ratio", "list_ratio")
    if not lines:
        return dict.fromkeys(names)
    numbers = (
        sum(line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in lines) / len(lines),
        sum(len(line) <= FINEWEB.short_line_length for line in lines) / len(lines),
        find_duplicates(lines)[1] / len(text.replace("\n", "")),
        share(text.count("\n"), len(split_into_words(text))),
    )
    return dict(zip(names, numbers, strict=True))


def share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
