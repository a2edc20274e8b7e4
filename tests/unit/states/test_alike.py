"""As how many alike texts a text counts: by hand, for texts of a template, and whatever the partitioning."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from resonance.core.words import split_words
from resonance.states.alike import count_alike


def counted(spark: SparkSession, texts: list[str], partitions: int = 1) -> list[float]:
    rows = [(number.to_bytes(16, "big"), b"\0" * 16, text) for number, text in enumerate(texts)]
    frame = spark.createDataFrame(rows, "doc_id binary, content_hash binary, text string").repartition(partitions)
    found = {int.from_bytes(row["doc_id"], "big"): row["alike"] for row in count_alike(frame).collect()}
    return [found[number] for number in range(len(texts))]


def test_by_hand(spark: SparkSession) -> None:
    # Runs of a: abcd, bcde, cdef, defg; of b: abcd, bcde, cdef, defx. Three of four have two holders: 2^(3/4). c is all in a and b.
    # Of d two of three runs are shared: too few. e shares none; f is shorter than a run.
    found = counted(spark, ["a b c d e f g", "A, b; c d e f x", "b c d e", "b c d e f y", "p q r s", "p q"])
    # bcde has four holders, cdef three.
    both = (2 * 4 * 3) ** (1 / 4)
    assert found == pytest.approx([both, both, 4.0, 1.0, 1.0, 1.0], abs=1e-5)


def test_a_text_that_shares_a_part_with_many_counts_as_one(spark: SparkSession) -> None:
    licence = "redistribution and use in source and binary forms are permitted provided that this notice is kept"
    own = ["".join(f"{letter}{word} " for word in "abcdefghijklmn") for letter in "pqrstuvw"]
    assert counted(spark, [f"{licence} {text}" for text in own]) == [1.0] * 8


def test_a_run_that_stands_twice_in_a_text_counts_once(spark: SparkSession) -> None:
    assert counted(spark, ["a b c d a b c d", "x y z w"]) == [1.0, 1.0]


def test_texts_of_a_template_count_as_many(spark: SparkSession) -> None:
    template = "dear {} your account number {} will be closed within {} hours unless you sign in at {} and confirm that you are {}"
    spam = [template.format(f"name{n}", n * 37, n, f"site{n}", f"person{n}") for n in range(20)]
    sound = [
        "a model predicts the next word from those before",
        "water boils at one hundred degrees at the sea",
        "trees grow slowly in the north of the land",
    ]
    found = counted(spark, [*spam, *sound])
    assert min(found[:20]) > 3, "numbers that differ make no run another"
    assert found[20:] == [1.0] * 3


def test_the_figure_does_not_depend_on_partitions(spark: SparkSession) -> None:
    texts = [f"{'one two three four five ' * (1 + n % 3)} {n} {'six seven eight nine' if n % 2 else 'ten'}" for n in range(40)]
    assert counted(spark, texts, 1) == counted(spark, texts, 8)


def test_words_of_scripts_without_spaces_are_characters() -> None:
    assert split_words("Sells 25 apples, 语言模型!") == ["sells", "0", "apples", "语", "言", "模", "型"]
