"""Languages of lines: texts whose lines are known, and what does not count."""

from __future__ import annotations

import pyarrow as pa
import pytest

from resonance.curate.signals import LINE_LANGUAGES

GERMAN = "Der Zug fährt heute leider mit großer Verspätung in den Bahnhof ein."
ENGLISH = "The train is late today, and nobody knows when it will leave the station again."
SHORT = "et puis merci"


def measured(text: str | None) -> dict[str, float | str | None]:
    return LINE_LANGUAGES.measure(pa.array([text], pa.string())).to_pylist()[0]


def test_the_language_of_most_characters_with_its_share() -> None:
    found = measured("\n".join([GERMAN, f"  {ENGLISH}  ", SHORT, "", ENGLISH]))
    whole = len(GERMAN) + 2 * len(ENGLISH)
    assert found == {"n_line_languages": 2, "line_language": "en", "line_language_ratio": pytest.approx(2 * len(ENGLISH) / whole)}


def test_of_equals_the_first_by_name_whatever_their_order() -> None:
    width = max(len(GERMAN), len(ENGLISH))
    lines = [GERMAN.ljust(width, "!"), ENGLISH.ljust(width, "!")]
    assert measured("\n".join(lines)) == measured("\n".join(reversed(lines)))
    assert measured("\n".join(lines))["line_language"] == "de"


def test_lines_without_a_letter_are_in_no_language() -> None:
    assert measured("\n".join([GERMAN, "1 234,50 | 99,5 % | 31.12.2024", "=" * 40])) == {
        "n_line_languages": 1,
        "line_language": "de",
        "line_language_ratio": 1.0,
    }


@pytest.mark.parametrize(("text", "lines"), [(None, None), ("", 0), (f"{SHORT}\n{SHORT}", 0)])
def test_nothing_to_measure(text: str | None, lines: int | None) -> None:
    assert measured(text) == {"n_line_languages": lines, "line_language": None, "line_language_ratio": None}
