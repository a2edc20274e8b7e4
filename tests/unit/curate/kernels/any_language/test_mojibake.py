"""Mojibake is told from what other encodings really leave of real sentences, and sentences of many languages hold none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.any_language.mojibake import BROKEN, count_broken

SENTENCES = {
    "zh": "今天早上河边的雾很浓，船夫慢慢地划着桨。她说：“山路很窄……我们只能一个一个地走过去——就这样。”",
    "ja": "暗くなる前に漁船は港に戻りました。",
    "ru": "Поезд опоздал на два часа, и все ждали на перроне.",
    "ar": "تأخر القطار ساعتين وانتظر الجميع على الرصيف.",
    "el": "Το τρένο άργησε δύο ώρες.",
    "th": "เด็กๆทำการบ้านในห้องสมุดเก่าหลังเลิกเรียน",
    "de": "Das war groß“, sagte Ömür; „Spaß“ – 5 × 3 = 15 m².",
    "fr": "Où étiez-vous ? « À l'été », voilà… Ça va ; l'œuvre coûte 3 €.",
    "da": "Åsen på Øen: ærgerligt. Søren sagde »nej«.",
    "is": "Þetta er æðislegt, sagði hún.",
    "vi": "Tàu hỏa đến muộn hai tiếng, mọi người đều đợi ở sân ga.",
    "es": "¿Dónde está el niño? ¡Aquí! Nº 3, 1ª «vez».",
}


def count(text: str) -> int:
    data = np.frombuffer(text.encode(), np.uint8)
    return int(count_broken(data, 0, len(data)))


def count_plainly(text: str) -> int:
    return sum(len(found.group()) for found in BROKEN.finditer(text))


@pytest.mark.parametrize("text", SENTENCES.values(), ids=SENTENCES)
def test_sentences_hold_none(text: str) -> None:
    assert count_plainly(text) == 0


@pytest.mark.parametrize(
    ("said", "read", "least"),
    [("utf-8", "cp1252", 0.3), ("utf-8", "gbk", 0.04), ("gbk", "utf-8", 0.3)],
)
def test_what_a_wrong_encoding_leaves_of_chinese_is_told(said: str, read: str, least: float) -> None:
    broken = SENTENCES["zh"].encode(said).decode(read, "replace")
    assert count_plainly(broken) / len(broken) > least


@pytest.mark.parametrize("language", ["ru", "ar", "el", "th", "ja", "vi"])
def test_so_it_is_of_other_languages(language: str) -> None:
    broken = SENTENCES[language].encode().decode("cp1252", "replace")
    assert count_plainly(broken) / len(broken) > 0.05


def test_unknown_characters_written_twice_are_told() -> None:
    broken = ("\ufffd" * 2).encode().decode("gbk")
    assert broken == "锟斤拷"
    assert count_plainly(f"a{broken}b{broken[:2]}c{broken[1:]}") == 7
    assert [count_plainly(text) for text in ("烫烫", "烫烫烫", "屯屯屯屯")] == [0, 3, 4]


@given(
    st.lists(st.sampled_from([*"锟斤拷烫屯锛a\ufffdÃ©ðŸ˜€é»ß“中à", "锟斤拷", "烫烫烫", "ä¸­"]), max_size=30).map("".join)
    | st.text(max_size=30)
)
def test_the_kernel_equals_its_definition(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    assert count(clean) == count_plainly(clean)
