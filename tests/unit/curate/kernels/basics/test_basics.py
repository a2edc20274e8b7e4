"""Lengths, Unicode classes, compression and language: hand-made values, by the definition and by the kernel."""

from __future__ import annotations

import zlib

import pyarrow as pa
import pytest

from resonance.curate.kernels.basics import basics
from resonance.curate.signals import BASICS

TEXT = "Zürich 上海 1٣, €\n\u200dПри"


def measured(text: str | None) -> dict[str, float | str | None]:
    return BASICS.measure(pa.array([text], pa.string())).to_pylist()[0]


def test_lengths_and_classes() -> None:
    found = measured(TEXT)
    size = len(TEXT)
    assert (found["n_chars"], found["n_bytes"]) == (size, len(TEXT.encode()))
    counts = {"latin": 6, "han": 2, "other_letter": 3, "digit": 2, "punctuation": 1, "symbol": 1, "space": 4, "other": 1}
    assert sum(counts.values()) == size
    assert {name: found[f"{name}_ratio"] for name in counts} == {name: pytest.approx(n / size) for name, n in counts.items()}


def test_compression() -> None:
    text = "again and " * 50
    assert measured(text)["compression_ratio"] == pytest.approx(len(zlib.compress(text.encode(), 1)) / len(text))


def test_language_with_two_more_guesses() -> None:
    found = measured("Der Zug fährt heute leider mit großer Verspätung in den Bahnhof ein.")
    assert found["language"] == "de"
    assert 1 >= found["language_score"] > found["language_2_score"] > found["language_3_score"] > 0


def test_language_is_that_of_the_first_characters() -> None:
    german = "Der Zug fährt heute leider mit großer Verspätung ein. " * 40
    assert measured(german[: basics.HEAD_CHARS] + "The train is late today. " * 500) | {"language": "de"} == measured(
        german[: basics.HEAD_CHARS] + "The train is late today. " * 500
    )


@pytest.mark.parametrize(
    "text", ["12,5 % - 3/4 €", "😀❤️ → ★", "١٢٣ ۴۵", "\u0301\u0302", "…" * 3_000 + " words after the first characters"]
)
def test_no_letter_no_language(text: str) -> None:
    """Numbers, punctuation, symbols, marks alone; the model would name some language for each."""
    found = measured(text)
    assert {value for name, value in found.items() if name.startswith("language")} == {None}
    assert found["n_chars"] == len(text)
    assert measured(f"some words before it: {text}")["language"] is not None


CODE = """
\tlocal cur prev OPTS
\tCOMPREPLY=()
\tcur="${COMP_WORDS[COMP_CWORD]}"
\tprev="${COMP_WORDS[COMP_CWORD-1]}"
\tCOMPREPLY=( $(compgen -W "${OPTS[*]}" -- $cur) )
\tcompopt -o filenames
"""


def test_code_is_in_no_language_whose_letters_it_does_not_hold() -> None:
    """The model, which knows no word of it, names Chinese first."""
    (first,) = basics._detector().detect(CODE[: basics.HEAD_CHARS], model="lite", k=1)
    assert first["lang"] == "zh"
    found = measured(CODE)
    assert {value for name, value in found.items() if name.startswith("language")} == {None}


