"""Names in Chinese texts are found where they stand, whatever is read beside them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from resonance.curate.kernels.names.chinese_words import MOST_CHARACTERS, Word, cut_sentences, list_words
from resonance.curate.kernels.names.find import TYPES, find_names, list_named

HOME = "张伟住在广东省深圳市南山区科苑路15号2栋301室，李娜在中国银行工作。"


def find_all(texts: list[str | None]) -> list[list[tuple[str, str]]]:
    """Type and value of what is found in each text."""
    found: list[list[tuple[str, str]]] = [[] for _ in texts]
    for row, kind, first, last, start, end in zip(*find_names(pa.array(texts, pa.string())), strict=True):
        text = texts[row] or ""
        assert text.encode()[first:last].decode() == text[start:end]
        found[row].append((TYPES[kind], text[start:end]))
    return found


def test_persons_addresses_and_organisations() -> None:
    assert find_all([HOME])[0] == [
        ("person", "张伟"),
        ("address", "广东省深圳市南山区科苑路15号2栋301室"),
        ("person", "李娜"),
        ("organisation", "中国银行"),
    ]


def test_both_scripts_and_signs_of_four_bytes_before_a_name() -> None:
    assert find_all(["😀 歐陽娜娜昨天在臺北市參加活動。"]) == [[("person", "歐陽娜娜")]]


@pytest.mark.parametrize("text", [None, "", "John Smith lives in Main Street 5.", "田中さんは東京都にいます。", "字", "\n\n。。"])
def test_other_texts_are_left_alone(text: str | None) -> None:
    assert find_all([text]) == [[]]


def test_the_name_of_a_place_is_no_address() -> None:
    assert find_all(["他们昨天从北京市海淀区坐火车去上海。"]) == [[]]


def test_a_sentence_says_the_same_alone_and_among_others() -> None:
    texts = [HOME, "王芳说，李娜在中国银行工作。", "今天天气很好，我们和刘洋去公园散步。", "", "她叫赵敏。她叫钱进。"]
    together = list_words(texts)
    assert together == [list_words([text])[0] for text in texts]
    assert [len(sentences) for sentences in together] == [1, 1, 1, 0, 2]


def test_long_sentences_are_read_in_parts_that_hold_all() -> None:
    text = "今天天气很好，" * 100
    parts = list(cut_sentences(text))
    assert "".join(text[start:end] for start, end in parts) == text
    assert {text[end - 1] for _, end in parts} == {"，"}
    assert max(end - start for start, end in parts) <= MOST_CHARACTERS
    assert [end - start for start, end in cut_sentences("字" * 500)] == [200, 200, 100]


def test_an_organisation_behind_an_address_is_one_of_its_own() -> None:
    text = "北京市学院路5号清华大学"
    words = [Word("LOC", 0, 3), Word("LOC", 3, 8), Word("ORG", 8, 12)]
    assert list(list_named(text, words)) == [("address", 0, 8), ("organisation", 8, 12)]
    assert list(list_named(text, [Word("LOC", 0, 3), Word("ORG", 8, 12)])) == [("organisation", 8, 12)]
    street = [Word("ORG", 0, 6), Word("m", 6, 7), Word("n", 7, 8), Word("ORG", 8, 12)]
    assert list(list_named(text, street)) == [("address", 0, 8), ("organisation", 8, 12)]
