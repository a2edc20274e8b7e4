"""The tokenizer is a function of its texts, gives every byte back, and cannot be tricked by a text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from resonance.train.tokenizer import Codec, fingerprint, learn, texts_of


def test_equal_texts_in_any_order_give_an_equal_file(texts, tmp_path):
    learn(texts[:300], 400, tmp_path / "a.json")
    learn(texts[:300][::-1], 400, tmp_path / "b.json")
    learn(texts[1:300], 400, tmp_path / "c.json")
    assert fingerprint(tmp_path / "a.json") == fingerprint(tmp_path / "b.json")
    assert fingerprint(tmp_path / "a.json") != fingerprint(tmp_path / "c.json")


def test_tokens_give_every_byte_back(tokenizer_file, small):
    codec = Codec.learnt(tokenizer_file, small.vocabulary)
    strange = ["", "naïve ½ 漢字 🙂\x00\x7f", "<|start|><|end|></s>", " \n\t  x"]
    decoder = Tokenizer.from_file(str(tokenizer_file))
    for text, tokens in zip(strange, codec.encode(strange), strict=True):
        assert tokens[-1] == codec.end
        assert tokens[:-1].max(initial=0) < codec.start
        assert decoder.decode(tokens[:-1].tolist(), skip_special_tokens=False) == text


def test_text_is_read_as_far_as_the_bytes_go(tmp_path):
    pq.write_table(pa.table({"text": ["äb", "cde", "f"], "other": [1, 2, 3]}), tmp_path / "a.parquet")
    assert list(texts_of(str(tmp_path), 6)) == ["äb", "cde"]
    assert list(texts_of(str(tmp_path), 7)) == ["äb", "cde", "f"]
