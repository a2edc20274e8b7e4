"""Small corpora in which each step finds something: copies, odd and broken rows, many languages, texts on both sides of rules."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

from resonance.tables import MEASURED as ALL_MEASURED
from resonance.tables import SIGNAL_SETS
from resonance.testing import tiny_corpus
from tests.bench import odd
from tests.bench.constructed import COSTLY, cases

LANGUAGES = {
    "de": "Der alte Hafen liegt am Morgen ganz still, und die Boote, die nachts hinausfuhren, sind noch nicht zurück.",
    "fr": "Le vieux port reste très calme le matin, et les bateaux partis pendant la nuit ne sont pas encore revenus.",
    "ru": "Старый порт утром совсем тих, и лодки, ушедшие ночью в море, ещё не вернулись домой.",
    "ar": "الميناء القديم هادئ جدا في الصباح والقوارب التي غادرت ليلا لم تعد بعد إلى البيت.",
    "hi": "पुराना बंदरगाह सुबह बहुत शांत रहता है और रात में गई नावें अभी तक वापस नहीं आई हैं।",
    "zh": "清晨的老港口非常安静，夜里出海的船只还没有回来。人们在岸边等待，喝着热茶。",
    "ja": "朝の古い港はとても静かで、夜に出た船はまだ戻っていません。人々は岸で待っています。",
    "th": "ท่าเรือเก่าในตอนเช้าเงียบสงบมาก และเรือที่ออกไปในตอนกลางคืนยังไม่กลับมา",
}
REWRITTEN = """The first line of this page is a whole sentence with enough words.
too short
This line asks you to enable JavaScript in the browser of yours.
Here stands another sentence that has some more words in it, and ends well.
a line without an end that has many words in it but no mark behind them
We use cookies on this page as is told in our Privacy Policy for all.
The last line of this page is a sentence with enough words as well."""
BROKEN = (
    b'{"id": "bad-1", "text": \n{"id": "bad-2"}\n[1, 2]\n{"id": "bad-3", "text": null}\n{"id": "bad-4", "text": 7}\n'
    b'{"id": "bad-5", "text": "\xff\xfe"}\n\n{"id": "ok-1", "text": "\\ud800 alone"}\n{"id": "ok-1", "text": "the key again"}\n'
    b'{"id": "nul", "text": "a\\u0000b with NUL inside of it"}\n'
    b'{"id": "nan", "text": "a number", "n": NaN, "m": {"x": [1, null]}}\n'
)
MEASURED = tuple(name for name in ALL_MEASURED.tables if not SIGNAL_SETS[name].scored)
"""Sets that need no scorer, which would have to be fitted first."""
SETTINGS = (
    f"clean.sets=[{','.join(MEASURED)}]",
    "clean.rewrite=c4_lines",
    "ingest.min_slice_documents=5",
    "ingest.max_text_bytes=3000000",
    "ingest.source_field=source",
    "tracking.enabled=false",
)
"""All these sets, a rewriting rule, and bounds that some rows pass."""
Row = Mapping[str, object]


def _lines(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _changed(text: str, number: int) -> str:
    """The text with one word changed: a near duplicate."""
    words = text.split(" ")
    words[number % len(words)] = f"other{number}"
    return " ".join(words)


def write_first(folder: Path) -> Path:
    """The first delivery, in files of every kind; its folder."""
    prose = tiny_corpus(24, copies=6)
    near = [{"id": f"near-{n}", "text": _changed(str(row["text"]), n), "source": "site-2"} for n, row in enumerate(prose[:8])]
    _lines(folder / "prose.jsonl", [*prose, *near])
    _lines(folder / "odd" / "odd.jsonl", ({"id": f"odd-{n}", "text": text, "source": "odd"} for n, text in enumerate(odd.TEXTS)))
    made = (case for case in cases(1) if case.rule not in COSTLY)
    _lines(folder / "edges.jsonl", ({"id": case.id, "text": case.text, "source": "edges"} for case in made))
    spoken = [
        {"id": f"{name}-{n}", "text": f"{text}\n" * n, "source": "tongues"} for name, text in LANGUAGES.items() for n in (1, 4)
    ]
    mixed = {"id": "mixed", "text": "\n".join(LANGUAGES.values()), "source": "tongues"}
    person = {"id": "person", "text": "Write to zhang.san@example.com or call 13800138001, 电话 010-88886666, from 203.0.113.7 on."}
    _lines(folder / "languages.jsonl", [*spoken, mixed, {"id": "page", "text": REWRITTEN}, person])
    (folder / "broken.jsonl").write_bytes(BROKEN)
    _lines(folder / "long.jsonl", [{"id": "long", "text": "x" * 3_000_001}, {"id": "large", "text": "many words " * 40_000}])
    (folder / "packed.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a packed line"}\n' * 2, mtime=0))
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a packed line"}\n' * 999, mtime=0)[:40])
    (folder / "note.txt").write_text("A note that stands alone in its file, é.\n", encoding="utf-8")
    (folder / "what.exe").write_bytes(b"MZ")
    ids = {"id": ["p-1", None, "p-3"], "text": ["in Parquet", "漢字 in it", None], "source": ["p", "p", None]}
    pq.write_table(pa.table({**ids, "n": [1.5, None, 2.0], "tags": [["a"], [], None]}), folder / "rows.parquet")
    return folder


def write_second(folder: Path) -> Path:
    """A later delivery: copies and near duplicates of the first, new texts, and a longer text that takes a keeper's place."""
    prose = tiny_corpus(40)
    copies = [{**row, "id": f"again-{row['id']}"} for row in prose[:5]]
    near = [
        {"id": f"later-{n}", "text": _changed(str(row["text"]), n + 7), "source": "site-3"} for n, row in enumerate(prose[4:12])
    ]
    longer = {"id": "longer", "text": f"{prose[12]['text']} And some more of it.", "source": "site-0"}
    _lines(folder / "later.jsonl", [*prose[24:], *copies, *near, longer])
    return folder


