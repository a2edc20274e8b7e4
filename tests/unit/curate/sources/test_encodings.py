"""Encodings are found by what the bytes are; truth is the encoding that the test wrote them in."""

from __future__ import annotations

import gzip
import lzma

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.encoding import detect_encoding

from resonance.curate.sources.encodings import (
    UTF_8,
    Encoding,
    decode_line,
    decode_text,
    find_encoding,
    find_wide,
    is_chinese,
)

CHINESE = "今天天气很好，我们去公园散步，回家以后学习了两个小时，然后写了一封信给远方的朋友。"
TAIWAN = "今天天氣很好，我們去公園散步，回家以後學習了兩個小時，然後寫了一封信給遠方的朋友。"
JAPANESE = "今日は天気がいいので、公園を散歩しました。家に帰ってから二時間勉強して、友達に手紙を書きました。"
KOREAN = "오늘은 날씨가 좋아서 공원을 산책했습니다. 집에 돌아와서 두 시간 동안 공부하고 친구에게 편지를 썼습니다."
GERMAN = "Das Wetter ist schön, darum spazieren wir über die große Straße zum Fluß hinunter."
RUSSIAN = "Сегодня хорошая погода, поэтому мы гуляли в парке, а потом написали письмо далёкому другу."
ENGLISH = b'<html><head><link href="style.css"></head><body><p>Plain words of the page, many of them. </p>' * 9


@pytest.mark.parametrize(
    ("text", "codec", "name", "sure"),
    [
        (CHINESE, "utf-8", "utf-8", True),
        (CHINESE, "utf-8-sig", "utf-8", True),
        (CHINESE, "utf-16", "utf-16-le", True),
        (CHINESE, "utf-32", "utf-32-le", True),
        (CHINESE, "gb18030", "gb18030", True),
        (TAIWAN, "gb18030", "gb18030", True),
        (TAIWAN, "big5", "big5", True),
        (JAPANESE, "shift_jis", "shift_jis", True),
        (JAPANESE, "euc_jp", "euc-jp", True),
        (KOREAN, "euc_kr", "euc-kr", True),
        (GERMAN, "latin-1", "latin-1", False),
        (GERMAN + " “so”", "cp1252", "windows-1252", False),
        (RUSSIAN, "cp1251", "windows-1251", False),
    ],
)
@pytest.mark.parametrize("around", [b"", ENGLISH], ids=["alone", "in markup"])
def test_an_encoding_is_found_and_says_where_it_is_unsure(text: str, codec: str, name: str, sure: bool, around: bytes) -> None:
    data = (around.decode() + text).encode(codec)
    assert decode_text(data)[0] == around.decode() + text
    found = find_encoding(data)
    assert found is not None
    assert (found.name, found.sure) == (name, sure)
    cut = find_encoding(data[:-1], whole=False)
    assert cut is not None, "the first bytes of a file may end inside a letter"
    assert cut.name == name


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_zero_bytes(codec: str) -> None:
    for text in ("plain words", f"{CHINESE} 1\n{CHINESE} 2\n"):
        found = find_encoding(text.encode(codec))
        assert found is not None
        assert (found.name, found.sure) == (codec, False)
    assert find_wide(b"padded\0\0words\0\0") is None


@pytest.mark.parametrize("short", ["中文", "联通", "数据"])
def test_short_chinese_texts_are_read_but_unsure(short: str) -> None:
    assert decode_text(short.encode("gb18030")) == (short, Encoding("gb18030", "gb18030", sure=False))


def test_big5_that_statistics_take_for_gb18030_is_told_by_letters_of_no_language() -> None:
    data = "首數和尾數的和等於數值。若首數小於尾數，增量應當是正值；尾數和首數均不能是非數字。".encode("big5")
    assert detect_encoding(data) == "gb18030"
    assert decode_text(data) == (data.decode("big5"), Encoding("big5", "cp950"))


