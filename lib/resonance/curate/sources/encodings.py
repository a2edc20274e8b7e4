"""Encodings of bytes that do not say theirs, or say it wrongly: marks, zero bytes, UTF-8 where it fits, labels, then statistics.

The same bytes have the same answer everywhere. What rests on statistics over a few letters, or fits any bytes, is unsure.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple
from unicodedata import category

from resiliparse.parse.encoding import detect_encoding

HEAD_BYTES = 256 << 10
"""The encoding of a file that is read as a stream is decided by so many first bytes."""
FEW_LETTERS = 10
"""Fewer letters beyond ASCII than these let statistics err."""
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NO_TEXT = (
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\xd0\xcf\x11\xe0",
    b"\x7fELF",
)
"""How files of gzip, zstd, zip, xz, 7z, PNG, JPEG, old Office and programs begin, whatever they are called."""
ODD_SHARE = 50
"""Of a text that zero bytes alone tell from others, one in so many characters at most is a control or none that Unicode knows."""
JSON_STARTS = ((b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
CODECS = {
    "ascii": ("windows-1252", ("cp1252",)),
    "big5": ("big5", ("cp950", "big5hkscs")),
    "big5hkscs": ("big5", ("big5hkscs", "cp950")),
    "cp932": ("shift_jis", ("cp932",)),
    "cp949": ("euc-kr", ("cp949",)),
    "cp950": ("big5", ("cp950", "big5hkscs")),
    "euc_jp": ("euc-jp", ("euc_jp", "euc_jis_2004")),
    "euc_kr": ("euc-kr", ("cp949",)),
    "gb2312": ("gb18030", ("gb18030",)),
    "gbk": ("gb18030", ("gb18030",)),
    "iso8859-1": ("windows-1252", ("cp1252",)),
    "shift_jis": ("shift_jis", ("cp932", "shift_jis_2004")),
}
"""Names as recorded, and the codecs that read what goes by a name: writers say the older name, and write the larger set."""
MANY_BYTES = frozenset(("gb18030", "big5", "shift_jis", "euc-kr", "euc-jp"))
CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))
HIGH = bytes(range(128, 256))
PRIVATE = re.compile("[\ue000-\uf8ff]")
HIGH_CONTROLS = re.compile(rb"[\x80-\x9f]")


class Encoding(NamedTuple):
    """How bytes become letters: the name that is recorded, and Python's codec. ``sure`` is false where another may be meant."""

    name: str
    codec: str
    sure: bool = True

    @property
    def is_wide(self) -> bool:
        """Whether newlines are no single bytes."""
        return self.name.startswith(("utf-16", "utf-32"))

    def describe(self) -> dict[str, Any]:
        """What the metadata of a row says of it: nothing where it is UTF-8."""
        if self == UTF_8:
            return {}
        return {"encoding": self.name} if self.sure else {"encoding": self.name, "encoding_unsure": True}


UTF_8 = Encoding("utf-8", "utf-8")


def decode_text(data: bytes, label: str | None = None, lossy: bool = False) -> tuple[str, Encoding]:
    """A whole text without its mark, and its encoding. With ``lossy``, bytes that are no letters of it become U+FFFD where they
    are few.

    Raises:
        UnicodeDecodeError: no encoding fits.
    """
    if b"\0" not in data:
        with suppress(UnicodeDecodeError):
            return data.decode().removeprefix("\ufeff"), UTF_8  # most texts
    found = find_encoding(data, label, lossy)
    if found is None:
        return data.decode(), UTF_8  # which says at which byte it is none
    with suppress(UnicodeDecodeError):
        return data.decode(found.codec).removeprefix("\ufeff"), found
    return data.decode(found.codec, "replace" if lossy else "strict").removeprefix("\ufeff"), found._replace(sure=False)


def find_encoding(data: bytes, label: str | None = None, lossy: bool = False, whole: bool = True) -> Encoding | None:
    """The encoding of a text; None where none fits, as for what is no text.

    Args:
        data: all bytes of it, or the first ones.
        label: what it says of itself, or what was said of it.
        lossy: a label, or UTF-8, fits too where a few bytes are no letters of it.
        whole: there is no more of it.
    """
    binary = data.startswith(NO_TEXT)
    wide = None if binary else find_wide(data)
    if wide is not None:
        return wide if _fits(data, wide.codec, whole) else None
    if data.startswith(codecs.BOM_UTF8) or _fits(data, "utf-8", whole) or _is_broken_utf_8(data):
        return UTF_8
    if binary or len(data) - len(data.translate(None, CONTROLS)) > len(data) // 200:
        return None
    told, guessed = _name_encoding(data, label, whole, lossy) if label else None, _guess_encoding(data, whole)
    if told is None or told.name == "utf-8" or guessed is not None and guessed.sure and told.name not in MANY_BYTES:
        return guessed
    return told