SAID = {
    "zh": "今天天气很好，我们去公园散步。",
    "ja": "今日は天気がいいので公園へ行きます。",
    "ko": "오늘은 날씨가 좋아서 공원에 갑니다.",
    "ru": "Сегодня хорошая погода, и мы идём в парк.",
    "ar": "الطقس جميل اليوم ونحن ذاهبون إلى الحديقة",
    "th": "วันนี้อากาศดีเราจึงไปเดินเล่นที่สวนสาธารณะ",
    "el": "Σήμερα ο καιρός είναι καλός και πάμε στο πάρκο.",
    "he": "היום מזג האוויר נעים ואנחנו הולכים לפארק",
    "hi": "आज मौसम अच्छा है और हम पार्क जा रहे हैं।",
    "hy": "Այսօր եղանակը լավ է, և մենք գնում ենք այգի։",
    "ka": "დღეს კარგი ამინდია და პარკში მივდივართ.",
    "ta": "இன்று வானிலை நன்றாக உள்ளது, நாங்கள் பூங்காவிற்கு செல்கிறோம்.",
    "bn": "আজ আবহাওয়া ভালো, আমরা পার্কে যাচ্ছি।",
    "am": "ዛሬ አየሩ ጥሩ ነው ወደ ፓርክ እንሄዳለን።",
    "km": "ថ្ងៃនេះអាកាសធាតុល្អ យើងទៅដើរលេងនៅសួន",
    "my": "ဒီနေ့ ရာသီဥတု ကောင်းတယ်",
    "te": "ఈ రోజు వాతావరణం బాగుంది, మేము పార్కుకు వెళ్తున్నాము.",
    "uk": "Сьогодні гарна погода, і ми йдемо до парку.",
    "fa": "امروز هوا خوب است و ما به پارک می‌رویم",
    "en": "The weather is fine today and we walk in the park.",
}


@pytest.mark.parametrize("language", SAID)
def test_languages_that_hold_their_letters_are_named(language: str) -> None:
    assert measured(SAID[language])["language"] == language


UNKNOWN = {
    "Han, extension A": "㐀㐁㐂㐃㐄㐅㐆㐇㐈㐉㐊㐋",
    "Han, extension B": "𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀈",
    "compatibility ideographs": "豈更車賈滑串句龜契",
    "their supplement": "\U0002f800\U0002f801\U0002f802",
    "extension B and some Latin": "𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀈" * 4 + " CJK ext B",
    "radicals": "⺀⺁⺂⼀⼁⼂",
    "Bopomofo": "ㄅㄆㄇㄈㄉㄊ ㄋㄌㄍ",
    "Yi": "ꀀꀁꀂꀃꀄꀅ ꀆꀇꀈ ꀉꀊ",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
    "Cherokee": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᎴ",
    "Inuktitut": "ᐃᓄᒃᑎᑐᑦ ᐅᖃᐅᓯᖅ",
    "N'Ko": "ߒߞߏ ߞߊ߲ ߓߊ߲߬ߓߊ߲",
    "Tifinagh": "ⵜⴰⵎⴰⵣⵉⵖⵜ ⵉⵎⴰⵣⵉⵖⵏ",
    "Javanese": "ꦧꦱꦗꦮ ꦏꦁ",
    "Syriac": "ܠܫܢܐ ܣܘܪܝܝܐ",
    "runes": "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺ",
    "Santali": "ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ",
    "Lisu": "ꓡꓲꓢꓴ",
    "cuneiform": "𒀀𒀁𒀂 𒀃𒀄",
}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("many", [1, 3, 100])
def test_letters_that_the_model_does_not_know_are_in_no_language(name: str, many: int) -> None:
    """It names English, Catalan, Slovak, Finnish for them."""
    (first,) = basics._detector().detect(UNKNOWN[name] * many, model="lite", k=1)
    assert first["lang"] not in ("zh", "ja", "ko")
    found = measured(UNKNOWN[name] * many)
    assert {value for key, value in found.items() if key.startswith("language")} == {None}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ｔｈｅ　ｗｅａｔｈｅｒ　ｉｓ　ｆｉｎｅ　ｔｏｄａｙ", True),
        ("Данас је лепо време и идемо у парк.", "sr"),
        ("Hôm nay trời đẹp và chúng tôi đi dạo trong công viên.", "vi"),
        ("bugün hava güzel və biz parka gedirik", "az"),
        ("The word 中文 means Chinese, and 汉字 are its characters; 假名 are Japanese.", "en"),
    ],
)
def test_languages_in_latin_letters_are_named_where_these_are_many(text: str, language: str | bool) -> None:
    found = measured(text)["language"]
    assert found == language or (language is True and found is not None)


@pytest.mark.parametrize("text", ["", None])
def test_nothing_to_measure(text: str | None) -> None:
    found = measured(text)
    size = None if text is None else 0
    assert (found.pop("n_chars"), found.pop("n_bytes")) == (size, size)
    assert set(found.values()) == {None}
