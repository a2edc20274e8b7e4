"""Expressions are read as Python reads them, a table of states finds what Python finds, and what cannot be found so is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.errors import InputError
from resonance.core.expression import complement, list_ranges, may_be_empty, parse_expression
from resonance.curate.kernels.privacy.automaton import Automaton, build_automaton, encode_ranges

ATOMS = st.sampled_from(["a", "b", "é", "字", r"\d", r"\.", "[ab]", "[^a]", "[a-c字-孙]", ".", r"\s", r"[\w-]"])


def repeat(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    counts = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"])
    several = st.lists(inner, min_size=1, max_size=3)
    return (
        several.map("".join)
        | several.map(lambda parts: f"(?:{'|'.join(parts)})")
        | st.tuples(inner, counts).map(lambda both: f"(?:{both[0]}){both[1]}")
    )


@given(st.recursive(ATOMS, repeat, max_leaves=6), st.data())
def test_what_an_expression_matches_holds_no_other_characters(expression: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(expression, re.ASCII), fullmatch=True))
    ranges = list_ranges(parse_expression(expression))
    assert all(any(low <= ord(sign) <= high for low, high in ranges) for sign in text)


def accepts(made: Automaton, text: str) -> bool:
    state = int(made.starts[0])
    for byte in text.encode():
        state = int(made.follows[state, made.classes[byte]])
    return bool(made.finds[state] < made.finds[state + 1])


@given(st.recursive(ATOMS, repeat, max_leaves=6), st.lists(st.text(st.sampled_from("abcé字孙1. \n-"), max_size=5), max_size=12))
def test_a_table_accepts_what_python_matches(expression: str, texts: list[str]) -> None:
    made = build_automaton([(parse_expression(expression), 0)], [[0]])
    for text in texts:
        assert accepts(made, text) == bool(re.fullmatch(expression, text, re.ASCII)), text


@given(st.text(max_size=6), st.sampled_from(["Key", "[k-z]+", "ſ", r"\x41é"]))
def test_letters_of_ascii_alone_are_read_in_any_case(text: str, expression: str) -> None:
    clean = text.encode(errors="replace").decode()
    made = build_automaton([(parse_expression(expression, any_case=True), 0)], [[0]])
    for tried in (clean, "KEY", "kEy", "Aé", "aÉ", "S", "\u212aey"):
        assert accepts(made, tried) == bool(re.fullmatch(expression, tried, re.ASCII | re.IGNORECASE)), tried


@given(st.integers(0, 0x10FFFF), st.integers(0, 0x10FFFF), st.lists(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_ranges_of_characters_are_ranges_of_bytes(one: int, other: int, signs: list[str]) -> None:
    low, high = sorted((one, other))
    sequences = list(encode_ranges(((low, high),)))
    for sign in [*signs, *(chr(code) for code in (low, high) if not 0xD800 <= code <= 0xDFFF)]:
        coded = sign.encode()
        hits = sum(
            len(ranges) == len(coded) and all(a <= byte <= b for byte, (a, b) in zip(coded, ranges, strict=True))
            for ranges in sequences
        )
        assert hits == (low <= ord(sign) <= high)


def test_each_expression_is_found_by_its_number_from_the_starts_that_it_may_have() -> None:
    parts = [(parse_expression(one), number) for one, number in (("ab", 7), ("a[bc]", 3), ("b", 9))]
    made = build_automaton(parts, [[0, 1], [2], []])
    state = int(made.follows[int(made.follows[made.starts[0], made.classes[ord("a")]]), made.classes[ord("b")]])
    assert made.found[made.finds[state] : made.finds[state + 1]].tolist() == [3, 7]
    assert made.follows[made.starts[1], made.classes[ord("a")]] == 0
    assert made.starts[2] == 0
    assert not np.any(made.follows[0])


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("a(b", "place 4: a group is not closed"),
        ("a)b", "place 2: a group that was never opened is closed"),
        ("[ab", "place 4: a class is not closed"),
        ("*a", "place 1: * has nothing to repeat"),
        ("a+?", "lazy"),
        ("^a", "where a text or line ends"),
        (r"\bword", r"\b cannot be used"),
        (r"(a)\1", r"\1 cannot be used"),
        ("(?=a)b", "what looks around"),
        ("(?P<x>a)", "names groups"),
        ("a{2000}", "more than 1,000 repetitions"),
        ("a{3,2}", "the most repetitions are less than the least"),
        ("a{x}", "write a number of repetitions"),
        ("[z-a]", "a range ends before it starts"),
        ("\\", "nothing is escaped"),
        (r"\xZ1", "2 hexadecimal digits"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(expression: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        parse_expression(expression)


def test_what_is_too_large_or_too_involved_is_refused() -> None:
    with pytest.raises(InputError, match="64,160,400 characters when its repetitions are written out, more than 5,000"):
        parse_expression("(?:(?:a{1,400}b){1,400}c){1,400}")
    with pytest.raises(InputError, match="more than 60,000 states"):  # the table must know the last twenty letters
        build_automaton([(parse_expression("[ab]*a[ab]{20}"), 0)], [[0]])


@given(st.recursive(ATOMS, repeat, max_leaves=6))
def test_an_expression_that_may_be_empty_is_known(expression: str) -> None:
    assert may_be_empty(parse_expression(expression)) == bool(re.fullmatch(expression, ""))


def test_a_complement_of_a_complement_is_the_same() -> None:
    assert complement(complement(((3, 5), (9, 20)))) == ((3, 5), (9, 20))
    assert complement(()) == ((0, 0x10FFFF),)
