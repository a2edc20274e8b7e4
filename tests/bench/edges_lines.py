"""Texts on either side of each rule of C4 and of FineWeb; ``outside`` is the side that is cut.

A line rule of C4 shows in the verdict because the text has five sentences, and one of them stands on the line in question.
"""

from __future__ import annotations

from tests.bench.edges_quality import Build
from tests.bench.prose import LINE_ENDS, Prose, least, most, whole

TERMINAL = ".?!。！？।؟։።။"
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


def sentence(prose: Prose, words: int = 0) -> str:
    """A sentence of four words or more."""
    return " ".join(prose.words(words or prose.between(4, 12))) + prose.draw.choice(".?!")


def sentences(prose: Prose, count: int) -> list[str]:
    """Lines of one to three sentences, ``count`` sentences in all."""
    lines = []
    while count:
        size = min(count, prose.between(1, 3))
        lines.append(" ".join(sentence(prose) for _ in range(size)))
        count -= size
    return lines


def among(prose: Prose, line: str, others: int) -> str:
    """The line in question among lines of ``others`` sentences."""
    lines = [*sentences(prose, others), line]
    prose.draw.shuffle(lines)
    return prose.draw.choice(LINE_ENDS[:2]).join(lines)


def lorem_ipsum(prose: Prose, outside: bool) -> str:
    kept = ("Lorem ipsum", "lorem[1] ipsum", "LOREM IPSUM", "xlorem ipsumx")
    near = ("lorem  ipsum", "lorem-ipsum", "lorem\u00a0ipsum", "ipsum lorem", "lorem i̇psum")
    return among(prose, f"{prose.draw.choice(kept if outside else near)} {sentence(prose)}", prose.between(5, 12))


def curly_bracket(prose: Prose, outside: bool) -> str:
    kept = (f"{{ {sentence(prose)}", f"{prose.word()} a{{b}} {sentence(prose)}")
    dropped = ("{ x", "{", f"{{ javascript {sentence(prose)}", f"{{ {'x' * 1001} {sentence(prose)}", f"}} {sentence(prose)}")
    return among(prose, prose.draw.choice(kept if outside else dropped), prose.between(5, 12))


def too_few_sentences(prose: Prose, outside: bool) -> str:
    return prose.draw.choice(LINE_ENDS).join(sentences(prose, 4 if outside else 5))


def long_word(prose: Prose, outside: bool) -> str:
    return among(prose, f"{prose.word(1000 + outside)} {sentence(prose)}", 4)


def few_words(prose: Prose, outside: bool) -> str:
    """Words are counted before citations go."""
    two, three = " ".join(prose.words(2)), " ".join(prose.words(3))
    cited = prose.draw.choice(("[12]", "[]", "[edit]"))
    return among(prose, f"{two}{cited}." if outside else prose.draw.choice((f"{three}.", f"{two} {cited}")), 4)


def javascript(prose: Prose, outside: bool) -> str:
    held = (
        prose.draw.choice(("JavaScript", "javascripting", "xjavascript"))
        if outside
        else prose.draw.choice(("java script", "java-script", "javascrıpt"))
    )
    return among(prose, f"{held} {sentence(prose)}", 4)


def policy(prose: Prose, outside: bool) -> str:
    phrase = prose.draw.choice(POLICIES)
    held = prose.draw.choice((phrase, phrase.upper(), phrase.title())) if outside else phrase.replace(" ", "  ")
    return among(prose, f"{prose.word()} {held} {sentence(prose)}", 4)


def citation(prose: Prose, outside: bool) -> str:
    """What stands in brackets behind the full stop counts as a sentence, unless it is a citation."""
    behind = (
        ("[3]", "[]", "[edit]", "[citation needed]", "[1][22]") if outside else ("[note]", "[3a]", "[Edit]", "[citation  needed]")
    )
    return among(prose, f"{' '.join(prose.words(3))}. {prose.draw.choice(behind)}", 3)


def nothing_left(prose: Prose, outside: bool) -> str:
    """No line has three words."""
    lines = [" ".join(prose.words(2)) for _ in range(prose.between(1, 9))]
    return "\n".join(lines if outside else [*lines, sentence(prose, 8)])


def line_punctuation(prose: Prose, outside: bool) -> str:
    total = prose.between(9, 80)
    ended = set(prose.draw.sample(range(total), max(least(0.12, total) - outside, 0)))
    lines = [prose.exactly(prose.between(40, 90)) for _ in range(total)]
    return "\n".join(line + prose.draw.choice(TERMINAL) if i in ended else line for i, line in enumerate(lines))


def short_lines(prose: Prose, outside: bool) -> str:
    """Lines of 30 code points are short, those of 31 are not."""
    total = prose.between(6, 60)
    short = set(prose.draw.sample(range(total), most(0.67, total) + outside))
    return "\n".join(prose.exactly(29 if i in short else 30) + "." for i in range(total))


def repeated_lines(prose: Prose, outside: bool) -> str:
    line = prose.exactly(prose.between(35, 60)) + "."
    total = whole(len(line), 0.01) - outside
    left = total - 2 * len(line)
    others = prose.between(20, 30)
    sizes = [left // others] * (others - 1)
    lines = [line, line, *(prose.exactly(size - 1) + "." for size in (*sizes, left - sum(sizes)))]
    prose.draw.shuffle(lines)
    return "\n".join(lines)


def many_lines(prose: Prose, outside: bool) -> str:
    """More than three line feeds to ten words."""
    feeds = prose.between(20, 80)
    total = whole(feeds, 0.3) - outside
    lines = [[prose.word(prose.between(9, 14)) for _ in range(3)] for _ in range(feeds + 1)]
    extra = total - 3 * (feeds + 1)
    ended = set(prose.draw.sample(range(feeds + 1), extra))
    return "\n".join(" ".join(line) + "." * (i in ended) for i, line in enumerate(lines))


C4: dict[str, Build] = {
    "lorem_ipsum": lorem_ipsum,
    "curly_bracket": curly_bracket,
    "too_few_sentences": too_few_sentences,
    "line_long_word": long_word,
    "line_few_words": few_words,
    "line_javascript": javascript,
    "line_policy": policy,
    "line_citation": citation,
}
FINEWEB: dict[str, Build] = {
    "empty": nothing_left,
    "line_punct_ratio": line_punctuation,
    "short_line_ratio": short_lines,
    "char_dup_ratio": repeated_lines,
    "list_ratio": many_lines,
}
