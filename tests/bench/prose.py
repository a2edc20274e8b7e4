"""Invented prose whose words, lines and characters can be counted without a tokenizer.

Words are syllables of one script, lower case and of four letters or more, so that every reading of "word" agrees on them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

CONSONANTS = {"latin": "bdfgklmnprstvz", "accents": "bdfgklñnprßtvž", "cyrillic": "бвгдзклмнпрст", "greek": "βγδκλμνπρστφχ"}
VOWELS = {"latin": "aeiou", "accents": "áéîöü", "cyrillic": "аеиоу", "greek": "αεηιου"}
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
LINE_ENDS = ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
"""What ``str.splitlines`` takes for the end of a line."""


class Prose:
    """Draws prose; the same seed gives the same."""

    def __init__(self, seed: str) -> None:
        self.draw = random.Random(seed)
        self.script = self.draw.choice(("latin", "latin", "latin", "accents", "cyrillic", "greek"))
        self.used: set[str] = set()

    def between(self, low: int, high: int) -> int:
        """A drawn number, both ends included."""
        return self.draw.randint(low, high)

    def word(self, letters: int = 0) -> str:
        """A word that was not given before, of so many letters (4 to 9 where none are asked for)."""
        while True:
            size = letters or self.between(4, 9)
            sounds = (CONSONANTS[self.script], VOWELS[self.script])
            found = "".join(self.draw.choice(sounds[place % 2]) for place in range(size))
            if found not in self.used:
                self.used.add(found)
                return found

    def words(self, count: int) -> list[str]:
        """Different words."""
        return [self.word() for _ in range(count)]

    def plain(self, count: int) -> list[str]:
        """Words of which two or more are stop words: what English prose has."""
        stops = self.draw.sample(STOP_WORDS, min(3, count))
        found = stops + self.words(count - len(stops))
        self.draw.shuffle(found)
        return found

    def exactly(self, chars: int) -> str:
        """Different words and single spaces, ``chars`` code points in all (none, or four and more)."""
        sizes = list(self.lengths(chars))
        return " ".join(self.word(size) for size in sizes)

    def lengths(self, chars: int) -> Iterator[int]:
        """Word lengths that fill ``chars`` with single spaces between."""
        left = chars
        while left > 18:
            size = self.between(4, 9)
            yield size
            left -= size + 1
        if left > 9:
            yield left - 1 - (left - 1) // 2
            yield (left - 1) // 2
        elif left > 0:
            yield left

    def scattered(self, marks: list[str], among: list[str]) -> list[str]:
        """``marks`` put at drawn places among words, each with a word before and behind it."""
        places = set(self.draw.sample(range(1, len(among)), len(marks)))
        rest = iter(marks)
        return [piece for at, word in enumerate(among) for piece in ((next(rest), word) if at in places else (word,))]

    def lines(self, words: list[str], low: int = 8, high: int = 20) -> list[str]:
        """Words in lines of ``low`` words or more."""
        found, at = [], 0
        while at < len(words):
            size = self.between(low, high)
            if len(words) - at - size < low:
                size = len(words) - at
            found.append(" ".join(words[at : at + size]))
            at += size
        return found


def most(share: float, of: int) -> int:
    """The largest count whose share of ``of`` does not pass ``share``."""
    count = int(share * of) + 2
    while count / of > share:
        count -= 1
    return count


def least(share: float, of: int) -> int:
    """The smallest count whose share of ``of`` does not fall below ``share``."""
    count = max(int(share * of) - 2, 0)
    while count / of < share:
        count += 1
    return count


def whole(part: int, share: float) -> int:
    """The smallest whole of which ``part`` does not pass ``share``."""
    total = max(int(part / share) - 2, 1)
    while part / total > share:
        total += 1
    return total
