"""Runs of words of texts, as hashes, of a sample of rows; and texts without what is filled into a template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from resonance.assess.arrays import read_texts
from resonance.assess.texts import SPACE
from resonance.core.parts import MOST_DRAWN, choose_level


def number_text(text: str) -> int:
    """64 bits of a text's BLAKE2b, as a signed number."""
    return number_bytes(text.encode())


def number_bytes(held: bytes | memoryview) -> int:
    """64 bits of the BLAKE2b of bytes, as a signed number."""
    return int.from_bytes(blake2b(held, digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True)
class Skeleton:
    """The hash of a column's text without what is filled into a template; null for null."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa

        from resonance.curate.kernels.text.skeletons import find_skeletons

        texts = read_texts(batch.column(self.name))
        absent = texts.is_null().to_numpy(zero_copy_only=False)
        return pa.array([number_bytes(found) for found in find_skeletons(texts)], pa.int64(), mask=absent)


@dataclass(frozen=True)
class Lines:
    """The distinct lines of each text, one number a line: its length above, and below that 48 bits of a hash of source and line.

    Blank lines are none; of a line of more than 32,767 characters so many count.
    """

    name: str
    source: str

    def __call__(self, batch: Any) -> Any:
        """One number a line."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        lists = pc.split_pattern(pc.fill_null(read_texts(batch.column(self.name)), ""), "\n")
        lines = pc.utf8_trim(lists.flatten(), characters=SPACE)
        rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
        sources = pc.fill_null(read_texts(batch.column(self.source)), "").take(pa.array(rows))
        coded = pc.binary_join_element_wise(sources, lines, "\n").dictionary_encode()
        sizes = np.minimum(pc.utf8_length(lines).to_numpy(zero_copy_only=False), (1 << 15) - 1).astype(np.int64)
        hashes = np.array([number_text(text) & ((1 << 48) - 1) for text in coded.dictionary.to_pylist()], np.int64)
        codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        _, once = np.unique(rows.astype(np.int64) * max(1, len(hashes)) + codes, return_index=True)
        once = once[sizes[once] > 0]
        return pa.array(sizes[once] << 48 | hashes[codes[once]])


@dataclass(frozen=True)
class Sizes:
    """The lengths of lines, as ``Lines`` tells them."""

    of: Any

    def __call__(self, batch: Any) -> Any:
        """One number a line."""
        import pyarrow.compute as pc

        return pc.shift_right(self.of(batch), 48)


@dataclass(frozen=True)
class Drawn:
    """The rows with the smallest hashes of their text, with their runs of ``n`` words as hashes; null for all others.

    Args:
        name: the column of the text.
        hash: that of its hash.
    """

    name: str
    hash: str
    n: int

    def __call__(self, batch: Any, limit: int | None = None) -> Any:
        """A struct a row: ``hash``, ``size`` in words, and ``marks``, as many of the distinct runs as are kept.

        Args:
            batch: the rows.
            limit: rows with a larger hash are left out.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        sizes = pc.fill_null(batch.column("words.n_words"), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        hashes = batch.column(self.hash).cast(pa.int64())
        known = np.flatnonzero(hashes.is_valid().to_numpy(zero_copy_only=False))
        numbers = pc.fill_null(hashes, 0).to_numpy(zero_copy_only=False).astype(np.int64)
        known = known if limit is None else known[numbers[known] <= limit]
        order = known[np.argsort(numbers[known], kind="stable")]
        before = np.cumsum(sizes[order]) - sizes[order]
        order = order[before < MOST_DRAWN]
        marks = find_runs(read_texts(batch.column(self.name)).take(pa.array(order)), self.n)
        level = choose_level(int(sizes[order].sum()))
        kept = thin_lists(marks, level)
        columns = [pa.array(numbers[order]), pa.array(sizes[order]), kept]
        return pa.StructArray.from_arrays(columns, ["hash", "size", "marks"])


def find_runs(texts: Any, n: int) -> Any:
    """The distinct runs of ``n`` words of each text, as lists of hashes. Words are those of duplicates: characters in Chinese."""
    import pyarrow as pa

    from resonance.curate.kernels.duplicates.shingles import sets

    return sets(texts.cast(pa.string()), n)


def thin_lists(lists: Any, level: int) -> Any:
    """Lists of numbers with those alone whose last ``level`` bits are zero."""
    import numpy as np
    import pyarrow as pa

    values = lists.flatten().to_numpy(zero_copy_only=False)
    parents = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
    kept = values & ((1 << level) - 1) == 0
    ends = np.concatenate([[0], np.cumsum(np.bincount(parents[kept], minlength=len(lists)))])
    return pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), pa.array(values[kept]))


@dataclass(frozen=True)
class Among:
    """Which of some hashes are those of runs of ``n`` words of a table's texts, on a worker."""

    wanted: frozenset[int]
    n: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Those that each batch holds."""
        import numpy as np
        import pyarrow as pa

        wanted = np.array(sorted(self.wanted), np.int64)
        for batch in batches:
            found = find_runs(read_texts(batch.column("text")), self.n).flatten().to_numpy(zero_copy_only=False)
            yield pa.RecordBatch.from_pydict({"mark": pa.array(np.intersect1d(wanted, found), pa.int64())})
