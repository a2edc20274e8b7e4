import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.operators.quality import Quality, quality_of
from resonance.curate.operators.text import clean_text

WORDS = st.sampled_from(
    ["the", "The", "of", "and", "#", "...", "…", "•", "-", "- item", "naïve", "42", "a1", "—", "x…", "文字", "\n"]
)


def plainly(text: str) -> Quality:
    """The definition, spelt out."""
    words = text.split()
    plain = [w for w in words if any(c.isalnum() for c in w)]
    lines = text.split("\n")
    return Quality(
        len(plain),
        sum(len(w) for w in plain) / len(plain) if plain else None,
        text.count("#") / len(words),
        (text.count("...") + text.count("…")) / len(words),
        len([1 for line in lines if line.lstrip()[:1] in ("•", "-")]) / len(lines),
        len([1 for line in lines if line[-3:] == "..." or line[-1:] == "…"]) / len(lines),
        len([1 for w in words if any(c.isalpha() for c in w)]) / len(words),
        len({w for w in words if w in {"the", "be", "to", "of", "and", "that", "have", "with"}}),
    )


@given(text=st.one_of(st.lists(WORDS).map(" ".join), st.text()).map(clean_text).filter(bool))
def test_signals_are_what_the_definition_says(text: str) -> None:
    assert quality_of(text) == pytest.approx(plainly(text))


def test_a_hand_sized_text() -> None:
    found = quality_of("- the end of #1 ...\nThe 2nd line…")
    assert found == pytest.approx(Quality(7, 21 / 7, 1 / 9, 2 / 9, 1 / 2, 1.0, 6 / 9, 2))