def write_delta(folder: Path) -> Path:
    """A Delta table as a source, with fields of many kinds, nulls among them; its folder."""
    moments = [datetime(2026, 1, 2, 3, 4, 5, 6, UTC), None] * 3
    fields = {
        "id": pa.array(["a", "b", "c", "d", "a", "e"]),
        "text": pa.array(["one text", "two é", None, 'a "quoted" \\ text', "the key again", " "]),
        "n": pa.array([1.5, None, 1e-7, math.nan, 1e20, 0.1]),
        "f": pa.array([0.1, None, 3.0, math.inf, 0.5, 0.25], pa.float32()),
        "at": pa.array(moments, pa.timestamp("us", "UTC")),
        "xs": pa.array([[1, None], [], None, [2], [3], []], pa.list_(pa.int64())),
        "m": pa.array([[("k", 1)], [], None, [("z", None), ("a", 2)], [], []], pa.map_(pa.string(), pa.int64())),
        "s": pa.array([{"a": 1, "b": None}, None] * 3, pa.struct([("a", pa.int32()), ("b", pa.string())])),
        "flag": pa.array([True, None, False] * 2),
    }
    write_deltalake(str(folder), pa.table(fields))
    return folder


def write_items(path: Path) -> Path:
    """Evaluation items that documents of the first delivery hold, whole and nearly; its file."""
    prose = tiny_corpus(24)
    items = [{"id": f"item-{n}", "text": " ".join(str(prose[n]["text"]).split()[10:60])} for n in (1, 2, 3)]
    nearly = {"id": "nearly", "text": _changed(str(items[0]["text"]), 20)}
    _lines(
        path, [*items, nearly, {"id": "none", "text": "Nobody has ever written this question down in any of those pages before."}]
    )
    return path
