"""Sentences are said in the language that is spoken, and what others wrote is said anew."""

from __future__ import annotations

import pytest

from resonance.report.language import get_language, restate, say, speak
from resonance.report.wording import amount, join_words


def test_what_is_said_inside_is_said_in_that_language_alone() -> None:
    with speak("zh"):
        assert get_language() == "zh"
        assert say("Limits the grade: {veto}.", veto="{x}") == "等级受限：{x}。"
        assert amount(2, "row") == "2 行"
        assert amount(1, "row") == "1 行"
        assert join_words(["a", "b", "c"]) == "a、b、c"
    assert say("Limits the grade: {veto}.", veto="v") == "Limits the grade: v."
    assert amount(1, "row") == "1 row"


def test_a_language_ends_with_an_error_too() -> None:
    with pytest.raises(KeyError), speak("zh"):
        say("no such sentence")
    assert get_language() == "en"


def test_what_is_made_of_parts_is_said_anew_part_by_part() -> None:
    with speak("zh"):
        assert restate("2 bits per byte above reference models: asked for 5.00%, kept at 4.00%") == (
            "每字节比特数比参考模型高 2：要求 5.00%，保持 4.00%"
        )
        assert restate("a reason by hand: asked for 5.00%, kept") == "a reason by hand：要求 5.00%，保持不变"


def test_the_most_specific_sentence_is_said_anew_and_others_stay() -> None:
    text = "the contract declares no min_rows: add it to adaqDeclared"
    assert restate(text) == text
    with speak("zh"):
        assert restate(text) == "契约未声明 min_rows：请在 adaqDeclared 中补充"
        assert restate("the contract declares none of audio, video") == "以下各项契约均未声明：audio, video"
        assert restate("written by hand") == "written by hand"
