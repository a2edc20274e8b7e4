"""Texts on either side of each limit of Dolma's Gopher rules, where they mean something else than datatrove's.

Words stand between white space, a text's characters are those of its words, and every copy of a line or an n-gram counts. The
limits are those of Dolma's mixing configurations (curation-rules 3.8).
"""

from __future__ import annotations

from collections import Counter
from functools import partial

from tests.bench.edges_quality import Build
from tests.bench.edges_repetition import REPEATED, TOP
from tests.bench.prose import STOP_WORDS, Prose, least, most, whole

LIMITS: dict[str, tuple[str, str, float]] = {
    "short": ("n_words", "below", 50),
    "median_low": ("median_word_length", "below", 3),
    "median_high": ("median_word_length", "above", 10),
    "symbols": ("symbol_word_ratio", "above", 0.1),
    "alphabetic": ("alpha_word_ratio", "below", 0.8),
    "stop_words": ("stop_words", "below", 2),
    "bullets": ("bullet_line_ratio", "above", 0.9),
    "end_ellipses": ("end_ellipsis_line_ratio", "above", 0.3),
    "lines_often": ("dup_line_frac", "above", 0.3),
    "lines_large": ("dup_line_char_frac", "above", 0.3),
    **{f"top_{many}": (f"top_{many}_gram", "above", share) for many, share in TOP.items()},
    **{f"repeated_{many}": (f"duplicated_{many}_n_grams", "above", share) for many, share in REPEATED.items()},
}
"""Signal, side that fails and limit of each rule below."""


def short(prose: Prose, outside: bool) -> str:
    """49 words are too few; a mark between spaces is one, a mark at a word is none."""
    marks = prose.between(0, 5)
    words = prose.scattered(["—"] * marks, prose.plain(50 - outside - marks))
    return "\n".join(prose.lines(words)) + prose.draw.choice((".", "", "!\n"))


def median_word(prose: Prose, outside: bool, limit: int, step: int) -> str:
    """Half of the words are on the far side of the limit; the middle one, or the middle two, decide."""
    half = prose.between(30, 60)
    far, near = limit + step, limit - step
    middle = [limit + step * outside] if prose.draw.random() < 0.5 else [limit, limit + step * outside]
    words = [letters(prose, size) for size in (*[far] * half, *[near] * half, *middle)]
    prose.draw.shuffle(words)
    return " ".join(words)


def letters(prose: Prose, size: int) -> str:
    """A word of ``size`` letters; short ones may come again."""
    return prose.word(size) if size > 4 else "".join(prose.draw.choice("bdfgklmnprst" if i % 2 else "aeiou") for i in range(size))


def symbols(prose: Prose, outside: bool) -> str:
    """More than a tenth of words hold "#" or "…"; three dots are none."""
    words = prose.plain(prose.between(60, 200))
    for place in prose.draw.sample(range(len(words)), most(0.1, len(words)) + outside):
        words[place] = prose.draw.choice(("#", "…", "##")) + words[place] if prose.draw.random() < 0.7 else words[place] + "…"
    return "\n".join(prose.lines([*words[:-1], words[-1] + "..."]))


def alphabetic(prose: Prose, outside: bool) -> str:
    """Fewer than eight of ten words with a letter."""
    total = prose.between(60, 300)
    held = least(0.8, total) - outside
    marks = [prose.draw.choice(("12", "—", "٣٤", "½", "1,000.5", "(3)", "->")) for _ in range(total - held)]
    return "\n".join(prose.lines(prose.scattered(marks, prose.plain(held))))


def stop_words(prose: Prose, outside: bool) -> str:
    """Fewer than two stop words; the same one may come twice, capitals and marks make another word."""
    held = prose.draw.choices(STOP_WORDS, k=1 if outside else 2)
    words = [*held, "The", "of,", "AND", *prose.words(prose.between(60, 120))]
    prose.draw.shuffle(words)
    return " ".join(words)


