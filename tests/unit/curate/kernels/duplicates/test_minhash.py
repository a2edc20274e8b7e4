"""Signatures: equal to their definition, and detecting at the rate of the closed form."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.duplicates.minhash import bands, permutations, signature_plainly, signatures

WORDS = st.sampled_from(["the", "The", "cat,", "sät", "\u4e2d\u6587", "x1", "-", "\n", "\U00020000", "\u00ad"])


@settings(max_examples=150)
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=40), st.lists(WORDS, max_size=30).map(" ".join)), max_size=5), st.integers(1, 6)
)
def test_the_kernel_gives_the_signatures_of_the_definition(texts: list[str | None], shingle: int) -> None:
    expected = [signature_plainly(text or "", 16, shingle) for text in texts]
    for array in (pa.array(texts, pa.string()), pa.array(texts, pa.large_string()), pa.array([None, "left out", *texts]).slice(2)):
        minima, signed = signatures(array, 16, shingle)
        assert signed.tolist() == [row is not None for row in expected]
        assert [row for row, long in zip(minima.tolist(), signed, strict=True) if long] == [row for row in expected if row]


def test_texts_longer_than_a_block() -> None:
    texts = [" ".join(str(i * i) for i in range(n)) for n in (2_051, 2_052, 2_053, 5_000)]
    assert signatures(pa.array(texts), 8, 5)[0].tolist() == [signature_plainly(text, 8, 5) for text in texts]


def test_case_accents_and_punctuation_do_not_matter_but_order_does() -> None:
    texts = ["One two, three: four FIVE six", "one two three four five síx.", "two one three four five six", "one two three four"]
    minima, signed = signatures(pa.array(texts), 112, 5)
    assert (minima[0] == minima[1]).all()
    assert (minima[0] != minima[2]).all()
    assert signed.tolist() == [True, True, True, False]


def test_permutations_are_odd_distinct_and_the_first_of_more() -> None:
    factors, terms = permutations(1_000)
    assert (factors % 2 == 1).all()
    assert len(set(factors.tolist())) == len(set(terms.tolist())) == 1_000
    assert (permutations(112)[0] == factors[:112]).all()
    assert (permutations(112)[1] == terms[:112]).all()


def test_signatures_stay_what_they_are() -> None:
    minima, _ = signatures(pa.array(["the quick brown fox jumps over the lazy dog"]), 4, 5)
    assert minima.tolist() == [[717267397, 920571221, 246933808, 1028402354]]
    assert bands(minima, 2).tolist() == [[8413174576252036798, -1477585955385570845]]


SHARED, PAIRS = 200, 2_000
SETTINGS = ((14, 8), (20, 5), (9, 13))


def pairs(own: int) -> tuple[list[str], list[str]]:
    """Pairs of texts that share ``SHARED`` 5-word shingles and have ``own`` each: a common beginning, then words of their own."""
    numbers = np.random.default_rng(own).permutation(PAIRS * (SHARED + 4 + 2 * own)).reshape(PAIRS, -1).astype(str)
    common, left, right = np.split(numbers, [SHARED + 4, SHARED + 4 + own], axis=1)
    texts = [[" ".join(row) for row in np.concatenate([common, rest], axis=1)] for rest in (left, right)]
    return texts[0], texts[1]


@pytest.mark.parametrize("own", [5, 11, 18, 25, 33, 43, 54, 67, 82, 100])  # Jaccard from .95 to .5
def test_detection_and_estimate_follow_the_closed_form(own: int) -> None:
    similarity, most = SHARED / (SHARED + 2 * own), max(bands * rows for bands, rows in SETTINGS)
    one, other = (signatures(pa.array(texts), most, 5)[0] for texts in pairs(own))
    for n_bands, rows in SETTINGS:
        size = n_bands * rows
        found = (bands(one[:, :size], rows) == bands(other[:, :size], rows)).any(axis=1).sum()
        expected = 1 - (1 - similarity**rows) ** n_bands
        assert abs(found - PAIRS * expected) <= max(3 * math.sqrt(PAIRS * expected * (1 - expected)), 1), (n_bands, rows)
    estimates = (one == other).mean(axis=1)
    variance = similarity * (1 - similarity) / most
    assert abs(estimates.mean() - similarity) <= 4 * math.sqrt(variance / PAIRS)
    assert abs(estimates.var(ddof=1) / variance - 1) <= 4 * math.sqrt(2 / PAIRS)


def test_bands_depend_on_their_own_minima_only() -> None:
    minima = np.random.default_rng(0).integers(0, 2**32, (1, 12), np.uint32)
    for changed in range(12):
        other = minima.copy()
        other[0, changed] ^= 1
        assert np.flatnonzero(bands(minima, 4) != bands(other, 4)).tolist() == [changed // 4]
    assert bands(minima[:0], 4).shape == (0, 3)
    swapped = minima[:, [1, 0, *range(2, 12)]]
    assert bands(minima, 4)[0, 0] != bands(swapped, 4)[0, 0]
