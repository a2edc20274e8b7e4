"""How often the encoding of a text is found: pieces of real documentation, written in an encoding and read without being told.

python -m tests.bench.encodings

Truth is the encoding that a piece was written in; it is found where the letters come back. Pieces of fewer than four letters
beyond ASCII are left out. ``sure and wrong`` are those that were not marked as unsure. Full-width tildes count as wave dashes, and
bullets as middle dots: tables of Shift-JIS and of Big5 disagree on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resonance.curate.sources.encodings import decode_text
from tests.bench import debian, texts
from tests.bench.places import write_result

LANGUAGES = {
    "Chinese": (("libreoffice-help-zh-cn", "manpages-zh", "debian-reference-zh-cn"), ("utf-8", "gb18030", "utf-16-le")),
    "traditional Chinese": (("manpages-zh:/zh_TW/",), ("big5", "gb18030")),
    "Japanese": (("libreoffice-help-ja", "manpages-ja"), ("shift_jis", "euc_jp")),
    "Korean": (("libreoffice-help-ko",), ("euc_kr",)),
    "German, French": (("libreoffice-help-de", "libreoffice-help-fr"), ("latin-1",)),
    "Russian": (("libreoffice-help-ru",), ("cp1251", "koi8-r")),
}
LENGTHS = (20, 100, 1000)
FILES = 250
LEAST = 4
SAME = str.maketrans("\uff5e\u2022", "\u301c\u2027")


def pieces(source: str) -> Iterator[str]:
    """The last two thirds of some documents of a package, or of a part of it behind a colon, the same ones each time."""
    package, _, part = source.partition(":")
    files = sorted(
        (path for path in debian.files(package) if part in str(path)),
        key=lambda path: debian.number_of(str(path.relative_to(debian.unpacked_home()))),
    )
    for file in files[:FILES]:
        text = texts.read(file)
        text = texts.from_html(text) if file.suffix == ".html" else texts.from_man(text) if "/man/" in str(file) else text
        yield text[len(text) // 3 :]


def main() -> None:
    found: dict[str, Counter[str]] = {}
    for language, (packages, codecs) in LANGUAGES.items():
        for text in (text for package in packages for text in pieces(package)):
            for length in LENGTHS:
                for codec in codecs:
                    count(found.setdefault(f"{language}, {codec}, {length} letters", Counter()), text[:length], codec)
    figures = {name: {**counts, "share": round(counts["right"] / counts["pieces"], 4)} for name, counts in found.items() if counts}
    for name, said in figures.items():
        print(name, said)
    print(write_result("encodings", "python -m tests.bench.encodings", {"found": figures}))


def count(counts: Counter[str], text: str, codec: str) -> None:
    """Counts a piece as it was read back."""
    data = text.encode(codec, "ignore")
    truth = data.decode(codec)
    if sum(letter > "\x7f" for letter in truth) < LEAST:
        return
    counts["pieces"] += 1
    try:
        read, encoding = decode_text(data)
    except UnicodeDecodeError:
        counts["quarantined"] += 1
        return
    right = read.translate(SAME) == truth.translate(SAME)
    counts["right"] += right
    counts["sure and wrong"] += encoding.sure and not right


if __name__ == "__main__":
    main()
