"""Words in another order: each takes the white space behind it along, the last one stays, and the id draws the order."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from resonance.train.reorder import reorder_words
from resonance.train.shards import Document


def reordered(text: str, doc_id: bytes = b"\x01" * 16) -> str:
    return reorder_words(Document(0, 0, 0, 0, doc_id, 1.0, None, text, None)).text


def test_words_move_with_the_white_space_behind_them() -> None:
    text = "The loss of a text\nsays   what a model\texpected of it, and no mo"
    found = reordered(text)
    assert found != text
    assert Counter(re.findall(r"\S+\s*", found)) == Counter(re.findall(r"\S+\s*", text))
    assert found.endswith(" mo"), "the last word may be cut, and stays"


def test_the_order_is_drawn_from_the_id() -> None:
    text = " ".join(f"word{number}" for number in range(40))
    assert reordered(text) == reordered(text)
    assert reordered(text) != reordered(text, b"\x02" * 16)


def test_every_order_is_as_likely() -> None:
    text = "a b c end"
    orders = Counter(reordered(text, number.to_bytes(16, "big")) for number in range(6_000))
    assert len(orders) == 6
    assert all(800 < times < 1_200 for times in orders.values())


def test_where_no_spaces_stand_characters_are_words() -> None:
    text = "语言模型预测文本"
    found = {reordered(text, number.to_bytes(16, "big")) for number in range(50)}
    assert len(found) > 40
    assert {"".join(sorted(one)) for one in found} == {"".join(sorted(text))}
    mixed = reordered("语言 reads 模型 often 文")
    assert re.findall("[a-z]+", mixed) in (["reads", "often"], ["often", "reads"])
    assert re.fullmatch(r"[^\sa-z]{2} [a-z]+ [^\sa-z]{2} [a-z]+ 文", mixed), "words stay between spaces"


def test_a_long_run_is_cut_into_parts_that_change_places_with_parts_alone() -> None:
    run = "".join(chr(97 + at) * 12 for at in range(9))
    found = reordered(f"one two {run} three four")
    middle = next(word for word in found.split() if len(word) > 40)
    assert middle != run
    assert len(middle) == len(run)
    assert Counter(middle) == Counter(run)
    assert found.split()[2] == middle


@pytest.mark.parametrize("text", ["", "one", "  \n", "a" * 12, "first last"])
def test_what_has_one_word_to_move_or_none_stays(text: str) -> None:
    assert reordered(text) == text
