"""English words and sentences: the rules of spaCy's blank English pipeline (3.8, MIT), which datatrove counts by.

A text is cut at white space into chunks. A chunk loses prefixes and suffixes until none is left or what remains is a special
case ("don't", "U.S.", ":-)"); what remains then is one token if it looks like a URL, and is cut at infixes if not. At
last, neighbours that together spell a special case ("a.m" and ".") are put together. ``kernels/english/english_kernel.py`` does the
same over UTF-8 bytes; this is the definition that it is held to.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise

Ranges = Sequence[Sequence[int]]

OCTETS = (
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])",
    r"(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}",
    r"\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])",
)
PRIVATE = r"(?!(?:10|127)(?:\.\d{1,3}){3}|(?:169\.254|192\.168)(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})"
HOST = "[A-Za-z0-9\u00a1-\uffff]"
LABEL = "[A-Za-z0-9\u00a1-\uffff_-]"


@dataclass(frozen=True)
class Rules:
    """The tables: special cases with the tokens that they give, lists of marks, and classes as ranges of code points."""

    source: str
    special_cases: Mapping[str, Sequence[str]]
    punctuation: Sequence[str]
    quotes: Sequence[str]
    currency: Sequence[str]
    units: Sequence[str]
    hyphens: Sequence[str]
    icons: Ranges
    alpha: Ranges
    alpha_lower: Ranges
    alpha_upper: Ranges
    before_infix_dot: Ranges
    after_infix_dot: Ranges
    before_suffix_dot: Ranges
    sentence_ends: Ranges
    datatrove_punctuation: Ranges
    datatrove_terminal: Ranges

    @cached_property
    def prefix(self) -> re.Pattern[str]:
        """What is cut from a chunk's start; the first alternative that fits counts."""
        marks = [*self.punctuation, *self.quotes, *self.currency]
        return re.compile("|".join(["[§%=—–]", r"\+(?![0-9])", *map(re.escape, marks), r"\.\.+", _inside(self.icons)]))

    @cached_property
    def suffix(self) -> re.Pattern[str]:
        """What is cut from a chunk's end; the longest one counts."""
        upper = _inside(self.alpha_upper)
        alternatives = [
            *map(re.escape, [*self.punctuation, *self.quotes, "'s", "'S", "’s", "’S", "—", "–"]),
            r"\.\.+",
            _inside(self.icons),
            r"(?<=[0-9])(?:\+|" + "|".join(map(re.escape, [*self.currency, *self.units])) + ")",
            rf"(?<=°[FfCcKk])\.|(?<={_inside(self.before_suffix_dot)})\.|(?<={upper}{upper})\.",
        ]
        return re.compile(f"(?:{'|'.join(alternatives)})$")

    @cached_property
    def infix(self) -> re.Pattern[str]:
        """Where a chunk is cut inside."""
        alpha, marks = _inside(self.alpha), "|".join(map(re.escape, self.hyphens))
        digit_or_alpha = f"(?:(?<=[0-9])|(?<={alpha}))"
        alternatives = [
            rf"\.\.+|…|{_inside(self.icons)}",
            r"(?<=[0-9])[+\-*^](?=[0-9-])",
            rf"(?<={_inside(self.before_infix_dot)})\.(?={_inside(self.after_infix_dot)})",
            f"(?<={alpha}),(?={alpha})",
            f"{digit_or_alpha}(?:{marks})(?={alpha})",
            f"{digit_or_alpha}[:<>=/](?={alpha})",
        ]
        return re.compile("|".join(alternatives))

    @cached_property
    def url(self) -> re.Pattern[str]:
        """A whole URL, host name or address (after D. Perini's pattern, MIT)."""
        address = PRIVATE + "".join(OCTETS)
        host = rf"(?:(?:{HOST}{LABEL}{{0,62}})?{HOST}\.)+{_inside(self.alpha_lower)}{{2,63}}"
        return re.compile(rf"(?:[\w+\-.]{{2,}}://)?(?:\S+(?::\S*)?@)?(?:{address}|{host})(?::\d{{2,5}})?(?:[/?#]\S*)?$")

    @cached_property
    def phrases(self) -> Mapping[tuple[str, ...], str]:
        """Special cases that affixes would cut, by the tokens that they would be cut into."""
        cut = [
            text for text in self.special_cases if self.prefix.match(text) or self.suffix.search(text) or self.infix.search(text)
        ]
        return {tuple(_split(text, self, {})): text for text in cut}

    @cached_property
    def ends(self) -> frozenset[str]:
        """Tokens that end a sentence."""
        return frozenset(chr(code) for first, last in self.sentence_ends for code in range(first, last + 1))


