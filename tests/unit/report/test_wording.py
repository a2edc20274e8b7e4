from __future__ import annotations

import pytest

from resonance.report import wording


def test_numbers_carry_thousands_separators_and_units() -> None:
    assert wording.count(24512) == "24,512"
    assert wording.amount(1, "document") == "1 document"
    assert wording.amount(2000, "copy", "copies") == "2,000 copies"
    assert wording.size(12_300_000) == "12.3 MB"


def test_share_keeps_small_parts_visible_and_refuses_an_empty_whole() -> None:
    assert wording.share(1, 3) == "33.3%"
    assert wording.share(1, 2000) == "0.05%"
    assert wording.share(0, 5) == "0.0%"
    assert wording.share(1, 0) == "–"


def test_differences_carry_a_true_sign() -> None:
    assert wording.difference(-0.0234) == "−0.023"
    assert wording.difference(0.0012) == "+0.0012"


@pytest.mark.parametrize(
    ("number", "text"), [(0.25, "0.25"), (-0.4, "−0.4"), (7, "7"), (400_000, "400k"), (1.5e6, "1.5M"), (1234, "1,234")]
)
def test_ticks_are_short(number: float, text: str) -> None:
    assert wording.short(number) == text


def test_names_lose_what_hides_and_are_cut_in_the_middle() -> None:
    assert wording.plain("a\u202eb\x00c\nd") == "a b c d"
    assert wording.plain("\x07") == "(empty)"
    assert wording.name("x" * 30 + "/docstring", 20) == "xxxxxxxxxx…docstring"
    assert len(wording.name("y" * 500, 20)) == 20


def test_starts_of_texts_are_cut_at_their_end() -> None:
    assert wording.start("a\nb\u202e c", 20) == "a b c"
    assert wording.start("x" * 50, 20) == "x" * 19 + "…"


def test_wide_characters_count_twice() -> None:
    assert wording.name("語" * 30, 21) == "語" * 5 + "…" + "語" * 5


def test_lists_read_as_sentences() -> None:
    assert wording.join_words(["a", "b", "c"]) == "a, b and c"
    assert wording.join_words([]) == ""


def test_names_that_were_cut_still_differ() -> None:
    names = [f"package-number-{number}/docstring" for number in (33, 77, 121)]
    assert wording.make_distinct(names, 22) == ["…33/docstring", "…77/docstring", "…121/docstring"]
    assert wording.make_distinct(["a", "b"], 22) == ["a", "b"]
    alike = ["x" * 30 + middle + "y" * 30 for middle in ("1" + "z" * 40, "2" + "z" * 40)]
    assert len(set(wording.make_distinct(alike, 22))) == 2
    assert wording.make_distinct(["same", "same"], 22) == ["same", "same (2)"]


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        ("gopher_short_doc", "short_doc"),
        ("gopher.short_doc", "short_doc"),
        ("any_language.mojibake", "any.mojibake"),
        ("zh.spam", "zh.spam"),
    ],
)
def test_rules_have_short_labels(rule: str, label: str) -> None:
    assert wording.label_rule(rule) == label
