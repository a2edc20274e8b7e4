"""How long a short Chinese text is beside the English one that it translates; and what policies make of source code.

python -m tests.bench.short_and_code [--no-result]

Translations are blocks of the Linux kernel's documentation, where both editions of a page have as many; code is what this Python's
packages and /usr hold, prose the manuals of PostgreSQL and Python.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resonance.core.policy import Policy
from resonance.curate.kernels.text.tidy import clean_text
from resonance.runtime.policies import load_policy
from resonance.tables import SIGNAL_SETS
from tests.bench import debian, texts
from tests.bench.places import write_result

KERNEL = Path("linux-doc-6.1/usr/share/doc/linux-doc-6.1/Documentation")
HAN, LETTER = re.compile("[\u4e00-\u9fff]"), re.compile(r"[^\W\d_]")
EACH, SMALLEST, LARGEST = 300, 400, 60_000
"""So many files of a kind at most, of so many bytes."""
CODE: Mapping[str, tuple[str, ...]] = {
    "Python": ("**/*.py",),
    "JavaScript": ("**/*.js",),
    "C headers": ("**/*.h",),
    "shell": ("**/*.sh", "**/bash-completion/completions/*"),
    "Perl": ("**/*.pm",),
}
PROSE = ("postgresql-doc-15", "python3.11-doc")
SETS = ("basics", "datatrove", "any_language")
POLICIES = ("gopher", "any_language")
SPARED = 0.01
"""A signal tells code where it flags no more than this share of prose."""


def align_blocks() -> Iterator[tuple[str, str]]:
    """Chinese blocks and the English ones that they translate; blocks that are half code or more are left out."""
    home = debian.unpacked_home() / KERNEL
    for path in sorted((home / "translations/zh_CN").rglob("*.rst.gz")):
        original = home / path.relative_to(home / "translations/zh_CN")
        if original.exists():
            chinese, english = _split_blocks(texts.read(path)), _split_blocks(texts.read(original))
            if len(chinese) == len(english):
                yield from ((ours, theirs) for ours, theirs in zip(chinese, english, strict=True) if _is_chinese(ours))


def _split_blocks(text: str) -> list[str]:
    """Blocks between empty lines, without what heads a translation and licences."""
    head = re.compile(r"include::|:Original|SPDX|:翻译|:校译|_cn_")
    return [block for block in re.split(r"\n\s*\n", text) if block.strip() and not head.search(block)]


def _is_chinese(block: str) -> bool:
    return len(HAN.findall(block)) >= max(5, len(LETTER.findall(block)) / 2)


def compare_lengths(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Han characters of blocks beside words of their originals, and how many are short by either count."""
    chinese, english = zip(*pairs, strict=True)
    han = np.array(SIGNAL_SETS["chinese"].measure(pa.array(chinese)).field("n_han"), float)
    words = np.array(SIGNAL_SETS["datatrove"].measure(pa.array(english)).field("n_words"), float)
    near = (words >= 40) & (words < 60)
    return {
        "blocks": len(pairs),
        "han_per_word_in_all": round(float(han[words >= 10].sum() / words[words >= 10].sum()), 2),
        "han_per_word_of_40_to_60_words": np.percentile(han[near] / words[near], [25, 50, 75]).round(2).tolist(),
        "fewer_than_50_words": int((words < 50).sum()),
        "fewer_han_than": {str(limit): int((han < limit).sum()) for limit in (50, 60, 70, 80, 90)},
        "short_by_words_alone": int(((words < 50) & (han >= 80)).sum()),
        "short_by_han_alone": int(((words >= 50) & (han < 80)).sum()),
    }


def read_code() -> Iterator[tuple[str, list[str]]]:
    """Texts of source files by kind, in an order that depends on their names alone."""
    roots = [Path(np.__file__).parents[1], Path("/usr/share"), Path("/usr/include")]
    for kind, globs in CODE.items():
        yield kind, _take(path for root in roots for glob in globs for path in root.glob(glob))


def read_prose() -> list[str]:
    """Texts of manuals' pages."""
    pages = (path for package in PROSE for path in debian.files(package) if path.suffix == ".html")
    return [clean_text(texts.from_html(texts.read(path))) for path in sorted(pages, key=lambda p: debian.number_of(p.name))[:EACH]]


def _take(paths: Iterable[Path]) -> list[str]:
    sized = (path for path in paths if path.is_file() and SMALLEST <= path.stat().st_size <= LARGEST)
    found = sorted(sized, key=lambda path: debian.number_of(path.name))[:EACH]
    return [clean_text(texts.read(path)) for path in found]


def measure(held: Sequence[str]) -> list[dict[str, dict[str, Any]]]:
    """The signals of each text, by set."""
    sets = {name: SIGNAL_SETS[name].measure(pa.array(held)).to_pylist() for name in SETS}
    return [{name: rows[place] for name, rows in sets.items()} for place in range(len(held))]


def passes(policy: Policy, row: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a text passes every rule of numbers."""
    for rule in policy.rules:
        value, limit = row[policy.set_of(rule)][rule.signal], rule.threshold
        if limit is None or value is None or (value < limit if rule.side == "below" else value > limit):
            return False
    return True


def describe(rows: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The languages that texts are called, and how many each policy keeps."""
    languages = Counter(str(row["basics"]["language"]) for row in rows)
    kept = {name: sum(passes(load_policy(name), row) for row in rows) for name in POLICIES}
    return {"texts": len(rows), "languages": dict(languages.most_common(3)), "kept": kept}


def find_telling(code: Sequence[Any], prose: Sequence[Any]) -> list[tuple[str, float]]:
    """The signals that find most code where they flag ``SPARED`` of the prose, with the share that each finds."""
    found = []
    for name in SETS:
        for signal, kind in SIGNAL_SETS[name].types.items():
            if kind != "string" and signal not in ("n_chars", "n_bytes"):
                ours, theirs = (_column(rows, name, signal) for rows in (code, prose))
                low, high = np.quantile(theirs, [SPARED, 1 - SPARED])
                found.append((f"{name}.{signal}", round(float(max((ours < low).mean(), (ours > high).mean())), 3)))
    return sorted(found, key=lambda each: -each[1])[:5]


def _column(rows: Sequence[Any], name: str, signal: str) -> NDArray[np.float64]:
    return np.array([row[name][signal] or 0.0 for row in rows], float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    kinds = {kind: measure(held) for kind, held in read_code()}
    prose = measure(read_prose())
    figures = {
        "short": compare_lengths(list(align_blocks())),
        "code": {kind: describe(rows) for kind, rows in kinds.items()},
        "prose": describe(prose),
        "share_of_code_that_a_signal_tells": find_telling([row for rows in kinds.values() for row in rows], prose),
    }
    print(figures)
    if not asked.no_result:
        print(write_result("short-and-code", "python -m tests.bench.short_and_code", figures))


if __name__ == "__main__":
    main()
