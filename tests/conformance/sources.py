"""Small frames that hold what has tripped engines before: nulls, NaN, empty, non-ASCII, bytes above 0x7f, ends of number ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any, Literal

from pyspark.sql import DataFrame, SparkSession

from resonance.core.frames import load_parquet, parse_schema

Form = Literal["files", "memory", "spread"]
"""Where a frame's rows come from: files of the engine, what the session was handed, or these files over more partitions."""
NAN, INFINITY = float("nan"), float("inf")
FAMILY = "👩\u200d👩\u200d👧 🇩🇪"
TEXTS = (
    None, "", " ", "word", "Word word", "naïve café", "ÀÉÎ", "ß ẞ", "İstanbul", "ΌΣΟΣ", "漢字かな", FAMILY, "a\0b", "\0",
    "tab\tnew\nline\r\n", "  both  ", "e\u0301", "\u200b\ufeff", "%_\\'\"", "x" * 300, "é" * 100, "NaN", "1.5", " 7 ", "true",
)  # fmt: skip
PATHS = (None, "", "/", "a/b/c", "//", "a//", "/a", "no slash", "é/漢/字", "a.b/c.d", "A/B")
LONGS = (None, 0, 1, -1, 2**63 - 1, -(2**63), 4096, 2**52, -12345, 10**12, -(2**62))
INTS = (None, 0, 1, -1, 2**31 - 1, -(2**31), 7, 40, 3)
DOUBLES = (
    None, NAN, INFINITY, -INFINITY, 0.0, -0.0, 1.0, -1.5, 0.5, 2.5, 1e-7, 1.5e20, 1 / 3, 5e-324, 0.25, 123456789.125, -2.5,
)  # fmt: skip
ONE_ZERO = tuple(double for double in DOUBLES if str(double) != "-0.0")
FLAGS = (None, True, False)
BINARIES = (None, b"", b"\0", bytes(16), b"\xff" * 16, b"\x80" + bytes(15), b"\x7f" * 16, b"ab", b"abc", "é".encode(), b"\xff")
MOMENTS = (
    None,
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(2026, 2, 28, 1, 2, 3, 4, UTC),
    datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
    datetime(1900, 1, 1, 12, tzinfo=UTC),
)
ARRAYS = (None, [], [1], [3, 1, 2], [None], [2, None, 1], [5, 5, 5], [-1, 2**62])
WORDS = (None, [], ["b", "a"], ["", None, "é"], ["a", "a"], ["漢", "z", "Z"])
STRUCTS = (None, [], [(1, "a")], [(2, "b"), (1, "c"), (1, "b")], [(None, "x"), (3, None)], [(0, "")])
SHARES = (None, {}, {"a": 0.5}, {"b": 0.25, "a": 0.75}, {"a": NAN, "é": -0.0}, {"z": None, "a": 1.0})
COUNTS = (None, {}, {"a": 1}, {"b": 2, "a": -1}, {"x": 2**62, "": 0}, {"n": None})
PAIRS = ((1, "a"), (None, "b"), (2, None), (None, None), (1, "b"))