def find_wide(data: bytes) -> Encoding | None:
    """UTF-16 or UTF-32, by the mark, by the brace that a line of JSON begins with, or by zero bytes at every other place."""
    for mark, name in (*MARKS[1:], *JSON_STARTS):
        if data.startswith(mark):
            return Encoding(name, name)
    zeros = data.count(0)
    if zeros < 2 or 3 * zeros < len(data) and _fits(data, "utf-8", whole=False):
        return None
    for name, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        if 4 * data[place::2].count(0) >= 3 * zeros and not _is_odd(data.decode(name, "replace")):  # 一 holds a zero too
            return Encoding(name, name, sure=False)
    return None


def _is_odd(text: str) -> bool:
    """Whether more of a text than any in a language is controls, or no letters at all: bytes of something else read so."""
    odd = sum(category(sign) in ("Cc", "Cn", "Co") and sign not in "\t\n\r\f" for sign in text)
    return ODD_SHARE * odd > len(text)


def decode_line(line: bytes, encoding: Encoding) -> tuple[str, Encoding]:
    """A line of a file that is read as a stream. Lines of UTF-8 may stand among others.

    In a file of another encoding, what UTF-8 reads as letters of two bytes alone is not taken for it: ``联通`` in GB18030 reads so.

    Raises:
        UnicodeDecodeError: neither UTF-8 nor the file's encoding fits.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        if encoding == UTF_8:
            raise error
        return line.decode(encoding.codec), encoding
    if encoding == UTF_8 or text.isascii() or max(text) > "\u07ff" or not _fits(line, encoding.codec, whole=True):
        return text, UTF_8
    return line.decode(encoding.codec), encoding


def _fits(data: bytes, codec: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(data, whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_broken_utf_8(data: bytes) -> bool:
    """Whether nine of ten letters beyond ASCII are UTF-8: another encoding would make nonsense of them."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - bad >= 9 * bad


def _name_encoding(data: bytes, label: str, whole: bool, lossy: bool = False) -> Encoding | None:
    """The encoding of a label, where the bytes fit it."""
    try:
        known = codecs.lookup(label.strip().strip("\"'").lower()).name
        "".encode(known)
    except (LookupError, ValueError):  # not known, or no encoding of text
        return None
    name, choices = CODECS.get(known, (known.replace("cp125", "windows-125"), (known,)))
    if name == "windows-1252" and not HIGH_CONTROLS.search(data):
        name, choices = "latin-1", ("latin-1",)
    for codec in choices:
        if _fits(data, codec, whole):
            return Encoding(name, codec)
    text = data.decode(choices[0], "replace") if lossy else "\ufffd"
    return Encoding(name, choices[0], sure=False) if 100 * text.count("\ufffd") <= len(text) else None


def _guess_encoding(data: bytes, whole: bool) -> Encoding | None:
    """What statistics say. A text too short for them is GB18030 where all its letters are then usual Chinese ones."""
    said = detect_encoding(data, max_len=HEAD_BYTES, html5_compatible=False)
    found = _name_encoding(data, said, whole) if said else None
    if (found is None or found.name not in MANY_BYTES) and is_chinese(data):
        return Encoding("gb18030", "gb18030", sure=False)
    if found is None:
        return None
    if found.name == "gb18030" and _holds_private(data, found):  # no letters of a language: Big5 read as GB18030 has them
        other = _name_encoding(data, "big5", whole)
        found = other if other is not None and not _holds_private(data, other) else found
    western = None if found.name in MANY_BYTES else _name_encoding(data, "latin-1", whole)
    if western is not None and data.decode(western.codec) == data.decode(found.codec, "replace"):  # as where é and ü alone are met
        found = western
    high = len(data) - len(data.translate(None, HIGH))
    return found._replace(sure=found.name in MANY_BYTES and high >= 2 * FEW_LETTERS)


def _holds_private(data: bytes, encoding: Encoding) -> bool:
    return PRIVATE.search(data.decode(encoding.codec, "ignore")) is not None


def is_chinese(data: bytes) -> bool:
    """Whether bytes are GB18030 of which nine of ten letters beyond ASCII, and at least two, are common ones of Chinese."""
    try:
        letters = [letter for letter in data.decode("gb18030") if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    usual = sum(map(_usual_letters().__contains__, letters))
    return usual >= 2 and 10 * usual >= 9 * len(letters)


@cache
def _usual_letters() -> frozenset[str]:
    """GB 2312: punctuation, full-width forms, and the 3,755 characters of its first level."""
    rows = (*range(0xA1, 0xA4), *range(0xB0, 0xD8))
    cells = b"".join(bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    return frozenset(cells.decode("gb2312", "ignore"))
