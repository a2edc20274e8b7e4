"""Lines, as Python tells them."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.text.own_lines import ENDED, LINKED, PLAIN, SPACE, WORDY, cut_lines, read_lines

TEXTS = st.lists(
    st.sampled_from([*"ab .\n\t\v\f\r\u00a0\u3000。é\U0001f600", "```", "www.", "a://b", "one two three "]), max_size=20
).map("".join)


@given(st.lists(TEXTS | st.none(), max_size=5))
def test_lines_are_those_of_python(texts: list[str | None]) -> None:
    marks = np.zeros(0x10000, np.uint8)
    marks[[ord("."), ord("。")]] = 1
    found = read_lines(pa.array(texts, pa.string()), marks, 3)
    expected = [(row, line) for row, text in enumerate(texts) for raw in (text or "").split("\n") if (line := raw.strip(SPACE))]
    assert found.rows.tolist() == [row for row, _ in expected]
    assert cut_lines(found, np.arange(len(expected))).to_pylist() == [line for _, line in expected]
    assert found.chars.tolist() == [len(line) for _, line in expected]
    for bits, (_, line) in zip(found.bits.tolist(), expected, strict=True):
        ended = line[-1] in ".。" or line.startswith("```")
        assert bool(bits & ENDED) == ended
        assert bool(bits & PLAIN) == line.isascii()
        assert bool(bits & LINKED) == ("://" in line or "www." in line)
        if line.isascii() and not ended:
            assert bool(bits & WORDY) == (len(re.findall(r"[^ \t\n\f\r]+", line)) >= 3)
