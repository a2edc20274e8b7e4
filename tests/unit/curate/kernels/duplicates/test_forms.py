"""Normal forms by name: what the kernels read of a text is what the definition of its form says."""

from __future__ import annotations

from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates.minhash import FORMS
from resonance.curate.kernels.duplicates.forms import read, words_plainly
from resonance.curate.kernels.duplicates.minhash import signature_plainly, signatures
from resonance.curate.kernels.duplicates.shingles import set_plainly, sets
from resonance.curate.kernels.text.words import next_word, word_hash

PIECES = st.sampled_from(["the", "The cat,", "sät", "中文", "1.5", "-", "\n", "㍿", "ﬁne", "\u00ad", "don't", "龍", "ΑΣ"])
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=40), st.lists(PIECES, max_size=30).map(" ".join)), max_size=4)


def test_every_profile_has_a_version() -> None:
    assert set(FORMS) == set(get_args(DedupeSettings.model_fields["profile"].annotation))


@pytest.mark.parametrize("profile", FORMS)
@settings(max_examples=150)
@given(texts=TEXTS, shingle=st.integers(1, 4))
def test_kernels_say_what_the_definition_says(profile: str, texts: list[str | None], shingle: int) -> None:
    array = pa.array(texts, pa.string())
    (data, starts, ends), table = read(array, profile)
    for text, start, end in zip(texts, starts, ends, strict=True):
        found, at = [], start
        while at >= 0:
            value, at = next_word(data, at, end, table)
            found += [int(value)] if at >= 0 else []
        assert found == [word_hash(word) for word in words_plainly(text or "", profile)]
    minima, signed = signatures(array, 8, shingle, profile)
    expected = [signature_plainly(text or "", 8, shingle, profile) for text in texts]
    assert [row if long else None for row, long in zip(minima.tolist(), signed, strict=True)] == expected
    held = [{value % 2**64 for value in row} for row in sets(array, shingle, profile).to_pylist()]
    assert held == [set_plainly(text or "", shingle, profile) for text in texts]
