"""C4's rewrite: what is left is what the definition leaves, and edits lead there."""

from __future__ import annotations

import pyarrow as pa
import pytest

from resonance.curate.kernels.c4_lines import rewrite
from resonance.curate.kernels.datatrove import c4_lines


def left_plainly(text: str) -> str:
    stays = ("kept", "lorem_ipsum", "curly_bracket")
    return "\n".join(line.text for line in c4_lines(text) if line.fate in stays).strip()


def replay(text: str, edits: list[dict[str, object]]) -> str:
    for edit in reversed(edits):
        text = text[: edit["start"]] + text[edit["end"] :]  # type: ignore[misc]
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
    assert [(edit["rule"], edit["start"], edit["end"]) for edit in edits.to_pylist()[0]] == [
        ("citation", 16, 19),
        ("white_space", 25, 26),
        ("too_few_words", 26, 29),
        ("policy", 29, 47),
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
