"""Texts as byte ranges: slices, nulls and large strings give the same texts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.text.scan import code_point, mix, mix_plainly, spans


def texts_of(array: pa.Array) -> list[str]:
    data, starts, ends = spans(array)
    return [data[a:b].tobytes().decode() for a, b in zip(starts, ends, strict=True)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_nulls(kind: pa.DataType) -> None:
    array = pa.array(["zero", None, "", "äöü", "four"], kind)
    assert texts_of(array) == ["zero", "", "", "äöü", "four"]
    assert texts_of(array.slice(1, 3)) == ["", "", "äöü"]
    assert texts_of(array.slice(4)) == ["four"]
    assert texts_of(array.slice(5)) == []
    assert texts_of(pa.array([], kind)) == []
    assert texts_of(pa.nulls(2, kind)) == ["", ""]


def test_a_null_over_bytes_is_empty() -> None:
    offsets, data = pa.py_buffer(np.array([0, 2, 4], np.int32)), pa.py_buffer(b"abcd")
    array = pa.StringArray.from_buffers(2, offsets, data, null_bitmap=pa.py_buffer(b"\x02"))
    assert texts_of(array) == ["", "cd"]


@given(st.text(max_size=30))
def test_code_points(text: str) -> None:
    data, at, found = np.frombuffer(text.encode(), np.uint8), 0, []
    while at < len(data):
        code, at = code_point(data, at, len(data))
        found.append(code)
    assert found == [ord(character) for character in text]


@given(st.integers(0, 2**64 - 1))
def test_mix(value: int) -> None:
    assert int(mix(np.uint64(value))) == mix_plainly(value)