def test_letters_that_encodings_share_are_said_to_be_of_the_usual_one() -> None:
    data = "Das Café in Zürich hat heute zu".encode("latin-1")
    assert detect_encoding(data, html5_compatible=False) not in ("iso8859-1", "cp1252")
    assert decode_text(data) == ("Das Café in Zürich hat heute zu", Encoding("latin-1", "latin-1", sure=False))


@given(st.text("äöüßéèêñåøçÄÖÜÉabc xyz.", min_size=1))
def test_no_western_words_are_taken_for_chinese(text: str) -> None:
    words = " ".join(f"a{letter}b" for letter in text)
    assert not is_chinese(words.encode("latin-1"))


@pytest.mark.parametrize("label", ["utf-8", "UTF8", None, "nonsense", "base64", "ascii"])
def test_a_wrong_label_does_not_spoil_a_text(label: str | None) -> None:
    assert decode_text(CHINESE.encode("gb18030"), label, lossy=True) == (CHINESE, Encoding("gb18030", "gb18030"))
    assert decode_text(CHINESE.encode(), label and "gb2312") == (CHINESE, UTF_8)


def test_a_right_label_settles_what_statistics_cannot() -> None:
    assert decode_text("Grüße".encode("latin-1"), "ISO-8859-1") == ("Grüße", Encoding("latin-1", "latin-1"))
    assert decode_text("Привет".encode("koi8-r"), "koi8-r") == ("Привет", Encoding("koi8-r", "koi8-r"))
    assert decode_text("镕".encode("gbk"), '"GB2312"') == ("镕", Encoding("gb18030", "gb18030")), "names of a smaller set"


def test_few_broken_bytes_are_replaced_where_that_is_asked_for() -> None:
    broken = CHINESE.encode() + b"\xff" + CHINESE.encode()
    assert decode_text(broken, lossy=True) == (f"{CHINESE}\ufffd{CHINESE}", UTF_8._replace(sure=False))
    with pytest.raises(UnicodeDecodeError):
        decode_text(broken)
    labelled = CHINESE.encode("big5", "ignore") * 9 + b"\xff\xff"
    text, encoding = decode_text(labelled, "big5", lossy=True)
    assert (encoding.name, encoding.sure, text[:2]) == ("big5", False, CHINESE.encode("big5", "ignore").decode("big5")[:2])


PACKED = (gzip.compress(ENGLISH, mtime=0), pa.compress(ENGLISH, "zstd", asbytes=True), lzma.compress(ENGLISH))
"""Their zero bytes could be taken for those of UTF-16."""
ODD = b"\x8b\0\x08\x01\xef\0\xfe\xe7\0\0\x01\0"
"""Every other byte is zero, but what comes of it are controls and letters of nobody."""


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff\xfe", b"\xff\xfe\0", b"\xfe\xff\xd8\0", bytes(range(256)), *PACKED, ODD],
)
def test_what_is_no_text_has_no_encoding(data: bytes) -> None:
    assert find_encoding(data) is None
    with pytest.raises(UnicodeDecodeError):
        decode_text(data)


def test_a_line_is_of_its_file_or_of_utf_8() -> None:
    file = Encoding("gb18030", "gb18030")
    assert decode_line("联通".encode("gb18030"), file) == ("联通", file)
    assert decode_line("数据".encode(), file) == ("数据", UTF_8)
    assert decode_line(b"ascii", file) == ("ascii", UTF_8)
    with pytest.raises(UnicodeDecodeError):
        decode_line(b"\xff", file)


@given(st.binary(max_size=200), st.sampled_from([None, "gb2312", "utf-8", "shift_jis", "latin1"]), st.booleans())
def test_any_bytes_have_one_answer_and_their_codec_is_known(data: bytes, label: str | None, lossy: bool) -> None:
    found = find_encoding(data, label, lossy)
    assert found == find_encoding(data, label, lossy)
    if found is None:
        with pytest.raises(UnicodeDecodeError):
            decode_text(data, label, lossy)
    elif not lossy and found != UTF_8:
        assert decode_text(data, label) == (data.decode(found.codec).removeprefix("\ufeff"), found)
