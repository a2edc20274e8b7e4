"""Masked texts hold no value that was found, and are what the definition writes."""

from __future__ import annotations

import hashlib
import hmac

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.errors import ConfigError
from resonance.core.pseudonyms import KEY, make_pseudonym, name_key, read_key
from resonance.curate.kernels.privacy.find import find
from resonance.curate.kernels.privacy.mask import mask, mask_plainly
from resonance.curate.kernels.privacy.patterns import own_patterns
from resonance.curate.kernels.privacy.plain import find_plainly

SECRET = b"a key of more than sixteen bytes"
VALUES = [
    "zhang.san@example.com",
    "138 0013 8001",
    "11010519491231002X",
    "4012 8888 8888 1881",
    "AKIAQ3EGRX7LMNOPWQYZ",
    "203.0.113.7",
]
PIECES = [*VALUES, "password = 'aB3xY9zQ1kLm88'", "字", "é", " ", "\n", "，", "a", "EMP-12"]
OWN = own_patterns([("badge", r"EMP-\d+")])


def mask_all(texts: list[str | None], key: bytes | None) -> list[str | None]:
    array = pa.array(texts, pa.string())
    return mask(array, find(array, OWN), key, OWN).to_pylist()


def test_placeholders_name_the_type() -> None:
    text = "写信给 zhang.san@example.com，电话 13800138001，EMP-7。"
    assert mask_all([text, None, ""], None) == ["写信给 <EMAIL>，电话 <PHONE>，<BADGE>。", None, ""]


@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.none(), max_size=4), st.sampled_from([None, SECRET])
)
def test_masked_texts_are_those_of_the_definition(texts: list[str | None], key: bytes | None) -> None:
    assert mask_all(texts, key) == [text if text is None else mask_plainly(text, key, OWN) for text in texts]


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_no_value_that_was_found_is_left(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for key in (None, SECRET):
        masked = mask_plainly(text, key)
        assert all(text[span.start : span.end] not in masked for span in find_plainly(text))
        assert find_plainly(masked) == []


def test_the_same_value_has_the_same_pseudonym_under_one_key() -> None:
    one, other, again = mask_all(["13800138001", "13800138002", "138-0013-8001"], SECRET)
    digest = hmac.new(SECRET, b"PHONE\x0013800138001", hashlib.sha256).hexdigest()
    assert one == again == f"<PHONE_{digest[:12]}>" != other
    assert mask_all(["13800138001"], SECRET + b"!") != [one]
    assert make_pseudonym(SECRET, "EMAIL", "A@B.com") == make_pseudonym(SECRET, "EMAIL", "a@b.com")


def test_a_key_is_asked_for_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(ConfigError, match="RESONANCE_PSEUDONYM_KEY of the environment is not set"):
        read_key()
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(ConfigError, match="is 5 bytes: set it to a secret of at least 16 bytes"):
        read_key()
    monkeypatch.setenv(KEY, SECRET.decode())
    assert read_key() == SECRET
    assert name_key(SECRET) != name_key(SECRET + b"!")
    assert name_key(SECRET) not in SECRET.hex()
