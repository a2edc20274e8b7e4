"""Words and lines: the kernel counts what the definition counts."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.text.prose import LAST_SPACE, counts, counts_plainly

PIECES = st.sampled_from(
    ["a", "word", "Word", " ", "\n", "\n", "\t", "\r\n", ".", "!", "…", "。", "\u2003", "\x85", "\x1c", "\0", "ä", "\U0001f600"]
)


@settings(max_examples=300)
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=50), st.lists(PIECES, max_size=40).map("".join)), max_size=5), st.integers(1, 9)
)
def test_the_kernel_counts_what_the_definition_counts(texts: list[str | None], head_words: int) -> None:
    expected = [list(counts_plainly(text or "", head_words)) for text in texts]
    for array in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string()), pa.array(["left out", *texts]).slice(1)):
        assert counts(array, head_words).tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 0, 0, 0, 0)),
        (" \n\t\n", (0, 0, 0, 0, 0)),
        ("One two two.\n  One two two.  \nend", (7, 4, 3, 2, 2)),
        ("a b\na  b\nb a", (6, 2, 3, 3, 0)),
        ("\0\n\0", (2, 1, 2, 1, 0)),
    ],
)
def test_counts(text: str, expected: tuple[int, ...]) -> None:
    assert counts_plainly(text, 1_000) == expected
    assert tuple(counts(pa.array([text]), 1_000)[0]) == expected


def test_many_lines_and_words() -> None:
    text = "\n".join(str(i % 3_000) for i in range(20_000))
    assert tuple(counts(pa.array([text]), 5_000)[0]) == counts_plainly(text, 5_000) == (5_000, 3_000, 20_000, 3_000, 0)


def test_no_white_space_lies_beyond_the_table() -> None:
    assert not any(chr(code).isspace() for code in range(LAST_SPACE + 1, 0x110000))
