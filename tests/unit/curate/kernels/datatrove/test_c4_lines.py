"""C4's rewrite: what is left is what the definition leaves, and edits lead there."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from resonance.curate.kernels.datatrove.c4_lines import rewrite
from resonance.curate.kernels.datatrove.datatrove import c4_lines


def left_plainly(text: str) -> str:
    stays = ("kept", "lorem_ipsum", "curly_bracket")
    return "\n".join(line.text for line in c4_lines(text) if line.fate in stays).strip()


def pieces(edits: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Start, end and rule of every piece that was cut, in order."""
    assert len({edit["rule"] for edit in edits}) == len(edits)
    assert all(edit["characters"] == sum(edit["ends"]) - sum(edit["starts"]) for edit in edits)
    return sorted((start, end, e["rule"]) for e in edits for start, end in zip(e["starts"], e["ends"], strict=True))


def replay(text: str, edits: list[dict[str, Any]]) -> str:
    for start, end, _ in reversed(pieces(edits)):
        text = text[:start] + text[end:]
    return text


TEXTS = [
    "",
    "One two three.\n\nfour\nfive six seven",
    "  Indented line with words.  \n\tand another one [12] here\nlast one [citation needed]",
    "[1] [2] [3]\nÜber den Wolken, ja.\n[4] [5] [6]",
    "we use cookies\nprivacy policy is here\nJavaScript, too, is on",
    "ends in a blank line \n\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_rewrite(text: str) -> None:
    texts, edits = rewrite(pa.array([text]))
    assert texts.to_pylist() == [left_plainly(text)]
    assert replay(text, edits.to_pylist()[0]) == left_plainly(text)


def test_edits_name_their_rules() -> None:
    _, edits = rewrite(pa.array(["Some words stay [3] here.\nno\nwe use cookies now"]))
    assert pieces(edits.to_pylist()[0]) == [
        (16, 19, "citation"),
        (25, 26, "white_space"),
        (26, 29, "too_few_words"),
        (29, 47, "policy"),
    ]


def test_each_text_has_its_own_edits() -> None:
    texts = ["no\none two three\nno", "one two three", "four five six [1] ok\nno\nwe use cookies now", None, "no"]
    _, edits = rewrite(pa.array(texts))
    alone = [rewrite(pa.array([text], pa.string()))[1].to_pylist()[0] for text in texts]
    assert edits.to_pylist() == alone
    assert [[(e["rule"], len(e["starts"])) for e in found] for found in alone] == [
        [("white_space", 1), ("too_few_words", 2)],
        [],
        [("white_space", 1), ("citation", 1), ("too_few_words", 1), ("policy", 1)],
        [],
        [("too_few_words", 1)],
    ]


def test_other_line_ends_become_line_feeds() -> None:
    texts, _ = rewrite(pa.array(["one two three\r\nfour five six\u2028seven eight nine\x0bten eleven twelve"]))
    assert texts.to_pylist() == ["one two three\nfour five six\nseven eight nine\nten eleven twelve"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_nulls(kind: pa.DataType) -> None:
    texts, edits = rewrite(pa.array(["cut", None, "one two three", ""], kind).slice(1))
    assert texts.type == kind
    assert texts.to_pylist() == [None, "one two three", ""]
    assert edits.to_pylist() == [[], [], []]
    assert rewrite(pa.array([], kind))[0].to_pylist() == []
