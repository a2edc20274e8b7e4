"""HTML entities as characters: each as the definition says, and none where there is none."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.text.entities import decode, decode_plainly

PIECES = st.sampled_from(["&", "nbsp", ";", "#", "160", "x", "a0", "amp", "word", " ", "é", "AT&T", "&copy=1", "&lt;"])


@given(texts=st.lists(st.one_of(st.none(), st.lists(PIECES, max_size=8).map("".join)), max_size=4))
def test_arrays_say_what_the_definition_says(texts: list[str | None]) -> None:
    for kind in (pa.string(), pa.large_string()):
        assert decode(pa.array(texts, kind)).to_pylist() == [None if text is None else decode_plainly(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("a&nbsp;b", "a\u00a0b"),
        ("a&#160;b&#xA0;c&#8239;d", "a\u00a0b\u00a0c\u202fd"),
        ("a&amp;amp;nbsp;b", "a\u00a0b"),
        ("a&nbspb &unknown; R&D", "a\u00a0b &unknown; R&D"),
        ("no entity at all", "no entity at all"),
    ],
)
def test_entities_of_every_form(text: str, decoded: str) -> None:
    assert decode_plainly(text) == decoded
    assert decode(pa.array([text])).to_pylist() == [decoded]


def test_texts_without_entities_are_not_copied() -> None:
    texts = pa.array(["R & D", None, "AT & T"])
    assert decode(texts) is texts
