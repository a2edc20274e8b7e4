"""A corpus of any size from real sentences: real documents give the shape, sentences are exchanged, fresh words put in.

A document keeps the order of lines, list items and paragraph ends of a real one; most of its sentences are others of the same
source and kind; every sentence of some length carries a word that was drawn for it, so that no two sentences are copies.
Everything is drawn with the seed, and nothing is a Python object but one batch at a time. On request, fixed shares of documents
are copies of earlier ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BATCH_BYTES = 8 << 20
EXCHANGED = 0.8
LONG = 40
"""Sentences of so many characters get a fresh word; shorter ones (headings, cells, list items) repeat as they do in life."""

UNIT = re.compile(r"[^\n]*?(?:[.!?]+[\"')»]?[ \t]+|[。！？]+|\n\s*)|[^\n]+$")
LATIN = [c + v for c in "bcdfghjklmnprstvwz" for v in ("a", "e", "i", "o", "u")]
CYRILLIC = [c + v for c in "бвгджзклмнпрстфхцч" for v in "аеиоу"]
HAN = [chr(code) for code in range(0x4E00, 0x8E00)]
NONE_KIND, LATIN_KIND, CYRILLIC_KIND, HAN_KIND = range(4)

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Copies:
    """The shares of documents that are copies of earlier ones of their batch, letter by letter or but for about ``words`` words.

    A copy keeps the source that was drawn for it, so that copies cross sources.
    """

    exact: float = 0.05
    near: float = 0.10
    words: int = 3


@dataclass(frozen=True)
class Pool:
    """Sentences as JSON text, cut where a word can go in; which documents and which kinds they belong to."""

    heads: Any
    tails: Any
    scripts: NDArray[np.int8]
    kinds: Positions
    members: Positions
    kind_starts: Positions
    document_starts: Positions
    sources: Any

    @property
    def sizes(self) -> Positions:
        """How many sentences each document has."""
        return np.diff(self.document_starts)


def make_corpus(path: Path, megabytes: float, seed: int, real: Path, copies: Copies | None = None) -> int:
    """Writes JSON lines (id, text, source), ``megabytes`` × 10⁶ bytes of them, from those of ``real``; how many documents."""
    pool = gather(real)
    draw = np.random.default_rng(seed)
    written = documents = 0
    fresh = path.with_suffix(".fresh")
    with fresh.open("wb") as file:
        for lines in batches(pool, draw, seed, copies):
            data = lines.buffers()[2]
            enough = (
                int(np.searchsorted(offsets(lines), megabytes * 1e6 - written))
                if written + data.size > megabytes * 1e6
                else len(lines)
            )
            file.write(memoryview(data)[: offsets(lines)[enough]])
            written += int(offsets(lines)[enough])
            documents += enough
            if written >= megabytes * 1e6:
                break
    fresh.rename(path)
    return documents


def offsets(strings: Any) -> Positions:
    """Where each string starts and the last one ends in the array's buffer."""
    found: Positions = np.frombuffer(strings.buffers()[1], np.int32, len(strings) + 1).astype(np.int64)
    return found


@cache
def gather(real: Path) -> Pool:
    """The sentences of real documents."""
    heads: list[str] = []
    tails: list[str] = []
    scripts: list[int] = []
    kinds: list[int] = []
    starts, names = [0], []
    numbers: dict[tuple[object, ...], int] = {}
    with real.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            for unit in UNIT.findall(row["text"]):
                head, tail, script = cut(unit)
                heads.append(json_text(head))
                tails.append(json_text(tail))
                scripts.append(script)
                kind = (row["source"], row["text"][:1] == "<", unit[:1] in "•-*", unit[len(unit.rstrip()) :], script)
                kinds.append(numbers.setdefault(kind, len(numbers)))
            starts.append(len(heads))
            names.append(json_text(row["source"]))
    of_kind = np.array(kinds, np.int64)
    members = np.argsort(of_kind, kind="stable")
    kind_starts = np.concatenate(([0], np.cumsum(np.bincount(of_kind))))
    return Pool(
        pa.array(heads, pa.binary()),
        pa.array(tails, pa.binary()),
        np.array(scripts, np.int8),
        of_kind,
        members,
        kind_starts,
        np.array(starts, np.int64),
        pa.array(names, pa.binary()),
    )


