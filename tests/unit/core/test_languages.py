"""Languages are joined as sets are; a text whose language is not known is in another than those that are named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resonance.core.languages import ALL, NO, Languages, join_languages

CODES = ("de", "en", "ja", "zh")
SOME = st.builds(Languages, named=st.sets(st.sampled_from(CODES)).map(lambda codes: tuple(sorted(codes))), others=st.booleans())


def meant(languages: Languages) -> set[str | None]:
    return {code for code in (*CODES, "other", None) if (code in languages.named) != languages.others}


@given(SOME, SOME)
def test_both_together_mean_what_either_means(one: Languages, two: Languages) -> None:
    assert meant(one | two) == meant(one) | meant(two)
    assert (one | two).are_all == (meant(one | two) == meant(ALL))


@given(SOME)
def test_what_is_written_is_read_again(languages: Languages) -> None:
    assert Languages.read(str(languages)) == languages
    assert {code for code in (*CODES, "other", None) if languages.hold(code)} == meant(languages)


def test_none_stands_for_all() -> None:
    one = Languages(named=("en",))
    assert join_languages([]) == NO
    assert join_languages([one, one]) == one
    assert join_languages([one, None]).are_all
    assert [str(one), str(Languages(named=("en", "zh"), others=True))] == ["en", "all but en, zh"]


def test_a_list_names_languages() -> None:
    assert Languages.model_validate(["en", "de"]) == Languages(named=("en", "de"))