@cache
def rules() -> Rules:
    """The tables that come with the package."""
    text = files("resonance.curate.kernels").joinpath("data", "english.json").read_text(encoding="ascii")
    return Rules(**json.loads(text))


def words(text: str) -> list[str]:
    """The tokens of ``text`` that are no white space."""
    return [token for token in tokens(text) if not token.isspace()]


def tokens(text: str) -> list[str]:
    """All tokens of ``text``; white space is one but for a single blank after a chunk."""
    table = rules()
    pieces: list[tuple[str, bool]] = []  # each token, and whether it follows the one before it without a blank
    for chunk, joined in _chunks(text):
        cut = [chunk] if chunk.isspace() else _split(chunk, table, table.special_cases)
        pieces += [(piece, joined or i > 0) for i, piece in enumerate(cut)]
    return _put_together(pieces, table)


def count_sentences(text: str) -> int:
    """How many sentences there are: one begins after an end mark, at the first token that is no punctuation."""
    count, ended = 0, False
    for token in tokens(text):
        count = max(count, 1)
        if token in rules().ends:
            ended = True
        elif ended and not all(unicodedata.category(character)[0] == "P" for character in token):
            count, ended = count + 1, False
    return count


def _chunks(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of white space and of all else, and whether one follows the run before it directly."""
    blank = False
    for number, run in enumerate(re.findall(r"\s+|\S+", text)):
        if run.isspace() and number:
            blank, run = run[0] == " ", run.removeprefix(" ")
        if run:
            yield run, not blank
            blank = False


def _split(chunk: str, table: Rules, special: Mapping[str, Sequence[str]]) -> list[str]:
    before: list[str] = []
    after: list[str] = []
    last = None
    while chunk and chunk != last and chunk not in special:
        last = chunk
        found = table.prefix.match(chunk)
        prefix = found.group() if found else ""
        rest = chunk.removeprefix(prefix)
        if prefix and rest in special:
            before, chunk = [*before, prefix], rest
            break
        found = table.suffix.search(rest)
        suffix = found.group() if found else ""
        if suffix and chunk.removesuffix(suffix) in special:
            after, chunk = [suffix, *after], chunk.removesuffix(suffix)
            break
        before += [prefix] if prefix else []
        after = [suffix, *after] if suffix else after
        chunk = rest.removesuffix(suffix)
    return [*before, *_core(chunk, table, special), *after]


def _core(chunk: str, table: Rules, special: Mapping[str, Sequence[str]]) -> list[str]:
    if not chunk or chunk in special:
        return list(special.get(chunk, ()))
    if table.url.match(chunk):
        return [chunk]
    edges = [0]
    for match in table.infix.finditer(chunk):
        if match.start():
            edges += [match.start(), match.end()]
    return [chunk[a:b] for a, b in pairwise([*edges, len(chunk)]) if a < b]


def _put_together(pieces: list[tuple[str, bool]], table: Rules) -> list[str]:
    """The tokens, with special cases in place of the neighbours that spell them; the longest first, then the first."""
    tokens = [piece for piece, _ in pieces]
    lengths = sorted({len(phrase) for phrase in table.phrases}, reverse=True)
    taken: set[int] = set()
    found: dict[int, tuple[int, Sequence[str]]] = {}
    for length in lengths:
        for start in range(len(tokens) - length + 1):
            special = table.phrases.get(tuple(tokens[start : start + length]))
            if special is None:
                continue
            touching = all(joined for _, joined in pieces[start + 1 : start + length])
            if touching and start not in taken and start + length - 1 not in taken:
                found[start] = (length, table.special_cases[special])
            taken.update(range(start, start + length))
    result: list[str] = []
    at = 0
    while at < len(tokens):
        length, replaced = found.get(at, (1, tokens[at : at + 1]))
        result += replaced
        at += length
    return result


def _inside(ranges: Ranges) -> str:
    """Ranges as a bracketed class of a regular expression."""
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"
