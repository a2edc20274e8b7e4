"""How a model reads a text: the kernel equals its definition, which adds up the bits of Kneser-Ney's definition."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.core.scorer import THIRDS, Scorer
from resonance.curate.kernels.scorers.kneser_ney import estimate, estimate_plainly
from resonance.curate.kernels.scorers.language_model import SCALE, list_words_plainly, read, read_plainly, read_tokens, weigh_costs
from resonance.curate.kernels.scorers.perplexity import measure, plainly

PIECES = ["a", "B", "c", "dd", "12", "٣٤", "中", "文", "é", "--"]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join), min_size=1, max_size=8)


def model_of(texts: list[str], order: int, pruned: int) -> Scorer:
    arrays = weigh_costs(estimate(read_tokens(pa.array(texts)), order, pruned))
    return Scorer("perplexity", {"order": order, "thirds": {"": [4.0, 9.0], "zh": [2.0, 3.0]}}, arrays)


@settings(max_examples=60)
@given(TEXTS, TEXTS, st.integers(1, 5), st.integers(0, 1))
def test_the_kernel_equals_its_definition_and_that_of_kneser_ney(
    taught: list[str], texts: list[str], order: int, pruned: int
) -> None:
    scorer, share = model_of(taught, order, pruned), estimate_plainly([list_words_plainly(text) for text in taught], order, pruned)
    for array in (pa.array(texts, pa.string()), pa.array(["left out", *texts, "é"], pa.large_string()).slice(1, len(texts))):
        assert read(array, scorer).tolist() == [list(read_plainly(text, scorer)) for text in texts]
    for text, (cost, count, _) in zip(texts, read(pa.array(texts), scorer).tolist(), strict=True):
        words = ["<s>", *list_words_plainly(text), "</s>"]
        shares = [share(words[end], tuple(words[max(end + 1 - order, 0) : end])) for end in range(1, len(words))]
        assert count == len(words) - 2
        assert cost / SCALE == pytest.approx(-sum(map(math.log2, shares)), abs=1e-5)


def test_words_are_folded_and_numbers_told_by_their_length() -> None:
    assert list_words_plainly("The year 1998, ÉTÉ: ①② ٣ 中文") == ["the", "year", "0000", "ete", "00", "0", "中", "文"]
    scorer = model_of(["the year 1998"] * 3, 3, 0)
    assert read_plainly("THE YEAR 2024!", scorer) == read_plainly("the year 1998", scorer)
    assert read_plainly("the year 7", scorer)[2] == 1


@given(st.text(max_size=30))
def test_any_text_is_read(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert read(pa.array([text, None]), SMALL).tolist() == [list(read_plainly(text, SMALL)), list(read_plainly("", SMALL))]


SMALL = model_of(["a b c a b", "中文 a"], 3, 0)


def test_perplexity_names_the_third_of_its_language() -> None:
    found = measure(pa.array(["a b c", "zz zz", "", None]), SMALL, ["en", "zh", "en", None])
    assert found[2:] == [(None,) * 4] * 2
    assert found[0] == plainly("a b c", SMALL, "en")
    perplexity, band, language, unknown = found[0]
    cost = read_plainly("a b c", SMALL)[0]
    assert perplexity == round(2 ** (cost / SCALE / 4), 3)
    assert (band, language, unknown) == (THIRDS[(perplexity > 4) + (perplexity > 9)], "en", 0.0)
    assert found[1][1:] == ("tail", "zh", 1.0)
    assert THIRDS == ("head", "middle", "tail")
