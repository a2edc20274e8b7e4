"""Texts on either side of each rule of Gopher repetition; ``outside`` is the side that is cut."""

from __future__ import annotations

from functools import partial

from tests.bench.edges_quality import Build
from tests.bench.prose import Prose, most, whole

TOP = {2: 0.2, 3: 0.18, 4: 0.16}
REPEATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def blocks_often(prose: Prose, outside: bool, share: float, ends: tuple[str, ...]) -> str:
    """More than ``share`` of blocks came before; they are short, so that their characters are few."""
    total = prose.between(10, 50)
    copies = most(share, total) + outside
    short = [" ".join(prose.words(3)) for _ in range(copies)]
    long = [prose.exactly(prose.between(150, 300)) for _ in range(total - 2 * copies)]
    return joined(prose, short + short + long, ends)


def blocks_large(prose: Prose, outside: bool, share: float, ends: tuple[str, ...]) -> str:
    """More than ``share`` of characters stand in blocks that came before; the blocks are few and of four long words."""
    copies = prose.between(3, 8)
    blocks = [" ".join(prose.word(prose.between(12, 18)) for _ in range(4)) for _ in range(copies)]
    twice = sum(map(len, blocks))
    total = whole(twice, share) - outside
    others = prose.between(2 * copies, 3 * copies)
    end = prose.draw.choice(ends)
    left = total - 2 * twice - (2 * copies + others - 1) * len(end)
    sizes = [left // others] * (others - 1)
    return joined(prose, blocks + blocks + [prose.exactly(size) for size in (*sizes, left - sum(sizes))], (end,))


def joined(prose: Prose, blocks: list[str], ends: tuple[str, ...]) -> str:
    """Blocks in a drawn order."""
    prose.draw.shuffle(blocks)
    return "".join(block + prose.draw.choice(ends) for block in blocks[:-1]) + blocks[-1]


def top_gram(prose: Prose, outside: bool, many: int) -> str:
    """The commonest ``many`` words in a row make up more than their share of the text."""
    gram = prose.words(many)
    count = 1 if many == 4 and prose.draw.random() < 0.3 else prose.between(4, 12)
    total = whole(len(" ".join(gram)) * count, TOP[many]) - outside
    pieces = [piece for _ in range(count) for piece in (" ".join(gram), prose.word(5))]
    return filled(prose, pieces, total)


def repeated_grams(prose: Prose, outside: bool, many: int) -> str:
    """Rows of ``many`` words that came before make up more than their share of the text."""
    rows = [prose.words(many) for _ in range(prose.between(3, 6))]
    copies = prose.between(1, 2)
    total = whole(copies * sum(len("".join(row)) for row in rows), REPEATED[many]) - outside
    pieces = [piece for _ in range(copies + 1) for row in rows for piece in (" ".join(row), prose.word(5))]
    return filled(prose, pieces, total)


def filled(prose: Prose, pieces: list[str], total: int) -> str:
    """Pieces, then different words up to ``total`` code points, in a few lines."""
    text = " ".join(pieces)
    words = f"{text} {prose.exactly(total - len(text) - 1)}".split(" ")
    for place in prose.draw.sample(range(len(words) - 1), min(4, len(words) - 1)):
        words[place] += "\n"
    return " ".join(words).replace("\n ", "\n")


PARAGRAPH_ENDS = ("\n\n", "\n\n\n", "\n\n\n\n")
EDGES: dict[str, Build] = {
    "dup_para_frac": partial(blocks_often, share=0.3, ends=PARAGRAPH_ENDS),
    "dup_para_char_frac": partial(blocks_large, share=0.2, ends=PARAGRAPH_ENDS),
    "dup_line_frac": partial(blocks_often, share=0.3, ends=("\n",)),
    "dup_line_char_frac": partial(blocks_large, share=0.2, ends=("\n",)),
    **{f"top_{many}_gram": partial(top_gram, many=many) for many in TOP},
    **{f"duplicated_{many}_n_grams": partial(repeated_grams, many=many) for many in REPEATED},
}