def _cycled(rows: int, *columns: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Rows with an ``id`` whose columns run through these values at their own lengths."""
    return list(zip(range(rows), *(islice(cycle(column), rows) for column in columns), strict=True))


def _events() -> list[tuple[Any, ...]]:
    """Exposures of forty documents in two runs; losses are dyadic, so that their sums have one answer in any order."""
    chance = Random(3)
    rows = []
    for place in range(240):
        doc = chance.randrange(40)
        loss = chance.choice([None, *(n / 8 for n in range(1, 64))])
        rows.append(
            (
                place,
                f"run{place % 2}",
                ("train", "score", "heldout")[place % 3],
                ("plan", "control")[place // 7 % 2],
                f"s/{doc % 5}" if doc % 11 else None,
                place // 40,
                chance.randrange(3),
                doc.to_bytes(2, "big") * 8,
                loss,
                chance.randrange(1, 500),
                chance.choice([None, True, False]),
            )
        )
    return rows


def _many() -> list[tuple[Any, ...]]:
    """Two thousand rows of chance, told apart by sums and hashes over them."""
    chance = Random(7)
    letters = "ab cdéßπ漢字🙂\0"
    return [
        (
            place,
            "".join(chance.choice(letters) for _ in range(chance.randrange(80))) if place % 50 else None,
            chance.randbytes(16) if place % 31 else None,
            chance.getrandbits(64) - 2**63,
            chance.uniform(-1e6, 1e6) if place % 17 else NAN,
            [chance.getrandbits(64) - 2**63 for _ in range(chance.randrange(6))],
            chance.randrange(12),
        )
        for place in range(2_000)
    ]


SOURCES: Mapping[str, tuple[str, list[tuple[Any, ...]]]] = {
    "texts": ("id int, s string, t string, l bigint", _cycled(66, TEXTS, PATHS, INTS)),
    "numbers": ("id int, l bigint, i int, d double, b boolean", _cycled(88, LONGS, INTS, DOUBLES, FLAGS)),
    "ids": ("id int, k binary, o binary, n int", _cycled(44, BINARIES, BINARIES[3:8], INTS)),
    "times": ("id int, at timestamp, n int", _cycled(12, MOMENTS, INTS)),
    "lists": (
        "id int, xs array<bigint>, ws array<string>, ss array<struct<n:int,w:string>>, m map<string,double>, "
        "c map<string,bigint>, p struct<a:int,b:string>",
        _cycled(48, ARRAYS, WORDS, STRUCTS, SHARES, COUNTS, PAIRS),
    ),
    "groups": (
        "id int, g string, k binary, d double, l bigint, b boolean, x double",
        _cycled(70, ("a", "b", "é", None, "", "Z", "a"), BINARIES, ONE_ZERO, LONGS[:4], FLAGS, (None, 0.5, 0.25, -4.0, 8.0)),
    ),
    "gaps": (
        "id int, p struct<a:int,b:string>, ss array<struct<n:int,w:string>>",
        _cycled(4, (None, (1, "a")), ([None, (0, "")],)),
    ),
    "left": ("k binary, s string, d double, n int", list(zip(BINARIES, TEXTS[:11], DOUBLES[:11], [*INTS, 7, None], strict=True))),
    "right": (
        "k binary, s string, d double, w string",
        list(
            zip(
                (*BINARIES[:6], b"\xff", None, b"ab", b"ab"),
                (None, "", " ", "word", "word", "WORD", "ß ẞ", "x", None, "漢字かな"),
                (None, NAN, NAN, INFINITY, -0.0, 0.5, 1.0, None, 2.0, 1e-7),
                "abcdefghij",
                strict=True,
            )
        ),
    ),
    "events": (
        "pos bigint, run string, phase string, arm string, slice string, step bigint, epoch int, doc_id binary, loss double, "
        "n_bytes bigint, right boolean",
        _events(),
    ),
    "many": ("id bigint, s string, k binary, l bigint, d double, xs array<bigint>, g int", _many()),
    "none": ("id int, s string, k binary, d double, xs array<bigint>, m map<string,double>", []),
}


class Frames(Mapping[str, DataFrame]):
    """The sources as frames of one session, all in one form.

    Args:
        folder: where the engine's files lie; they are written when a source is first asked for.
    """

    def __init__(self, session: SparkSession, folder: Path, form: Form = "files") -> None:
        self.session = session
        self.folder = folder
        self.form = form
        self._known: dict[str, DataFrame] = {}
        self._once: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What is made once for all probes that share it."""
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    def __getitem__(self, name: str) -> DataFrame:
        if name not in self._known:
            self._known[name] = self._made(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SOURCES)

    def __len__(self) -> int:
        return len(SOURCES)

    def _made(self, name: str) -> DataFrame:
        schema, rows = SOURCES[name]
        frame = self.session.createDataFrame(rows, parse_schema(schema))
        if self.form == "memory":
            return frame
        place = self.folder / name
        if not place.exists():
            frame.repartition(2).write.parquet(str(place))
        stored = load_parquet(self.session, [str(place)], frame.schema)
        return stored if self.form == "files" else stored.repartition(5)


Probe = Callable[[Frames], Any]
"""Makes a frame of the sources, or a value that is no frame."""
