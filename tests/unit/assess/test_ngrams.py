"""Samples of runs of words, and templates: what is kept is what one loop keeps, and estimates are as near as they say."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.assess.conftest import NOW

from resonance.assess import ngrams
from resonance.assess.assess import bind, judge, read_params
from resonance.assess.ngrams import Drawn, Lines, Sizes, Skeleton, number_text
from resonance.assess.operators import BY_ID
from resonance.core import parts
from resonance.core.binding import Asked
from resonance.core.dataset import DatasetContract
from resonance.core.parts import Part, choose_level
from resonance.curate.kernels.duplicates.shingles import set_plainly
from resonance.curate.kernels.text.skeletons import find_skeleton, find_skeletons
from resonance.curate.kernels.text.words import words


def make_batch(texts: list[str | None]) -> pa.RecordBatch:
    hashes = [None if text is None else number_text(text) for text in texts]
    counts = [None if text is None else len(words(text)) for text in texts]
    return pa.RecordBatch.from_pydict(
        {"text": texts, "hash": pa.array(hashes, pa.int64()), "words.n_words": pa.array(counts, pa.int64())}
    )


def ask(id: str, state: dict[str, Any]) -> Any:
    contract = DatasetContract("t", "1.0.0", "general", frozenset({"text"}), (), roles={"text": "text", "source_id": "source"})
    from pyspark.sql.types import StringType, StructField, StructType

    operator, schema = BY_ID[id], StructType([StructField(name, StringType()) for name in ("text", "source")])
    return judge(operator, bind(operator, Asked(contract, schema, read_params(operator, contract), NOW)), state, contract)


def test_drawn_rows_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_DRAWN", 60)
    monkeypatch.setattr(ngrams, "MOST_DRAWN", 60)
    monkeypatch.setattr(parts, "MOST_KEPT", 16)
    chance = random.Random(1)
    texts = [None if n == 7 else " ".join(chance.choices("abcd列车", k=chance.randint(0, 9))) for n in range(40)]
    part = Part("drawn", Drawn("text", "hash", 3))
    whole = part.gather(make_batch(texts))
    expected, size = [], 0
    for text in sorted((text for text in texts if text is not None), key=number_text):
        if size >= 60:
            break
        expected.append(text)
        size += len(words(text))
    level = choose_level(size)
    assert level == 2, "more than 32, up to 64"
    assert whole["level"] == level
    assert [row[0] for row in whole["rows"]] == [number_text(text) for text in expected]
    for row, text in zip(whole["rows"], expected, strict=True):
        marks = {(mark + 2**63) % 2**64 - 2**63 for mark in set_plainly(text, 3)}
        assert (row[1], set(row[2])) == (len(words(text)), {mark for mark in marks if mark % 4 == 0})
    for cut in (0, 1, 20, 39):
        one, other = part.gather(make_batch(texts[:cut])), part.gather(make_batch(texts[cut:]))
        assert part.merge(one, other) == part.merge(other, one) == whole
        rest = part.gather(make_batch(texts[cut:]), one)
        assert part.merge(one, rest) == whole
        assert cut != 39 or len(rest["rows"]) <= 1, "what could not be drawn is not looked at"


def test_distinctness_is_within_its_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(2)
    texts = [" ".join(str(chance.randint(0, 9)) for _ in range(50)) for _ in range(400)]
    batch, part = make_batch(texts), Part("drawn", Drawn("text", "hash", 3))
    exact = len(set().union(*(set_plainly(text, 3) for text in texts))) / (400 * 48)
    found = ask("ngram_distinctness", {"rows": 400, "sample": part.gather(batch)})
    assert found.raw == pytest.approx(exact)
    monkeypatch.setattr(parts, "MOST_KEPT", 1 << 11)
    thinned = part.gather(batch)
    assert thinned["level"] == 4
    estimate = ask("ngram_distinctness", {"rows": 400, "sample": thinned})
    error = 1.96 * (15 * exact / (400 * 48)) ** 0.5
    assert abs(estimate.raw - exact) < 2 * error


SIGNS = "Ab1 .,@“”\"《》「』站\n\r\x00\u00a0\u3000一９、，。-_+'’é×Þ<"
FILLINGS = [
    "https://x",
    "http:/",
    "www.",
    "https://",
    "www.a，",
    "a.b@c-d.e",
    "a@b.",
    "Ab’c",
    '"' + "x" * 100 + '"',
    '"' + "x" * 101 + '"',
]


@given(st.lists(st.lists(st.sampled_from([*SIGNS, *FILLINGS]), max_size=30).map("".join) | st.none(), max_size=6))
def test_skeletons_are_those_of_their_definition(texts: list[str | None]) -> None:
    array = pa.array(texts, pa.string())
    expected = ["" if text is None else find_skeleton(text) for text in texts]
    assert [bytes(found).decode() for found in find_skeletons(array)] == expected
    numbers = [None if text is None else number_text(find_skeleton(text)) for text in texts]
    assert Skeleton("text")(pa.RecordBatch.from_pydict({"text": array})).to_pylist() == numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dear Ada,\nyour order 17 has left  Ulm.", "Dear Bo, your order 18,500 has left Bad Tölz."),
        ("see https://a.example/1 or write to a@b.example", "see www.c.example or write to d.e@f.example"),
        ("列车 12 次三月二日开往《北京》。", "列车 7 次十一月五日开往《上海》。"),
    ],
)
def test_texts_of_one_template_have_one_skeleton(one: str, other: str) -> None:
    assert find_skeleton(one) == find_skeleton(other)
    assert find_skeleton(one) != find_skeleton(f"{one} again")


def count_shared(rows: list[tuple[str, str]], most: int) -> float:
    """The share of characters of lines that at most so many texts of their source have, by a loop."""
    lines = [(source, line) for source, text in rows for line in {part.strip() for part in text.split("\n")} if line]
    have = Counter(lines)
    return sum(len(line) for key in lines if have[key] <= most and (line := key[1])) / sum(len(line) for _, line in lines)


def test_shared_lines_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    known = ["Home", "首页", "See the terms of use.", *(f"own line {n}" for n in range(300))]
    rows = [(chance.choice("ab"), "\n".join(chance.choices([*known, " ", *["Home", "首页"] * 40], k=6))) for _ in range(200)]
    batch = pa.RecordBatch.from_pydict({"text": [text for _, text in rows], "source": [source for source, _ in rows]})
    lines = Lines("text", "source")
    whole = Part("thinned", lines).gather(batch)
    size = Part("sum", Sizes(lines)).gather(batch)
    found = ask("repeated_line_free_ratio", {"rows": 200, "texts": 200, "lines": whole, "characters": size})
    assert found.score == pytest.approx(count_shared(rows, 10))
    assert 0.2 < found.score < 0.99
    monkeypatch.setattr(parts, "MOST_KEPT", 100)
    thinned = Part("thinned", lines).gather(batch)
    estimate = ask("repeated_line_free_ratio", {"rows": 200, "texts": 200, "lines": thinned, "characters": size})
    assert thinned["level"] >= 2
    assert abs(estimate.score - found.score) < 2 * (estimate.score - estimate.score_lcb)


def test_templates_are_within_their_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = [f"Order {n} of Ada has left." for n in range(600)]
    own = [f"line {word} ends" for word in (chr(97 + n % 26) + chr(97 + n // 26 % 26) + chr(97 + n // 676) for n in range(1400))]
    batch, part = make_batch(alike + own), Part("thinned", Skeleton("text"))
    found = ask("template_free_ratio", {"rows": 2000, "texts": 2000, "skeletons": part.gather(batch)})
    assert (found.score, found.score_lcb) == (0.7, 0.7)
    monkeypatch.setattr(parts, "MOST_KEPT", 256)
    thinned = part.gather(batch)
    assert len(thinned["counts"]) <= 256
    estimate = ask("template_free_ratio", {"rows": 2000, "texts": 2000, "skeletons": thinned})
    assert abs(estimate.score - 0.7) < 2 * (estimate.score - estimate.score_lcb)
    assert estimate.score_lcb < estimate.score
