"""Texts on either side of each rule of Gopher quality; ``outside`` is the side that is cut."""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.prose import LINE_ENDS, STOP_WORDS, Prose, least, most

Build = Callable[[Prose, bool], str]


def short_doc(prose: Prose, outside: bool) -> str:
    """49 words are too few; marks do not count."""
    words = prose.scattered([","] * prose.between(0, 5), prose.plain(49 if outside else 50))
    return "\n".join(prose.lines(words)) + prose.draw.choice([".", " !", "", " —"])


def long_doc(prose: Prose, outside: bool) -> str:
    """100,001 words are too many."""
    sounds = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in "klmnprt"]
    words = prose.draw.choices(sounds, k=99_998 + outside)
    return " ".join(["the", "and", *words])


def below_average(prose: Prose, outside: bool) -> str:
    """Words of less than three letters on average."""
    count = prose.between(60, 120)
    return of_letters(prose, count, 3 * count - outside, range(2, 6))


def above_average(prose: Prose, outside: bool) -> str:
    """Words of more than ten letters on average."""
    count = prose.between(60, 120)
    return of_letters(prose, count, 10 * count + outside, range(6, 16))


def of_letters(prose: Prose, count: int, letters: int, sizes: range) -> str:
    """``count`` words of ``letters`` letters in all, "the" and "of" among them."""
    left = [letters // count] * (count - 2)
    for _ in range(3 * count):
        more, less = prose.draw.sample(range(len(left)), 2)
        if left[more] + 1 in sizes and left[less] - 1 in sizes:
            left[more] += 1
            left[less] -= 1
    missing = letters - sum(left) - len("theof")
    while missing:
        place = prose.between(0, len(left) - 1)
        step = 1 if missing > 0 else -1
        if left[place] + step in sizes:
            left[place] += step
            missing -= step
    words = ["the", "of", *(letters_of(prose, size) for size in left)]
    prose.draw.shuffle(words)
    return "\n".join(prose.lines(words))


def letters_of(prose: Prose, size: int) -> str:
    """A word of ``size`` letters; short ones may come again."""
    return (
        prose.word(size) if size > 4 else "".join(prose.draw.choice("bdfgklmnprst" if i % 2 == 0 else "aeou") for i in range(size))
    )


def hashes(prose: Prose, outside: bool) -> str:
    """More than a tenth as many "#" as words, they being words themselves."""
    total = prose.between(80, 200)
    marks = most(0.1, total) + outside
    return "\n".join(prose.lines(prose.scattered(["#"] * marks, prose.plain(total - marks))))


def ellipses(prose: Prose, outside: bool) -> str:
    """More than a tenth as many ellipses as words, they being words themselves."""
    total = prose.between(80, 200)
    marks = most(0.1, total) + outside
    drawn = [prose.draw.choice(("...", "…")) for _ in range(marks)]
    return " ".join(prose.scattered(drawn, prose.plain(total - marks)))


def bullets(prose: Prose, outside: bool) -> str:
    """More than nine of ten lines behind a bullet."""
    lines = [" ".join(prose.plain(prose.between(8, 14))) for _ in range(prose.between(10, 40))]
    marked = set(prose.draw.sample(range(len(lines)), most(0.9, len(lines)) + outside))
    return on_lines(
        prose, [prose.draw.choice(("- ", "• ", "  - ", "\t• ")) + line if i in marked else line for i, line in enumerate(lines)]
    )


def end_ellipses(prose: Prose, outside: bool) -> str:
    """More than three of ten lines end in an ellipsis."""
    lines = [" ".join(prose.plain(prose.between(8, 14))) for _ in range(prose.between(10, 40))]
    marked = set(prose.draw.sample(range(len(lines)), most(0.3, len(lines)) + outside))
    return on_lines(
        prose, [line + prose.draw.choice(("...", "…", "...  ", " …\t")) if i in marked else line for i, line in enumerate(lines)]
    )


def on_lines(prose: Prose, lines: list[str]) -> str:
    """Lines with drawn ends, the same everywhere in half of the texts."""
    ends = ["\n"] if prose.draw.random() < 0.5 else LINE_ENDS
    return "".join(line + prose.draw.choice(ends) for line in lines)


def not_alphabetic(prose: Prose, outside: bool) -> str:
    """Fewer than eight of ten words with a letter."""
    total = prose.between(80, 300)
    with_letters = least(0.8, total) - outside
    drawn = [prose.draw.choice((str(prose.between(10, 9999)), "—", "٣٤", "½", "२३", "²³")) for _ in range(total - with_letters)]
    return "\n".join(prose.lines(prose.scattered(drawn, prose.plain(with_letters))))


def stop_words(prose: Prose, outside: bool) -> str:
    """Fewer than two different stop words; capitals make another word."""
    first, second = prose.draw.sample(STOP_WORDS, 2)
    held = [first] * prose.between(1, 9) + [second.capitalize(), second.upper()] + ([] if outside else [second])
    words = held + prose.words(prose.between(60, 120))
    prose.draw.shuffle(words)
    return "\n".join(prose.lines(words))


EDGES: dict[str, Build] = {
    "gopher_short_doc": short_doc,
    "gopher_long_doc": long_doc,
    "gopher_below_avg_threshold": below_average,
    "gopher_above_avg_threshold": above_average,
    "gopher_too_many_hashes": hashes,
    "gopher_too_many_ellipsis": ellipses,
    "gopher_too_many_bullets": bullets,
    "gopher_too_many_end_ellipsis": end_ellipses,
    "gopher_below_alpha_threshold": not_alphabetic,
    "gopher_enough_stop_words": stop_words,
}