def cut(unit: str) -> tuple[str, str, int]:
    """A sentence in two where a word goes in, and which script the word is of."""
    if len(unit) < LONG:
        return unit, "", NONE_KIND
    middle = unit.find(" ", len(unit) // 2) + 1
    if middle == 0 or middle > len(unit) - 8:
        at = len(unit) // 2
        script = HAN_KIND if ord(unit[at]) > 0x2E80 else NONE_KIND
        return unit[:at], unit[at:], script
    script = CYRILLIC_KIND if 0x400 <= ord(unit[middle]) < 0x530 else LATIN_KIND
    return unit[:middle], unit[middle:], script


def json_text(text: str) -> str:
    """``text`` as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def batches(pool: Pool, draw: np.random.Generator, seed: int, copies: Copies | None) -> Iterator[Any]:
    """JSON lines as Arrow arrays of about ``BATCH_BYTES``, without end; ids hold the seed."""
    per_document = (pool.heads.nbytes + pool.tails.nbytes) / len(pool.sources)
    rows = max(1, int(BATCH_BYTES / per_document))
    first = 0
    while True:
        yield batch(pool, draw, rows, first, seed, copies)
        first += rows


def batch(pool: Pool, draw: np.random.Generator, rows: int, first: int, seed: int, copies: Copies | None) -> Any:
    """``rows`` JSON lines whose ids count from ``first``."""
    drawn = draw.integers(0, len(pool.sources), rows)
    origins, near = copied(draw, rows, copies) if copies else (np.arange(rows), np.zeros(rows, bool))
    shapes = drawn[origins]
    sizes = pool.sizes[shapes]
    ends = np.cumsum(sizes)
    starts = ends - sizes
    own = np.repeat(pool.document_starts[shapes] - starts, sizes) + np.arange(ends[-1])
    kinds = pool.kinds[own]
    low, high = pool.kind_starts[kinds], pool.kind_starts[kinds + 1]
    others = pool.members[low + (draw.random(len(own)) * (high - low)).astype(np.int64)]
    chosen = np.where(draw.random(len(own), np.float32) < EXCHANGED, others, own)
    if copies:
        same = np.repeat(starts[origins] - starts, sizes) + np.arange(ends[-1])
        chosen = chosen[same]
    fresh = fresh_words(draw, pool.scripts[chosen])
    if copies:
        own_word = changed(draw, pool.scripts[chosen], sizes, near, copies.words)
        fresh = fresh.take(pa.array(np.where(own_word, np.arange(len(own)), same)))
    pieces = joined(pool.heads.take(pa.array(chosen)), fresh, pool.tails.take(pa.array(chosen)))
    bounds = pa.array(np.concatenate(([0], ends)).astype(np.int32))
    texts = pc.binary_join(pa.ListArray.from_arrays(bounds, pieces), b"")
    ids = pc.cast(pc.cast(pa.array(np.arange(first, first + rows)), pa.string()), pa.binary())
    sources = pool.sources.take(pa.array(drawn))
    return joined(f'{{"id":"{seed}-'.encode(), ids, b'","text":"', texts, b'","source":"', sources, b'"}\n')


def copied(draw: np.random.Generator, rows: int, copies: Copies) -> tuple[Positions, NDArray[np.bool_]]:
    """Which row each one is a copy of (itself where it is none), and which copies are near ones; no copy is copied."""
    fates = draw.random(rows)
    is_copy = fates < copies.exact + copies.near
    is_copy[0] = False
    places = np.arange(rows)
    originals = np.maximum.accumulate(np.where(is_copy, 0, places))
    return np.where(is_copy, originals[(draw.random(rows) * places).astype(np.int64)], places), is_copy & (fates >= copies.exact)


def changed(
    draw: np.random.Generator, scripts: NDArray[np.int8], sizes: Positions, near: NDArray[np.bool_], words: int
) -> NDArray[np.bool_]:
    """Which sentences have a word of their own: of a near copy about ``words`` of those that carry a fresh one, of others none."""
    carries = scripts != NONE_KIND
    of = np.repeat(np.arange(len(sizes)), sizes)
    many = np.maximum(np.bincount(of, carries, len(sizes)), 1)
    found: NDArray[np.bool_] = carries & near[of] & (draw.random(len(of)) < words / many[of])
    return found


def joined(*columns: Any) -> Any:
    """Strings of the columns side by side; a bytes object stands for a column of it."""
    return pc.binary_join_element_wise(*(pa.scalar(c, pa.binary()) if isinstance(c, bytes) else c for c in columns), b"")


def fresh_words(draw: np.random.Generator, scripts: NDArray[np.int8]) -> Any:
    """A drawn word of each script asked for, with a space behind it where the script has spaces."""
    rows = len(scripts)
    latin, cyrillic = (words(draw, rows, syllables, 3, b" ") for syllables in (LATIN, CYRILLIC))
    return pc.choose(pa.array(scripts), pa.scalar(b"", pa.binary()), latin, cyrillic, words(draw, rows, HAN, 3, b""))


def words(draw: np.random.Generator, rows: int, syllables: list[str], many: int, behind: bytes) -> Any:
    """``rows`` words of ``many`` drawn syllables, all of the same length in bytes."""
    table = np.array([list(s.encode()) for s in syllables], np.uint8)
    letters = table[draw.integers(0, len(table), (rows, many))].reshape(rows, -1)
    whole = np.hstack([letters, np.tile(np.frombuffer(behind, np.uint8), (rows, 1))])
    bounds = np.arange(rows + 1, dtype=np.int32) * whole.shape[1]
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(bounds), pa.py_buffer(np.ascontiguousarray(whole))])
