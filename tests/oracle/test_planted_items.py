"""Evaluation items planted into real documents are found, and documents that hold none are left alone."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from resonance.curate.kernels.contamination.contamination import METHODS, hits
from resonance.curate.kernels.contamination.evaluation_index import index
from resonance.curate.sources.demo import list_sources
from resonance.curate.sources.demo_texts import READERS

ITEMS, DOCUMENTS, LEAST = 500, 10_500, 0.4
ASIDE = 8
"""Words in a row that no item shares with the documents into which items are planted: unplanted ones are truly unplanted."""

Corpus = tuple[list[str], list[str]]


def real_texts(kinds: tuple[str, ...], most: int) -> list[str]:
    """Texts of these kinds in installed packages, each once, in an order drawn once."""
    found: dict[str, None] = {}
    sources = sorted(source for source in list_sources() if source.kind in kinds)
    random.Random(5).shuffle(sources)
    for source in sources:
        if Path(source.path).stat().st_size < 1_000_000:
            with suppress(SyntaxError):  # a module of a newer Python
                found.update(dict.fromkeys(text for _, _, text in READERS[source.kind](source.path)))
        if len(found) >= most:
            break
    texts = list(found)
    random.Random(6).shuffle(texts)
    return texts


def runs(text: str) -> set[tuple[str, ...]]:
    words = ["".join(filter(str.isalnum, word)) for word in text.lower().split()]
    words = [word for word in words if word]
    return {tuple(words[i : i + ASIDE]) for i in range(len(words) - ASIDE + 1)}


def edited(text: str, draw: random.Random, share: float = 0.1) -> str:
    """``text`` with one edit for each ten characters: another one, one more or one less, anywhere."""
    characters = list(text)
    for _ in range(int(len(characters) * share)):
        at, letter = draw.randrange(len(characters)), draw.choice("abcdefghijklmnopqrstuvwxyz ")
        kind = draw.randrange(3)
        characters[at : at + (kind < 2)] = [letter] if kind else []
    return "".join(characters)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Doc strings, and items of 14 to 80 words from descriptions, licences and help topics that share no eight words with one.

    Text of another kind, as evaluation sets are: passages of other doc strings resemble these truly, made from one template.
    """
    draw = random.Random(7)
    documents = real_texts(("docstring",), DOCUMENTS)[:DOCUMENTS]
    taken = set().union(*map(runs, documents))
    items: dict[str, None] = {}
    for text in real_texts(("readme", "licence", "topic"), 5_000) * 4:
        words, size = text.split(), draw.randint(14, 80)
        at = draw.randrange(max(len(words) - size, 1))
        item = " ".join(words[at : at + size])
        if len(words) >= size and len(runs(item)) > 5 and not runs(item) & taken:
            items[item] = None
    return list(items)[:ITEMS], documents


def test_recall_and_precision(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    items, documents = corpus
    assert (len(items), len(documents)) == (ITEMS, DOCUMENTS)
    draw = random.Random(8)
    verbatim = list(items)
    changed = [edited(item, draw) for item in items]
    planted = [f"{host[:300]}\n{item}\n{host[300:]}" for item, host in zip(verbatim + changed, documents, strict=False)]
    unplanted = documents[2 * ITEMS :] + documents[: 2 * ITEMS]
    found = hits(pa.array(planted + unplanted, pa.large_string()), index(pa.array(items)), LEAST)
    pairs = set(zip(found.rows.tolist(), found.items.tolist(), strict=True))
    whole = sum((n, n) in pairs for n in range(ITEMS)) / ITEMS
    nearly = sum((ITEMS + n, n) in pairs for n in range(ITEMS)) / ITEMS
    flagged = set(found.rows.tolist())
    wrong = sum(row >= 2 * ITEMS for row in flagged)
    precision = 1 - wrong / len(flagged)
    methods = {name: (found.methods == place).sum() for place, name in enumerate(METHODS)}
    with capsys.disabled():
        print(f"\nrecall verbatim {whole:.3f}, edited {nearly:.3f}; precision {precision:.4f}", end=" ")
        print(f"({wrong} of {len(unplanted)} unplanted documents, {methods})")
    assert whole >= 0.99
    assert nearly >= 0.90
    assert len(unplanted) >= 10_000
    assert precision >= 0.99
