"""Words in another order: the same words, the same white space behind each, an order that the document's id draws."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from resonance.train.reorder import WORDS, reorder_words
from resonance.train.shards import Document


def reordered(text: str, doc_id: bytes = b"\x01" * 16) -> str:
    return reorder_words(Document(0, 0, 0, 0, doc_id, 1.0, None, text, None)).text


def test_every_character_stays_and_words_move() -> None:
    text = "The loss of a text\nsays   what a model\texpected of it, and no more. "
    found = reordered(text)
    assert found != text
    assert Counter(found) == Counter(text)
    assert Counter(re.findall(r"\S+\s*", found)) == Counter(re.findall(r"\S+\s*", text)), "white space stays behind its word"


def test_the_order_is_drawn_from_the_id() -> None:
    text = " ".join(f"word{number}" for number in range(40))
    assert reordered(text) == reordered(text)
    assert reordered(text) != reordered(text, b"\x02" * 16)


def test_where_no_spaces_stand_characters_are_words() -> None:
    assert WORDS.findall("语言模型 reads 文本。") == ["语", "言", "模", "型 ", "reads ", "文", "本", "。"]
    assert WORDS.findall("ภาษา") == ["ภ", "า", "ษ", "า"]


def test_random_characters_are_cut_into_pieces() -> None:
    text = "x" * 100 + "y" * 100
    assert max(map(len, WORDS.findall(text))) == 12
    assert reordered(text) != text


@pytest.mark.parametrize("text", ["", "one", "  \n", "a" * 12])
def test_what_holds_one_word_or_none_stays(text: str) -> None:
    assert reordered(text) == text
