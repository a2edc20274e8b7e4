"""A glance misses nothing: whatever a closer look finds, its bit is set."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.assess.arrays import find_matches
from resonance.assess.lines import PHRASES, SAYS
from resonance.assess.texts import BROKEN, MISREAD, is_sound
from resonance.curate.kernels.text.character_classes import class_of
from resonance.curate.kernels.text.glance import GARBLED, HAN, LOOSE, SAID, UNSOUND, WIDE, glance

SIGNS = "aK\u017f\u212aÂ½é€”–≠\u2329\u2000e\u0301\u0085\u007f\x00\ufffd\ue000\U000f0000列々⺀豈\U00020000\u3041"
PIECES = [*SIGNS, "ï¿½", "锟斤拷", "鈥", "Java\u017fcript", "COO\u212aIE POLICY", *PHRASES]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(TEXTS | st.none(), min_size=1, max_size=6))
def test_a_glance_misses_nothing(texts: list[str | None]) -> None:
    array = pa.array(texts, pa.string())
    seen = glance(array)
    for pattern, bit in ((SAYS, SAID), (MISREAD, GARBLED), (BROKEN, UNSOUND)):
        assert not (find_matches(array, pattern) & (seen & bit == 0)).any()
    for text, bits in zip(texts, seen.tolist(), strict=True):
        assert bool(bits & WIDE) == (not (text or "").isascii())
        assert bits & HAN or not any(class_of(ord(sign)) == class_of(ord("好")) for sign in text or "")
        assert bits & (LOOSE | UNSOUND) or text is None or is_sound(text)
        assert text is not None or not bits


@pytest.mark.parametrize("text", ["plain words", "naïve – “quoted” €5…", "No cookies."])
def test_most_texts_are_told_by_it(text: str) -> None:
    (bits,) = glance(pa.array([text, "rest"]).slice(0, 1)).tolist()
    assert not bits & (HAN | UNSOUND | LOOSE)
    assert bool(bits & SAID) == ("cookies" in text)
