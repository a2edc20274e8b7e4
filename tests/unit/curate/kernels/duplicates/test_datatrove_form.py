"""The normal form of datatrove: what datatrove 0.10.1 makes of these texts, and that the kernel says what the definition says."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.duplicates.datatrove_form import EXPANDS, ROOM, rewrite, simple, simplify, words

ODD = ["Σ", "ΑΣ", "'", "\u0301", "\u0345", "\u037e", "İ", "\x1c", "\x01", "\u2000", "\U0001d160", "각", "é", "\u200b", "\U0010ffff"]
NUMBERS = ["1", "٣", "７", ".", ",", "،", "٫", "1.5", "1,234.5", "½"]
PIECES = [*ODD, *NUMBERS, " ", " ", "  ", "\n", "don't", "U.S.", "cannot", "Word", "中文", "www.ab.de", "(", "—"]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. isn't (really) 3.14 metres away: don't you see?", "the u s isn t really 0 metres away don t you see"),
        ("ΟΔΥΣΣΕΥΣ Σ. ΑΣ.Β \u0130stanbul ÅNGSTRÖM \ufb01ne", "οδυσσευς σ ασ β istanbul angstrom \ufb01ne"),
        ("1,234,567 and 1.2.3 or ٣٫١٤ and 5، 6", "0 0 and 0 0 or 0 and 0 ، 0"),
        ("tab\x01one \u2000two\u037e three\u3000four\u200bfive", "tab one two ; three four\u200bfive"),
        ("\u0301 a \u0301 b", "a b"),
        ("한국 中文。日本", "\u1112\u1161\u11ab\u1100\u116e\u11a8 中文 日本"),
        ("state-of-the-art e.g. A/B x=y we're it's o'clock", "state of the art e g a b x y we re it s o clock"),
        ("http://a.b/c?d=1#e  mail me@x.org", "http a b c d 0 e mail me x org"),
        ("Ⅷ ½ ² ７", "ⅷ ½ ² 0"),
        ("— …  “quoted”, ‘single’ it’s", "quoted ‘ single it s"),
        ("a\u0301\u0316 e\u0301 can not cannot gonna", "a e can not can not gon na"),
        ("", ""),
        ("\u0301", ""),
    ],
)
def test_words_are_those_of_datatrove(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected
    assert rewrite(pa.array([text])).to_pylist() == [expected]


@settings(max_examples=300)
@given(texts=st.lists(st.one_of(st.none(), TEXTS), max_size=4))
def test_the_kernel_writes_the_words_of_the_definition(texts: list[str | None]) -> None:
    expected = [" ".join(words(text or "")) for text in texts]
    for array in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string()), pa.array(["left out", *texts, "too"])[1:-1]):
        assert rewrite(array).to_pylist() == expected


def test_a_sigma_among_many_marks_takes_no_more_time_than_their_number() -> None:
    text = "Σ" + "'" * 100_000 + "Σ" + "'" * 100_000 + "a"
    assert simplify(text).startswith("σ")
    assert rewrite(pa.array([text])).to_pylist() == [" ".join(words(text))]


def test_no_character_needs_more_room_than_there_is() -> None:
    table, most = simple(), 0.0
    for code in range(0x110000):
        if table[code] & EXPANDS:
            first = int(table[code] ^ EXPANDS) + 1
            written = sum(len(chr(part).encode()) for part in table[first : first + table[first - 1]])
            most = max(most, written / len(chr(code).encode()))
        elif table[code] > 2 and not 0xD800 <= code < 0xE000:
            most = max(most, len(chr(table[code]).encode()) / len(chr(code).encode()))
    assert 1 < most <= ROOM