def bullets(prose: Prose, outside: bool) -> str:
    """More than nine of ten lines start with "*" or "-", nothing before it; empty lines are none."""
    lines = [" ".join(prose.plain(prose.between(8, 14))) for _ in range(prose.between(10, 40))]
    marked = set(prose.draw.sample(range(len(lines)), most(0.9, len(lines)) + outside))
    others = ("", " - ", "• ")
    starts = [prose.draw.choice(("- ", "* ", "-") if i in marked else others) for i in range(len(lines))]
    return prose.draw.choice(("\n", "\n\n")).join(start + line for start, line in zip(starts, lines, strict=True))


def end_ellipses(prose: Prose, outside: bool) -> str:
    """More than three of ten lines end in "…", nothing behind it."""
    lines = [" ".join(prose.plain(prose.between(8, 14))) for _ in range(prose.between(10, 40))]
    marked = set(prose.draw.sample(range(len(lines)), most(0.3, len(lines)) + outside))
    others = ("", "...", "… ", ".")
    return "\n".join(line + ("…" if i in marked else prose.draw.choice(others)) for i, line in enumerate(lines))


def lines_often(prose: Prose, outside: bool) -> str:
    """More than three of ten lines are there twice or more."""
    total = prose.between(10, 50)
    left = most(0.3, total) + outside
    lines = [prose.exactly(prose.between(100, 200)) for _ in range(total - left)]
    while left:
        copies = left if left < 4 else 2
        lines += [" ".join(prose.words(3))] * copies
        left -= copies
    prose.draw.shuffle(lines)
    return "\n".join(lines)


def lines_large(prose: Prose, outside: bool) -> str:
    """Lines that are there twice hold more than three tenths as many characters, spaces too, as all words have."""
    twice = [" ".join(prose.word(prose.between(8, 14)) for _ in range(4)) for _ in range(prose.between(2, 5))]
    total = whole(2 * sum(map(len, twice)), 0.3) - outside
    held = 2 * sum(len(line.replace(" ", "")) for line in twice)
    lines = twice + twice + prose.lines(of_letters(prose, total - held))
    prose.draw.shuffle(lines)
    return "\n".join(lines)


def of_letters(prose: Prose, letters: int) -> list[str]:
    """Different words of ``letters`` letters in all."""
    sizes = [6] * (letters // 6 - 2)
    left = letters - sum(sizes)
    return [prose.word(size) for size in (*sizes, left - left // 2, left // 2)]


def top_gram(prose: Prose, outside: bool, many: int) -> str:
    """The commonest ``many`` words in a row make up more than their share of the words' characters."""
    gram, count = prose.words(many), prose.between(4, 12)
    apart = prose.words(count)
    rest = whole(len("".join(gram)) * count, TOP[many]) - outside - len("".join(gram)) * count - len("".join(apart))
    return " ".join([word for between in apart for word in (*gram, between)] + of_letters(prose, rest))


def repeated_grams(prose: Prose, outside: bool, many: int) -> str:
    """Rows of ``many`` words that are there twice make up more than their share of all such rows' characters."""
    rows = [prose.words(many) for _ in range(prose.between(2, 4))]
    words = [word for row in rows + rows for word in (*row, prose.word())]
    while share_repeated(words, many) > REPEATED[many]:
        words.append(prose.word())
    return " ".join(words[:-1] if outside else words)


def share_repeated(words: list[str], many: int) -> float:
    """The share of characters of rows of ``many`` words that stand in rows which come more than once."""
    counts = Counter(tuple(words[i : i + many]) for i in range(len(words) - many + 1))
    sizes = {row: count * sum(map(len, row)) for row, count in counts.items()}
    return sum(size for row, size in sizes.items() if counts[row] > 1) / sum(sizes.values())


EDGES: dict[str, Build] = {
    "short": short,
    "median_low": partial(median_word, limit=3, step=-1),
    "median_high": partial(median_word, limit=10, step=1),
    "symbols": symbols,
    "alphabetic": alphabetic,
    "stop_words": stop_words,
    "bullets": bullets,
    "end_ellipses": end_ellipses,
    "lines_often": lines_often,
    "lines_large": lines_large,
    **{f"top_{many}": partial(top_gram, many=many) for many in TOP},
    **{f"repeated_{many}": partial(repeated_grams, many=many) for many in REPEATED},
}
