"""How many planted copies share a bucket of their signatures, by the kind of copy, beside what theory gives.

python -m tests.bench.planted [--no-result]

A pair of Jaccard similarity s is found with probability 1 - (1 - s^rows)^bands; what is expected of a kind is the mean of that
over its pairs, whose similarity is measured exactly. Texts of which 15 words of 100 were changed have a similarity of about
.29: 14 x 8 is not made to find them.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from resonance.curate.kernels.duplicates.minhash import bands, signatures
from resonance.curate.kernels.duplicates.shingles import sets
from resonance.curate.kernels.text.words import map_simplified
from tests.bench.corpus import real_corpus
from tests.bench.places import write_result

PAIRS, SEED, BANDS, ROWS, WORDS = 500, 1, 14, 8, 5
MOST_CHARS, LEAST_WORDS, SEEN = 4_000, 50, 0.2
BOILERPLATE = (
    "All rights reserved. By using this site you agree to our terms of service and to our privacy policy, which tell what is kept "
    "of your visit and for how long. Sign up for our newsletter, follow us, and tell your friends what you have read here today."
)
THREE_SIGMA = 0.5 * math.erfc(3 / math.sqrt(2))
"""The chance of three standard deviations or more to one side."""

Change = Callable[[str, random.Random], str]


def by_words(text: str, change: Callable[[str], str]) -> str:
    """The text with every word changed, white space as it was."""
    return "".join(piece if piece.isspace() else change(piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isspace() != text[start].isspace():
            yield text[start:at]
            start = at


def case(text: str, draw: random.Random) -> str:
    """Words in capitals, small letters or as titles."""
    return by_words(text, lambda word: draw.choice((word.upper(), word.lower(), word.capitalize())))


def punctuation(text: str, draw: random.Random) -> str:
    """Marks behind and around words."""
    return by_words(text, lambda word: draw.choice((f"{word},", f"({word})", f"{word} —", f"“{word}”", word)))


def edits(share: float) -> Change:
    """A change of this share of the words: new ones in their place."""

    def change(text: str, draw: random.Random) -> str:
        return by_words(text, lambda word: f"new{draw.randrange(10**9)}" if draw.random() < share else word)

    return change


def boilerplate(text: str, draw: random.Random) -> str:
    """The same two sentences behind each text."""
    return f"{text}\n\n{BOILERPLATE}"


def paragraphs(text: str, draw: random.Random) -> str:
    """Lines in blocks of a quarter, or words where there are few lines, in another order."""
    between = "\n" if text.count("\n") >= 8 else " "
    pieces = text.split(between)
    blocks = [pieces[i * len(pieces) // 4 : (i + 1) * len(pieces) // 4] for i in range(4)]
    draw.shuffle(blocks)
    return between.join(between.join(block) for block in blocks)


def width(text: str, draw: random.Random) -> str:
    """Full width in place of half width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def traditional(text: str, draw: random.Random) -> str:
    """Each simplified character that has traditional ones as one of them."""
    forms: dict[str, list[str]] = {}
    for code, form in map_simplified().items():
        forms.setdefault(chr(form), []).append(chr(code))
    return "".join(draw.choice(forms.get(c, [c])) for c in text)


KINDS: Mapping[str, Change] = {
    "exact": lambda text, draw: text,
    "case": case,
    "punctuation": punctuation,
    "full width": width,
    "appended boilerplate": boilerplate,
    "reordered paragraphs": paragraphs,
    "5 % of words": edits(0.05),
    "15 % of words": edits(0.15),
    "30 % of words": edits(0.3),
}
HAN_KINDS: Mapping[str, Change] = {"traditional": traditional}


@dataclass(frozen=True)
class Found:
    """Pairs of one kind: how many, how similar, how many share a bucket, and how many theory expects.

    ``chance`` is that of a count as far off to its side, or further.
    """

    kind: str
    pairs: int
    similarity: float
    found: int
    expected: float
    deviation: float
    chance: float

    @property
    def holds(self) -> bool:
        """Whether what was found is as far off as three standard deviations, or less.

        That is told by the chance of as many or more (as many or fewer), which is exact where next to none or nearly all are
        expected too: there a count has no bell curve.
        """
        return self.chance >= THREE_SIGMA


def apart(texts: Iterable[str]) -> list[str]:
    """Texts of enough words, each cut to ``MOST_CHARS``, that share few shingles with those before: pairs are to be independent."""
    seen: set[int] = set()
    kept: list[str] = []
    for text in texts:
        cut = text[:MOST_CHARS].strip()
        shingles = set(sets(pa.array([cut]), WORDS)[0].as_py())
        if len(shingles) >= LEAST_WORDS and len(shingles & seen) <= SEEN * len(shingles):
            kept.append(cut)
        seen |= shingles
    return kept


def share_a_bucket(one: list[str], other: list[str]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pairs of texts share a bucket, and the exact Jaccard similarity of each."""
    hashes = [bands(signatures(pa.array(texts), BANDS * ROWS, WORDS)[0], ROWS) for texts in (one, other)]
    held = [list(map(set, sets(pa.array(texts), WORDS).to_pylist())) for texts in (one, other)]
    alike = [len(a & b) / len(a | b) for a, b in zip(*held, strict=True)]
    return (hashes[0] == hashes[1]).any(axis=1), np.array(alike)


def chance_of(count: int, likely: NDArray[np.float64]) -> float:
    """The chance that so many or more, or so many or fewer, of independent events happen; the smaller of both."""
    spread = np.ones(1)
    for each in likely:
        spread = np.convolve(spread, (1 - each, each))
    return float(min(spread[count:].sum(), spread[: count + 1].sum()))


def planted(kind: str, change: Change, texts: list[str], seed: int = SEED) -> Found:
    """Each text and a copy of it, looked for."""
    draw = random.Random(f"{seed} {kind}")
    found, alike = share_a_bucket(texts, [change(text, draw) for text in texts])
    likely = 1 - (1 - alike**ROWS) ** BANDS
    deviation = math.sqrt(float((likely * (1 - likely)).sum()))
    count = int(found.sum())
    return Found(kind, len(texts), float(alike.mean()), count, float(likely.sum()), deviation, chance_of(count, likely))


def every_kind(texts: list[str], han: list[str], pairs: int = PAIRS) -> list[Found]:
    """All kinds; a text is met again in another kind where there are too few, never in the same."""
    results = []
    for number, (kind, change) in enumerate({**KINDS, **HAN_KINDS}.items()):
        pool = han if kind in HAN_KINDS else texts
        first = number * pairs % max(len(pool) - pairs + 1, 1)
        results.append(planted(kind, change, pool[first : first + pairs]))
    return results


def table(results: list[Found]) -> Table:
    """The results as people read them."""
    shown = Table(
        "kind", "pairs", "mean Jaccard", "found", "expected", "3 sigma", "chance", title=f"planted copies, {BANDS} x {ROWS}"
    )
    for row in results:
        cells = (
            row.pairs,
            f"{row.similarity:.3f}",
            row.found,
            f"{row.expected:.1f}",
            f"{3 * row.deviation:.1f}",
            f"{row.chance:.4f}",
        )
        shown.add_row(row.kind, *map(str, cells))
    return shown


def real_texts() -> tuple[list[str], list[str]]:
    """English documents, and pieces of Chinese ones in simplified characters."""
    rows = [json.loads(line) for line in real_corpus().read_text(encoding="utf-8").splitlines()]
    chinese = [row["text"] for row in rows if sum("\u4e00" <= c <= "\u9fff" for c in row["text"][:500]) > 100]
    pieces = [text[at : at + 600].translate(dict(map_simplified())) for text in chinese for at in range(0, len(text) - 599, 600)]
    others = [row["text"] for row in rows if row["text"][:500].isascii()]
    return apart(others), apart(pieces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    texts, han = real_texts()
    results = every_kind(texts, han)
    Console().print(table(results))
    if not asked.no_result:
        figures = {"bands": BANDS, "rows": ROWS, "shingle_words": WORDS, "kinds": [asdict(row) for row in results]}
        print(write_result("planted", "python -m tests.bench.planted", figures))


if __name__ == "__main__":
    main()
